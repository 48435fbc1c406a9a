package jsonpath

import (
	"strings"
)

// accessors links what follows a start to it. An operator in parentheses gets a copy, so that its own Next is not set
// where it is shared.
func (p *parser) accessors(n *Node) *Node {
	last := n
	for last.Next != nil {
		last = last.Next
	}
	for p.err == nil {
		next := p.accessor()
		if next == nil {
			break
		}
		last.Next = next
		last = next
	}
	return n
}

func (p *parser) accessor() *Node {
	switch {
	case p.accept("."):
		return p.member()
	case p.accept("["):
		return p.subscripts()
	case p.accept("?"):
		p.expect("(")
		p.filters++
		n := &Node{Op: Filter, Args: []*Node{p.wants(p.or(), true)}}
		p.filters--
		p.expect(")")
		return n
	}
	return nil
}

// member reads what follows a point: a name, a method, * or **.
func (p *parser) member() *Node {
	switch {
	case p.accept("*"):
		return &Node{Op: AnyKey}
	case p.accept("**"):
		return p.deep()
	case p.tok.kind == quoted || p.tok.kind == word:
		n := &Node{Op: Key, Text: p.tok.text}
		bare := p.tok.kind == word
		p.advance()
		if bare && p.is("(") {
			return p.method(strings.ToLower(n.Text))
		}
		return n
	}
	p.unexpected()
	return nil
}

func (p *parser) deep() *Node {
	n := &Node{Op: AnyDeep, To: AllLevels}
	if !p.accept("{") {
		return n
	}
	n.From = p.level()
	n.To = n.From
	if p.isWord("to") {
		p.advance()
		n.To = p.level()
	}
	p.expect("}")
	return n
}

func (p *parser) method(name string) *Node {
	switch name {
	case "type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime":
	default:
		p.unexpected()
	}
	n := &Node{Op: Method, Text: name}
	p.expect("(")
	if name == "datetime" && p.tok.kind == quoted {
		n.Args = []*Node{{Op: String, Text: p.tok.text}}
		p.advance()
	}
	p.expect(")")
	return n
}

func (p *parser) subscripts() *Node {
	if p.accept("*") {
		p.expect("]")
		return &Node{Op: Each}
	}
	n := &Node{Op: Index}
	p.subscript++
	for p.err == nil {
		s := Subscript{From: p.wants(p.or(), false)}
		if p.isWord("to") {
			p.advance()
			s.To = p.wants(p.or(), false)
		}
		n.Subs = append(n.Subs, s)
		if !p.accept(",") {
			break
		}
	}
	p.subscript--
	p.expect("]")
	return n
}
