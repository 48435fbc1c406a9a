package jsonpath

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/types"
)

var operators = map[Op]string{
	Plus: "+", Minus: "-", Add: "+", Sub: "-", Mul: "*", Div: "/", Mod: "%", Equal: "==", NotEqual: "!=", Less: "<",
	LessEqual: "<=", Greater: ">", GreaterEqual: ">=", StartsWith: "starts with", And: "&&", Or: "||",
}

// Symbol is how the operator is written.
func (o Op) Symbol() string { return operators[o] }

var words = map[Op]string{
	Root: "$", Current: "@", Last: "last", True: "true", False: "false", Null: "null", AnyKey: ".*", Each: "[*]",
}

// String is the path as PostgreSQL shows it.
func (p *Path) String() string {
	var dst []byte
	if p.Strict {
		dst = append(dst, "strict "...)
	}
	return string(p.Root.append(dst, true))
}

// append writes a node and what follows it. Operators stand in parentheses where brackets says so.
func (n *Node) append(dst []byte, brackets bool) []byte {
	brackets = brackets || n.Next != nil
	switch n.Op {
	case String:
		dst = types.AppendJSONString(dst, n.Text)
	case Var:
		dst = types.AppendJSONString(append(dst, '$'), n.Text)
	case Number:
		dst = n.number(dst)
	case Key:
		dst = types.AppendJSONString(append(dst, '.'), n.Text)
	case Method:
		dst = append(append(append(dst, '.'), n.Text...), '(')
		if len(n.Args) > 0 {
			dst = n.Args[0].append(dst, false)
		}
		dst = append(dst, ')')
	case AnyDeep:
		dst = n.levels(dst)
	case Index:
		dst = n.subscripts(dst)
	case Filter:
		dst = append(n.Args[0].append(append(dst, "?("...), false), ')')
	case Not:
		dst = append(n.Args[0].append(append(dst, "!("...), false), ')')
	case Exists:
		dst = append(n.Args[0].append(append(dst, "exists ("...), false), ')')
	case IsUnknown:
		dst = append(n.Args[0].append(append(dst, '('), false), ") is unknown"...)
	default:
		if w, ok := words[n.Op]; ok {
			dst = append(dst, w...)
		} else {
			dst = n.operator(dst, brackets)
		}
	}
	if n.Next != nil {
		dst = n.Next.append(dst, true)
	}
	return dst
}

func (n *Node) operator(dst []byte, brackets bool) []byte {
	if brackets {
		dst = append(dst, '(')
	}
	arg := func(i int) { dst = n.Args[i].append(dst, n.Args[i].precedence() <= n.precedence()) }
	switch {
	case n.Op == LikeRegex:
		arg(0)
		dst = types.AppendJSONString(append(dst, " like_regex "...), n.Text)
		if n.Flags != "" {
			dst = append(append(append(dst, ` flag "`...), n.Flags...), '"')
		}
	case len(n.Args) == 1:
		dst = append(dst, operators[n.Op]...)
		arg(0)
	default:
		arg(0)
		dst = append(append(append(dst, ' '), operators[n.Op]...), ' ')
		arg(1)
	}
	if brackets {
		dst = append(dst, ')')
	}
	return dst
}

// number writes a literal without an exponent. One that members follow stands in parentheses.
func (n *Node) number(dst []byte) []byte {
	text := []byte(n.Text)
	if num, err := types.ParseNumeric(nil, n.Text, 0); err == nil {
		text = types.AppendNumeric(nil, num)
	}
	if n.Next == nil {
		return append(dst, text...)
	}
	return append(append(append(dst, '('), text...), ')')
}

func (n *Node) levels(dst []byte) []byte {
	dst = append(dst, ".**"...)
	level := func(v uint32) {
		if v == AllLevels {
			dst = append(dst, "last"...)
		} else {
			dst = strconv.AppendUint(dst, uint64(v), 10)
		}
	}
	switch {
	case n.From == 0 && n.To == AllLevels:
		return dst
	case n.From == n.To:
		dst = append(dst, '{')
		level(n.From)
	default:
		dst = append(dst, '{')
		level(n.From)
		dst = append(dst, " to "...)
		level(n.To)
	}
	return append(dst, '}')
}

func (n *Node) subscripts(dst []byte) []byte {
	dst = append(dst, '[')
	for i, s := range n.Subs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.From.append(dst, false)
		if s.To != nil {
			dst = s.To.append(append(dst, " to "...), false)
		}
	}
	return append(dst, ']')
}
