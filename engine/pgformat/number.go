package pgformat

import "github.com/vexfs/vexstream/engine/sqlerr"

const (
	numComma patternID = iota + 1
	numPoint
	numZero
	numNine
	numB
	numD
	numEEEE
	numFM
	numG
	numL
	numMI
	numPL
	numPR
	numRN
	numSG
	numS
	numTH
	numV
	numNothing // C and SP, which PostgreSQL knows and ignores
)

// numberPatterns are the patterns for numbers. What a pattern means does not depend on its case, but that of what RN and
// TH write.
var numberPatterns = index([]pattern{
	{",", numComma, false, 0},
	{".", numPoint, false, 0},
	{"0", numZero, false, 0},
	{"9", numNine, false, 0},
	{"B", numB, false, 0},
	{"C", numNothing, false, 0},
	{"D", numD, false, 0},
	{"EEEE", numEEEE, false, 0},
	{"FM", numFM, false, 0},
	{"G", numG, false, 0},
	{"L", numL, false, 0},
	{"MI", numMI, false, 0},
	{"PL", numPL, false, 0},
	{"PR", numPR, false, 0},
	{"RN", numRN, false, 0},
	{"SG", numSG, false, 0},
	{"SP", numNothing, false, 0},
	{"S", numS, false, 0},
	{"TH", numTH, false, 0},
	{"V", numV, false, 0},
	{"b", numB, false, 0},
	{"c", numNothing, false, 0},
	{"d", numD, false, 0},
	{"eeee", numEEEE, false, 0},
	{"fm", numFM, false, 0},
	{"g", numG, false, 0},
	{"l", numL, false, 0},
	{"mi", numMI, false, 0},
	{"pl", numPL, false, 0},
	{"pr", numPR, false, 0},
	{"rn", numRN, false, 0},
	{"sg", numSG, false, 0},
	{"sp", numNothing, false, 0},
	{"s", numS, false, 0},
	{"th", numTH, false, 0},
	{"v", numV, false, 0},
})

type signPlace uint8

const (
	signNowhere signPlace = iota
	signBefore
	signAfter
)

// Number is a parsed template for numbers.
type Number struct {
	nodes []node

	// Pre and Post are the digits before and after the decimal point, Multi those after V.
	Pre, Post, Multi int
	// Shifted says that there is a V: a number is written times 10^Multi, and read the other way.
	Shifted bool
	// Roman and Scientific say that the number is written in those forms.
	Roman, Scientific bool

	fill                               bool // without FM
	decimal, zero, blank               bool
	locale                             bool // S
	bracket, minus, plus               bool // PR; MI or SG; PL or SG
	sign                               signPlace
	digitsBeforeS, zeroStart, zeroEnds int
}

// ParseNumber parses a template. Errors: 42601.
func ParseNumber(s string) (*Number, error) {
	t := &Number{fill: true}
	for s != "" {
		if p := find(numberPatterns, s); p != nil {
			s = s[len(p.name):]
			if err := t.add(p); err != nil {
				return nil, err
			}
			t.nodes = append(t.nodes, node{kind: nodePattern, pat: p})
			continue
		}
		if s[0] == '"' {
			t.nodes, s = quoted(t.nodes, s[1:])
			continue
		}
		if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
			s = s[1:]
		}
		var n node
		n, s = character(s, nodeText)
		t.nodes = append(t.nodes, n)
	}
	return t, nil
}

func badTemplate(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.SyntaxError, format, args...)
}

func together(a, b string) error { return badTemplate("cannot use %s and %s together", a, b) }

func (t *Number) add(p *pattern) error {
	if t.Scientific && p.id != numEEEE {
		return badTemplate("\"EEEE\" must be the last pattern used")
	}
	switch p.id {
	case numNine, numZero:
		return t.addDigit(p)
	case numB:
		t.blank = t.blank || t.Pre == 0 && t.Post == 0 && !t.zero
	case numD, numPoint:
		switch {
		case t.decimal:
			return badTemplate("multiple decimal points")
		case t.Shifted:
			return together("\"V\"", "decimal point")
		}
		t.decimal = true
	case numFM:
		t.fill = false
	case numV:
		if t.decimal {
			return together("\"V\"", "decimal point")
		}
		t.Shifted = true
	case numRN:
		t.Roman = true
	case numEEEE:
		switch {
		case t.Scientific:
			return badTemplate("cannot use \"EEEE\" twice")
		case t.blank || !t.fill || t.locale || t.bracket || t.minus || t.plus || t.Roman || t.Shifted:
			return badTemplate("\"EEEE\" is incompatible with other formats").
				WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
		}
		t.Scientific = true
	}
	return t.addSign(p)
}

func (t *Number) addDigit(p *pattern) error {
	if t.bracket {
		return badTemplate("\"%s\" must be ahead of \"PR\"", p.name)
	}
	switch {
	case p.id == numNine && t.Shifted:
		t.Multi++
		return nil
	case p.id == numZero && !t.zero && !t.decimal:
		t.zero, t.zeroStart = true, t.Pre+1
	}
	if t.decimal {
		t.Post++
	} else {
		t.Pre++
	}
	if p.id == numZero {
		t.zeroEnds = t.Pre + t.Post
	}
	return nil
}

func (t *Number) addSign(p *pattern) error {
	switch p.id {
	case numS:
		switch {
		case t.locale:
			return badTemplate("cannot use \"S\" twice")
		case t.plus || t.minus || t.bracket:
			return together("\"S\"", "\"PL\"/\"MI\"/\"SG\"/\"PR\"")
		}
		t.locale, t.sign = true, signAfter
		if !t.decimal {
			t.sign, t.digitsBeforeS = signBefore, t.Pre
		}
	case numMI, numPL, numSG:
		if t.locale {
			return together("\"S\"", map[patternID]string{numMI: "\"MI\"", numPL: "\"PL\"", numSG: "\"SG\""}[p.id])
		}
		t.minus = t.minus || p.id != numPL
		t.plus = t.plus || p.id != numMI
	case numPR:
		if t.locale || t.plus || t.minus {
			return together("\"PR\"", "\"S\"/\"PL\"/\"MI\"/\"SG\"")
		}
		t.bracket = true
	}
	return nil
}
