package session

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/plan"
)

// explainChange binds a statement that changes rows for EXPLAIN; nil for another statement.
func explainChange(st ast.Stmt, env *bind.Env) (plan.Node, error) {
	var main plan.Node
	var with []bind.Part
	switch x := st.(type) {
	case *ast.SelectStmt:
		env.Parts = &with
		p, err := bind.Query(x.Query, env)
		if err != nil || len(with) == 0 {
			return p, err
		}
		main = &plan.Modify{Inputs: []plan.Node{p}}
	case *ast.Insert:
		w, err := bind.Insert(x, env)
		if err != nil {
			return nil, err
		}
		main, with = modifyOf(bind.Part{Write: w}), w.Parts
	case *ast.Update, *ast.Delete:
		var c *bind.Change
		var err error
		if u, ok := x.(*ast.Update); ok {
			c, err = bind.Update(u, env)
		} else {
			c, err = bind.Delete(x.(*ast.Delete), env)
		}
		if err != nil {
			return nil, err
		}
		main, with = modifyOf(bind.Part{Change: c}), c.Parts
	case *ast.Merge:
		m, err := bind.BindMerge(x, env)
		if err != nil {
			return nil, err
		}
		main, with = modifyOf(bind.Part{Merge: m}), m.Parts
	default:
		return nil, nil
	}
	top := main.(*plan.Modify)
	for _, p := range with {
		top.Inputs = append(top.Inputs, modifyOf(p))
	}
	return top, nil
}

// modifyOf is a statement that changes rows as EXPLAIN shows it.
func modifyOf(p bind.Part) plan.Node {
	var returning *bind.Returning
	m := &plan.Modify{}
	switch {
	case p.Write != nil:
		m.Verb, m.Relation, m.Inputs, returning = "Insert", p.Write.Relation.QualifiedName(), []plan.Node{p.Write.Plan}, p.Write.Returning
		if c := p.Write.Conflict; c != nil && c.Plan != nil {
			m.Inputs = append(m.Inputs, c.Plan)
		}
	case p.Change != nil:
		m.Verb, m.Relation, m.Inputs, returning = "Update", p.Change.Relation.QualifiedName(), []plan.Node{p.Change.Plan}, p.Change.Returning
		if p.Change.Set == nil {
			m.Verb = "Delete"
		}
	default:
		m.Verb, m.Relation, m.Inputs = "Merge", p.Merge.Relation.QualifiedName(), []plan.Node{p.Merge.Plan}
	}
	if returning != nil && returning.Plan != nil {
		m.Inputs = append(m.Inputs, returning.Plan)
	}
	return m
}
