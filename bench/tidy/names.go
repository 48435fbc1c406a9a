package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"unicode"
)

// comments looks for words that say that something is not done, or was done elsewhere.
func (s *source) comments() {
	for _, g := range s.file.Comments {
		for _, c := range g.List {
			words := strings.FieldsFunc(c.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			for _, w := range words {
				if slices.Contains(s.Comments, w) {
					s.addf(s.at(c), "a comment says %s", w)
				}
			}
		}
	}
}

// names checks the words of every name that the file declares, and of the file and its folder.
func (s *source) names() {
	s.word(s.name, strings.TrimSuffix(path.Base(s.name), ".go"))
	s.word(s.name, path.Base(s.pkg))
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			s.idents(n.Name)
		case *ast.TypeSpec:
			s.idents(n.Name)
		case *ast.ValueSpec:
			s.idents(n.Names...)
		case *ast.Field:
			s.idents(n.Names...)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				s.exprs(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				s.exprs(n.Key, n.Value)
			}
		case *ast.ImportSpec:
			if n.Name != nil {
				s.idents(n.Name)
			}
		}
		return true
	})
}

func (s *source) exprs(es ...ast.Expr) {
	for _, e := range es {
		if id, ok := e.(*ast.Ident); ok {
			s.idents(id)
		}
	}
}

func (s *source) idents(ids ...*ast.Ident) {
	for _, id := range ids {
		s.word(s.at(id), id.Name)
	}
}

func (s *source) word(where, name string) {
	if slices.Contains(s.Terms, name) {
		return
	}
	for _, w := range split(name) {
		if slices.Contains(s.Words, w) {
			s.addf(where, "the name %s has the word %s", name, w)
		}
	}
}

// split cuts a name into its words, in lower case: HTTPServerID_x is http, server, id, x.
func split(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			cut(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			cut(i)
		}
	}
	cut(len(runes))
	return words
}

// documented checks that an exported declaration has a comment. In a group of constants or variables the comment of the
// group is enough.
func (s *source) documented(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		switch {
		case d.Doc != nil || !d.Name.IsExported():
		case d.Recv == nil:
			s.undocumented(d.Name)
		case exportedReceiver(d) && !slices.Contains(s.Methods, d.Name.Name):
			s.undocumented(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil && d.Doc == nil && spec.Comment == nil {
					s.undocumented(spec.Name)
				}
			case *ast.ValueSpec:
				if spec.Doc == nil && d.Doc == nil && spec.Comment == nil {
					s.undocumented(spec.Names...)
				}
			}
		}
	}
}

func (s *source) undocumented(ids ...*ast.Ident) {
	for _, id := range ids {
		if id.IsExported() {
			s.addf(s.at(id), "%s has no comment", id.Name)
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
