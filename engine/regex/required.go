package regex

import (
	"unicode"
	"unicode/utf8"
)

// Bounds of what is looked for in a pattern: more, or longer, texts would cost more than they tell.
const (
	maxLiterals = 32 // alternatives
	maxLiteral  = 32 // bytes of each
	maxCase     = 4  // characters that one place of a literal may have
)

// Required gives texts one of which, at least, stands in every text that matches, both in lower case (unicode.ToLower, character
// by character). nil says that nothing is known.
func (re *Regexp) Required() []string {
	l := literals(re.root.lang)
	return l.best()
}

// Prefix is what every text that matches begins with, exactly; "" if nothing is known.
func (re *Regexp) Prefix() string {
	x := re.root.lang
	for x.kind == kCat && len(x.kids) > 0 && x.kids[0].kind == kCat {
		x = x.kids[0]
	}
	if x.kind != kCat || len(x.kids) < 2 || x.kids[0].kind != kBegin {
		return ""
	}
	return string(prefix(&lang{kind: kCat, kids: x.kids[1:]}))
}

// found is what is known of the texts that a part of a pattern matches.
type found struct {
	whole []string // all of them, in lower case; nil: they are not so few
	need  []string // one of these stands in each; nil: unknown
}

// best is the list that is the better one to look for.
func (f found) best() []string {
	if better(f.whole, f.need) {
		return f.whole
	}
	return f.need
}

// better says that a is the better list: its shortest text is longer, or as long and there are fewer.
func better(a, b []string) bool {
	x, y := shortest(a), shortest(b)
	return x > y || x == y && x > 0 && len(a) < len(b)
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts[1:] {
		n = min(n, len(t))
	}
	return n
}

func literals(x *lang) found {
	switch {
	case x.kind == kEmpty || x.kind >= kBegin:
		return found{whole: []string{""}}
	case x.kind == kSet:
		return oneOf(x.set)
	case x.kind == kCat:
		return inOrder(x.kids)
	case x.kind == kAlt:
		return anyOf(x.kids)
	case x.min == 0 && x.max == 1:
		if l := literals(x.kids[0]); l.whole != nil {
			return found{whole: united(l.whole, []string{""})}
		}
		return found{}
	case x.min == 0:
		return found{}
	case x.min == x.max && x.max <= maxLiteral:
		kids := make([]*lang, x.max)
		for i := range kids {
			kids[i] = x.kids[0]
		}
		return inOrder(kids)
	}
	return found{need: literals(x.kids[0]).best()}
}

// oneOf is the characters of a set, if they are few.
func oneOf(s set) found {
	var out []string
	n := 0
	for _, p := range s {
		for r := p.lo; r <= p.hi; r++ {
			if n++; n > maxCase || !utf8.ValidRune(r) {
				return found{}
			}
			out = united(out, []string{string(unicode.ToLower(r))})
		}
	}
	return found{whole: out}
}

// inOrder joins what follows each other as long as it is known whole, and keeps the best such stretch.
func inOrder(kids []*lang) found {
	run, need, all := []string{""}, []string(nil), true
	for _, k := range kids {
		l := literals(k)
		if joined := product(run, l.whole); joined != nil {
			run = joined
			continue
		}
		all = false
		if better(run, need) {
			need = run
		}
		if b := l.need; better(b, need) {
			need = b
		}
		if run = l.whole; run == nil {
			run = []string{""}
		}
	}
	if all {
		return found{whole: run}
	}
	if better(run, need) {
		need = run
	}
	return found{need: need}
}

// product is each text of a followed by each of b; nil if those are too many or too long, or b is not known.
func product(a, b []string) []string {
	if b == nil || len(a)*len(b) > maxLiterals {
		return nil
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxLiteral {
				return nil
			}
			out = united(out, []string{x + y})
		}
	}
	return out
}

func anyOf(kids []*lang) found {
	out := found{whole: []string{}, need: []string{}}
	for _, k := range kids {
		l := literals(k)
		if l.whole == nil {
			out.whole = nil
		}
		if out.whole != nil {
			out.whole = united(out.whole, l.whole)
		}
		b := l.best()
		if shortest(b) == 0 {
			out.need = nil
		}
		if out.need != nil {
			out.need = united(out.need, b)
		}
	}
	if len(out.whole) > maxLiterals {
		out.whole = nil
	}
	if len(out.need) > maxLiterals {
		out.need = nil
	}
	return out
}

// united is a with what b has besides.
func united(a, b []string) []string {
next:
	for _, x := range b {
		for _, y := range a {
			if x == y {
				continue next
			}
		}
		a = append(a, x)
	}
	return a
}
