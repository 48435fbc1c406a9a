package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// like is x LIKE, ILIKE or SIMILAR TO pattern.
type like struct {
	x, pattern, escape Expr    // escape may be nil
	all                [3]Expr // the three
	kind               string
	negate             bool
	bytes              bool     // x is bytea: a character is a byte
	fixed              *matcher // when pattern and escape are constants
}

// Like is x [NOT] LIKE pattern [ESCAPE escape], or ILIKE when caseless. A nil escape is the backslash. A pattern
// that ends with its escape fails for the rows whose x gets to it, a longer escape for all (22025).
func Like(x, pattern, escape Expr, caseless, negate bool) (Expr, error) {
	kind := "like"
	if caseless {
		kind = "ilike"
	}
	return newLike(kind, x, pattern, escape, negate)
}

// Similar is x [NOT] SIMILAR TO pattern [ESCAPE escape].
func Similar(x, pattern, escape Expr, negate bool) (Expr, error) {
	return newLike("similar", x, pattern, escape, negate)
}

var likeOps = map[string][2]string{"like": {"~~", "!~~"}, "ilike": {"~~*", "!~~*"}, "similar": {"~", "!~"}}

func newLike(kind string, x, pattern, escape Expr, negate bool) (Expr, error) {
	e := &like{kind: kind, negate: negate}
	to := types.Text
	if kind == "like" && (x.Type().OID == types.OIDBytea || x.Type() == types.Unknown && pattern.Type().OID == types.OIDBytea) {
		to, e.bytes = types.Bytea, true
	}
	if x.Type().OID == types.OIDBPChar {
		x = retype(x, types.Text) // with its blanks
	}
	for i, a := range []Expr{x, pattern, escape} {
		if a == nil {
			continue
		}
		if a.Type() != types.Unknown && !CanCast(a.Type(), to, Implicit) {
			op := likeOps[kind][b2u8(negate)]
			return nil, sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s", operatorSignature(op, []Expr{x, pattern})).
				WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
		}
		t, err := Cast(a, to, Implicit)
		if err != nil {
			return nil, err
		}
		switch i {
		case 0:
			e.x = t
		case 1:
			e.pattern = t
		case 2:
			e.escape = t
		}
	}
	e.all = [3]Expr{e.x, e.pattern, e.escape}
	p, isConst := IsConst(e.pattern)
	esc, escConst := batch.Column{}, true
	if e.escape != nil {
		esc, escConst = IsConst(e.escape)
	}
	if isConst && escConst && !p.Null(0) && (e.escape == nil || !esc.Null(0)) {
		escape := "\\"
		if e.escape != nil {
			escape = string(esc.At(0))
		}
		if m, err := e.matcher(string(p.At(0)), escape); err == nil && !m.open { // else it may fail for rows that are not null
			e.fixed = m
		}
	}
	if e.fixed == nil && e.escape != nil {
		if err := e.applyEscape(); err != nil {
			return nil, err
		}
	}
	return folded(e), nil
}

// applyEscape makes the escape a part of the pattern, so that one of two characters fails beside a null text too.
func (e *like) applyEscape() error {
	fn := "like_escape"
	if e.kind == "similar" {
		if c, ok := IsConst(e.escape); !ok || c.Null(0) || utf8.RuneCount(c.At(0)) < 2 {
			return nil // a pattern of SIMILAR TO is not yet the regular expression that the function makes of it
		}
		fn = "similar_to_escape" // which fails
	}
	p, err := Call(fn, []Expr{e.pattern, e.escape})
	if err != nil {
		return err
	}
	e.pattern, e.escape = p, nil
	e.all = [3]Expr{e.x, p}
	return nil
}

func (e *like) Type() types.Type { return types.Bool }
func (e *like) kids() []Expr {
	if e.escape != nil {
		return e.all[:]
	}
	return e.all[:2]
}
func (e *like) own() traits { return traits{fallible: e.fixed == nil} }
func (e *like) with(k []Expr) Expr {
	d := *e
	d.x, d.pattern = k[0], k[1]
	if len(k) > 2 {
		d.escape = k[2]
	}
	copy(d.all[:], k)
	return &d
}

func (e *like) String() string {
	s := paren(e.x)
	if e.negate {
		s += " NOT"
	}
	s += map[string]string{"like": " LIKE ", "ilike": " ILIKE ", "similar": " SIMILAR TO "}[e.kind] + paren(e.pattern)
	if e.escape != nil {
		s += " ESCAPE " + paren(e.escape)
	}
	return s
}

func (e *like) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	if e.fixed != nil {
		x := e.x.Eval(c, b, rows)
		out := c.bitmap(b.N)
		e.match(c, out, &x, rows)
		if e.negate {
			for w := range out {
				out[w] = ^out[w]
			}
		}
		return batch.BitsOf(b.N, out, x.Valid)
	}
	f := c.frame(b.N, rows, len(e.kids()))
	defer c.release(f)
	for i, k := range e.kids() {
		f.args[i] = eval(k, c, b, rows)
	}
	if !f.strict() {
		return nulls(c, types.Bool, b.N)
	}
	e.perRow(f)
	return batch.BitsOf(b.N, f.out.Bits, f.out.Valid)
}

// perRow is for patterns that come from rows; the matcher is remade only where the pattern changes.
func (e *like) perRow(f *frame) {
	out := f.bits()
	var m *matcher
	var err error
	pattern, escape := "", "\\"
	for i, r := range f.rows() {
		p, esc := f.str(1, r), "\\"
		if e.escape != nil {
			esc = f.str(2, r)
		}
		if i == 0 || p != pattern || esc != escape {
			pattern, escape = strings.Clone(p), strings.Clone(esc)
			m, err = e.matcher(pattern, escape)
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		matched, ends := m.one(f.raw(0, r))
		if ends {
			f.fail(r, sqlerr.New(sqlerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character"))
		} else if matched != e.negate {
			out.Set(int(r))
		}
	}
}

// matcher is a compiled pattern.
type matcher struct {
	shape shape
	lit   string       // exact, prefix, suffix, contains
	parts []likePart   // general
	fold  bool         // compare in lower case
	bytes bool         // a character is a byte
	open  bool         // the pattern ends with its escape: texts that reach it fail
	re    *patternExpr // similar
}

type shape uint8

const (
	shapeExact shape = iota
	shapePrefix
	shapeSuffix
	shapeContains
	shapeGeneral
	shapeRegexp
)

// likePart is one unit of a LIKE pattern: a character, any character, or any run of them; or an escape that nothing
// follows, which only the last can be.
type likePart struct {
	kind byte // 'c', '_', '%', 'e'
	r    rune // -1 for an escape
}

func (e *like) matcher(pattern, escape string) (*matcher, error) {
	next := utf8.DecodeRuneInString
	if e.bytes {
		next = func(s string) (rune, int) { return rune(s[0]), 1 }
	}
	if len(escape) > 0 {
		if _, w := next(escape); w < len(escape) {
			return nil, invalidEscape()
		}
	}
	if e.kind == "similar" {
		re, err := compileSimilar(pattern, escape)
		if err == nil && !re.Sure() {
			err = sqlerr.NotSupported("SIMILAR TO with a back reference")
		}
		return &matcher{shape: shapeRegexp, re: re}, err
	}
	m := &matcher{fold: e.kind == "ilike", bytes: e.bytes}
	if m.fold {
		pattern = strings.ToLower(pattern)
	}
	esc := rune(-1)
	if escape != "" {
		esc, _ = next(escape)
	}
	for i := 0; i < len(pattern); {
		r, w := next(pattern[i:])
		i += w
		switch {
		case r == esc:
			if i == len(pattern) {
				m.open, m.shape = true, shapeGeneral
				m.parts = append(m.parts, likePart{'e', -1})
				return m, nil
			}
			r, w = next(pattern[i:])
			i += w
			m.parts = append(m.parts, likePart{'c', r})
		case r == '%':
			if k := len(m.parts); k == 0 || m.parts[k-1].kind != '%' {
				m.parts = append(m.parts, likePart{kind: '%'})
			}
		case r == '_':
			m.parts = append(m.parts, likePart{kind: '_'})
		default:
			m.parts = append(m.parts, likePart{'c', r})
		}
	}
	m.classify()
	return m, nil
}

// classify finds the patterns that are a prefix, a suffix, a part or the whole.
func (m *matcher) classify() {
	m.shape = shapeGeneral
	ps := m.parts
	head := len(ps) > 0 && ps[0].kind == '%'
	tail := len(ps) > 0 && ps[len(ps)-1].kind == '%'
	if head {
		ps = ps[1:]
	}
	if tail && len(ps) > 0 {
		ps = ps[:len(ps)-1]
	}
	var sb strings.Builder
	for _, p := range ps {
		if p.kind != 'c' {
			return
		}
		if m.bytes {
			sb.WriteByte(byte(p.r))
		} else {
			sb.WriteRune(p.r)
		}
	}
	m.lit = sb.String()
	switch {
	case m.fold:
	case head && tail:
		m.shape = shapeContains
	case tail:
		m.shape = shapePrefix
	case head:
		m.shape = shapeSuffix
	default:
		m.shape = shapeExact
	}
}

// match sets the bits of the rows of x that match; rows that are not selected or null may be anything.
func (e *like) match(c *Ctx, out batch.Bitmap, x *batch.Column, rows batch.Sel) {
	m := e.fixed
	if x.Dict == nil {
		m.strings(c, out, x.Offsets, x.Data, rows)
		return
	}
	if c.verdictsOf(e, x.Dict).lookup(out, x, func(hits batch.Bitmap, from int) {
		m.strings(c, hits, x.Dict.Offsets[from:], x.Dict.Data, nil)
	}) {
		return
	}
	clear(out)
	if rows == nil {
		rows = everyRow(x.N)
	}
	for _, r := range rows {
		if x.Valid != nil && !x.Valid.Get(int(r)) {
			continue
		}
		if ok, _ := m.one(x.At(int(r))); ok {
			out.Set(int(r))
		}
	}
}

// strings matches a whole column of strings, or the rows of sel where each costs more than a few instructions.
func (m *matcher) strings(c *Ctx, out batch.Bitmap, offs []int32, data []byte, sel batch.Sel) {
	switch m.shape {
	case shapeExact:
		kernel.StringsEqual(out, offs, data, m.lit)
		return
	case shapePrefix:
		kernel.StringsHavePrefix(out, offs, data, m.lit)
		return
	case shapeSuffix:
		kernel.StringsHaveSuffix(out, offs, data, m.lit)
		return
	case shapeContains:
		if sel == nil {
			kernel.StringsContain(out, offs, data, m.lit)
			return
		}
	}
	clear(out)
	if sel == nil {
		sel = everyRow(len(offs) - 1)
	}
	for _, r := range sel {
		if ok, _ := m.one(data[offs[r]:offs[r+1]]); ok {
			out.Set(int(r))
		}
	}
}

// one matches one string; or the string has got to the escape at the pattern's end.
func (m *matcher) one(s []byte) (ok, ends bool) {
	switch m.shape {
	case shapeExact:
		return string(s) == m.lit, false
	case shapePrefix:
		return len(s) >= len(m.lit) && string(s[:len(m.lit)]) == m.lit, false
	case shapeSuffix:
		return len(s) >= len(m.lit) && string(s[len(s)-len(m.lit):]) == m.lit, false
	case shapeContains:
		return strings.Contains(borrow(s), m.lit), false
	case shapeRegexp:
		ok, _ := m.re.Match(s) // it is sure not to fail
		return ok, false
	}
	if m.fold {
		s = []byte(strings.ToLower(borrow(s)))
	}
	if m.bytes {
		return matchParts(m.parts, s, func(s []byte) (rune, int) { return rune(s[0]), 1 })
	}
	return matchParts(m.parts, s, utf8.DecodeRune)
}
