package regex

// escape reads what stands behind a backslash.
func (l *lexer) escape() {
	c := l.src[l.at]
	l.at++
	if l.opts.extended || !alnum(c) {
		l.plain(c)
		return
	}
	if s, ok := shorthand(c); ok {
		l.tok, l.set = tSet, s
		return
	}
	switch c {
	case 'A':
		l.tok, l.assert = tAssert, kBegin
	case 'Z':
		l.tok, l.assert = tAssert, kEnd
	case 'm':
		l.tok, l.assert = tAssert, kWordBegin
	case 'M':
		l.tok, l.assert = tAssert, kWordEnd
	case 'y':
		l.tok, l.assert = tAssert, kWordEdge
	case 'Y':
		l.tok, l.assert = tAssert, kNoWordEdge
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		l.backref()
	default:
		l.at--
		l.plain(l.character())
	}
}

func alnum(c rune) bool {
	return digit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// shorthand is the class that \d and its kin mean.
func shorthand(c rune) (set, bool) {
	switch c {
	case 'd':
		return classes()["digit"], true
	case 's':
		return classes()["space"], true
	case 'w':
		return classes()["word"], true
	case 'D':
		return classes()["digit"].not(), true
	case 'S':
		return classes()["space"].not(), true
	case 'W':
		return classes()["word"].not(), true
	}
	return nil, false
}

// backref reads a number that is a back reference if it has one digit, or if so many groups were opened; else it is the
// octal code of a character.
func (l *lexer) backref() {
	start := l.at - 1
	n := 0
	for l.at = start; l.more() && digit(l.src[l.at]) && n < 1<<20; l.at++ {
		n = 10*n + int(l.src[l.at]-'0')
	}
	if l.at-start == 1 || n <= l.groups {
		l.tok, l.number = tBack, n
		return
	}
	l.at = start
	l.plain(l.digits(8, 1, 3))
}

var letterEscapes = map[rune]rune{'a': 7, 'b': 8, 'B': '\\', 'e': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11}

// character reads the escape of one character, from behind the backslash.
func (l *lexer) character() rune {
	c := l.src[l.at]
	l.at++
	if v, ok := letterEscapes[c]; ok {
		return v
	}
	switch c {
	case 'c':
		if !l.more() {
			panic(fault(badEscape))
		}
		l.at++
		return l.src[l.at-1] & 0o37
	case 'u':
		return l.digits(16, 4, 4)
	case 'U':
		return l.digits(16, 8, 8)
	case 'x':
		return l.digits(16, 1, 255)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		l.at--
		return l.digits(8, 1, 3)
	}
	if alnum(c) {
		panic(fault(badEscape))
	}
	return c
}

// digits reads a code of least to most digits.
func (l *lexer) digits(base, least, most int) rune {
	n, v := 0, 0
	for ; n < most && l.more(); n++ {
		d := hexDigit(l.src[l.at])
		if d < 0 || d >= base {
			break
		}
		if v = v*base + d; v > maxRune {
			panic(fault(badEscape))
		}
		l.at++
	}
	if n < least {
		panic(fault(badEscape))
	}
	return rune(v)
}

func hexDigit(c rune) int {
	switch {
	case digit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// bracket reads a bracket expression behind its bracket.
func (l *lexer) bracket() {
	if l.eat("[:<:]]") {
		l.tok, l.assert = tAssert, kWordBegin
		return
	}
	if l.eat("[:>:]]") {
		l.tok, l.assert = tAssert, kWordEnd
		return
	}
	negated := l.eat("^")
	var s set
	for first := true; ; first = false {
		if !l.more() {
			panic(fault(badBracket))
		}
		if l.src[l.at] == ']' && !first {
			l.at++
			break
		}
		s = append(s, l.member(first)...)
	}
	s = normal(s)
	if l.opts.caseless {
		s = folded(s)
	}
	if negated {
		s = s.not()
		if l.opts.lineStop {
			s = without(s, newline)
		}
	}
	l.tok, l.set = tSet, s
}

// member reads a character, a range, or a class inside brackets.
func (l *lexer) member(first bool) set {
	if l.see("[:") || l.see("[=") {
		return l.named()
	}
	if !l.opts.extended && l.src[l.at] == '\\' && l.at+1 < len(l.src) {
		if s, ok := shorthand(l.src[l.at+1]); ok {
			l.at += 2
			return s
		}
	}
	if !first && l.see("-") && !l.see("-]") {
		panic(fault(badRange))
	}
	lo := l.endpoint()
	if !l.see("-") || l.see("-]") {
		return set{{lo, lo}}
	}
	l.at++
	if !l.more() {
		panic(fault(badBracket))
	}
	hi := l.endpoint()
	if hi < lo {
		panic(fault(badRange))
	}
	return set{{lo, hi}}
}

// endpoint reads one character inside brackets.
func (l *lexer) endpoint() rune {
	if l.see("[.") {
		name := l.name(".]")
		if len(name) == 1 {
			return name[0]
		}
		c, ok := collating[string(name)]
		if !ok {
			panic(fault(badCollate))
		}
		return c
	}
	if l.see("[:") || l.see("[=") {
		panic(fault(badRange))
	}
	c := l.src[l.at]
	l.at++
	if c != '\\' || l.opts.extended {
		return c
	}
	if !l.more() {
		panic(fault(badEscape))
	}
	if _, ok := shorthand(l.src[l.at]); ok {
		panic(fault(badRange))
	}
	return l.character()
}

// name reads up to an end behind two characters that were seen.
func (l *lexer) name(end string) []rune {
	l.at += 2
	start := l.at
	for l.more() && !l.see(end) {
		l.at++
	}
	name := l.src[start:l.at]
	if !l.eat(end) {
		panic(fault(badBracket))
	}
	return name
}

// named reads [:class:] or [=x=].
func (l *lexer) named() set {
	if l.see("[=") {
		name := l.name("=]")
		if len(name) == 1 {
			return set{{name[0], name[0]}}
		}
		c, ok := collating[string(name)]
		if !ok {
			panic(fault(badCollate))
		}
		return set{{c, c}}
	}
	name := string(l.name(":]"))
	if l.opts.caseless && (name == "lower" || name == "upper") {
		name = "alpha"
	}
	s, ok := classes()[name]
	if !ok {
		panic(fault(badClass))
	}
	return s
}
