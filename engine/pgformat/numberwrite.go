package pgformat

import (
	"bytes"
	"math"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// writer is a number on its way through a template.
type writer struct {
	*Number
	dst       []byte
	digits    string // the number without its sign
	at        int    // the next of its characters
	last      int    // with FM, the last one that says something; -1: all do
	negative  bool
	lead      int // places before the first digit
	place     int // the place under way
	places    int
	signed    bool // the sign is written, or need not be
	started   bool // the last place had a digit
	signPlace signPlace
	bracketed bool
	zeroFrom  int
	err       error
}

// Append writes a number that is neither in Roman nor in scientific form: digits is what stands before the point and
// Post decimals, after the multiplication that V asks for, in pre places. Errors: 22P02, an ordinal of what is no number.
func (t *Number) Append(dst []byte, digits string, negative bool, pre int) ([]byte, error) {
	return t.appendDigits(dst, digits, negative, pre, t.Post)
}

func (t *Number) appendDigits(dst []byte, digits string, negative bool, pre, post int) ([]byte, error) {
	whole := len(digits)
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		whole = i
	}
	lead := 0
	switch {
	case whole < pre:
		lead = pre - whole
	case whole > pre:
		digits = hashes(pre, post)
	}
	w := writer{Number: t, dst: dst, digits: digits, last: -1, negative: negative, lead: lead}
	start := len(dst)
	w.run(pre, post)
	// A template may have more places than the number has characters: there the text ends.
	if i := bytes.IndexByte(w.dst[start:], 0); i >= 0 {
		w.dst = w.dst[:start+i]
	}
	return w.dst, w.err
}

// hashes fill the places of a number that has too many digits.
func hashes(pre, post int) string {
	return strings.Repeat("#", pre) + "." + strings.Repeat("#", post)
}

func (w *writer) run(pre, post int) {
	t := w.Number
	w.zeroFrom = max(0, t.zeroStart-1)
	w.signPlace, w.bracketed = t.sign, t.bracket
	if t.plus || t.minus {
		w.signed = t.minus
	} else {
		if !w.negative && !t.fill {
			w.bracketed = false
		}
		w.signed = !w.negative && !t.fill && !t.locale
		if w.signPlace == signBefore && pre == t.digitsBeforeS {
			w.signPlace = signAfter
		}
	}
	w.places = post + pre - 1
	if !t.fill && t.decimal {
		w.findLast()
	}
	if !w.signed && w.lead == 0 {
		w.places++
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.kind != nodePattern {
			w.dst = append(w.dst, n.text...)
			continue
		}
		w.pattern(n, post)
	}
}

// findLast finds the last character that FM leaves: zeros behind it go, unless the template has a 0 for them.
func (w *writer) findLast() {
	point := strings.IndexByte(w.digits, '.')
	if point < 0 {
		return
	}
	w.last = point
	for i := point + 1; i < len(w.digits); i++ {
		if w.digits[i] != '0' {
			w.last = i
		}
	}
	if w.zeroEnds > w.lead {
		w.last = max(w.last, min(len(w.digits)-1, w.zeroEnds-w.lead))
	}
}

func (w *writer) pattern(n *node, post int) {
	switch n.pat.id {
	case numNine, numZero, numPoint, numD:
		w.numeral(n.pat.id, post)
	case numComma, numG:
		switch {
		case w.started:
			w.dst = append(w.dst, ',')
		case w.fill:
			w.dst = append(w.dst, ' ')
		}
	case numL:
		w.dst = append(w.dst, ' ')
	case numTH:
		if w.digits[0] != '#' && !w.negative && !w.decimal {
			if !isDigit(w.digits[len(w.digits)-1]) {
				w.err = sqlerr.New(sqlerr.InvalidTextRepresentation, "\"%s\" is not a number", w.digits)
				return
			}
			w.dst = ordinal(w.dst, w.digits, n.pat.name[0] == 'T')
		}
	case numMI:
		w.signOr('-', w.negative)
	case numPL:
		w.signOr('+', !w.negative)
	case numSG:
		w.dst = append(w.dst, w.signByte())
	}
}

func (w *writer) signOr(sign byte, write bool) {
	switch {
	case write:
		w.dst = append(w.dst, sign)
	case w.fill:
		w.dst = append(w.dst, ' ')
	}
}

func (w *writer) signByte() byte {
	if w.negative {
		return '-'
	}
	return '+'
}

// onlyZero says whether the next digit is the zero before a decimal point that no 0 asks for.
func (w *writer) onlyZero(post int) bool {
	return !w.zero && w.at == 0 && w.digits != "" && w.digits[0] == '0' && post != 0
}

// char is the character at i, 0 behind the end.
func (w *writer) char(i int) byte {
	if i >= 0 && i < len(w.digits) {
		return w.digits[i]
	}
	return 0
}

func (w *writer) numeral(id patternID, post int) {
	w.started = false
	endsAtPoint := w.last >= 0 && w.char(w.last) == '.'
	if !w.signed && (w.place >= w.lead || w.zero && w.zeroFrom == w.place) && (!w.onlyZero(post) || endsAtPoint) {
		w.writeSign()
	}
	switch {
	case w.place < w.lead && (w.zeroFrom > w.place || !w.zero):
		if w.fill {
			w.dst = append(w.dst, ' ')
		}
	case w.place < w.lead:
		w.dst = append(w.dst, '0')
		w.started = true
	default:
		w.digit(id, post, endsAtPoint)
	}
	end := w.places
	if w.lead > 0 {
		end++
	}
	if w.decimal {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.place
	}
	if w.place+1 == end {
		switch {
		case w.signed && w.bracketed && w.negative:
			w.dst = append(w.dst, '>')
		case w.signed && w.bracketed:
			w.dst = append(w.dst, ' ')
		case w.locale && w.signPlace == signAfter:
			w.dst = append(w.dst, w.signByte())
		}
	}
	w.place++
}

func (w *writer) digit(id patternID, post int, endsAtPoint bool) {
	switch c := w.char(w.at); {
	case c == '.':
		if !endsAtPoint || !w.fill {
			w.dst = append(w.dst, '.')
		}
	case w.last >= 0 && w.at > w.last && id != numZero:
	case w.onlyZero(post):
		switch {
		case w.fill:
			w.dst = append(w.dst, ' ')
		case endsAtPoint:
			w.dst = append(w.dst, '0')
		}
	default:
		w.dst = append(w.dst, c)
		w.started = true
	}
	if w.at < len(w.digits) {
		w.at++
	}
}

func (w *writer) writeSign() {
	switch {
	case w.locale:
		if w.signPlace != signBefore {
			return
		}
		w.dst = append(w.dst, w.signByte())
	case w.bracketed && w.negative:
		w.dst = append(w.dst, '<')
	case w.bracketed:
		w.dst = append(w.dst, ' ')
	case w.negative:
		w.dst = append(w.dst, '-')
	case w.fill:
		w.dst = append(w.dst, ' ')
	}
	w.signed = true
}

// AppendScientific writes text, a number in scientific form with its sign; one that has no such form has text "".
func (t *Number) AppendScientific(dst []byte, text string) []byte {
	switch {
	case text == "":
		dst = append(dst, ' ')
		for i := 1; i < t.Pre+t.Post+6; i++ {
			c := byte('#')
			if i == t.Pre+1 {
				c = '.'
			}
			dst = append(dst, c)
		}
		return dst
	case text[0] == '+':
		return append(append(dst, ' '), text[1:]...)
	case text[0] != '-':
		dst = append(dst, ' ')
	}
	return append(dst, text...)
}

const romanWidth = 15

var (
	romanOnes     = [...]string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"}
	romanTens     = [...]string{"", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"}
	romanHundreds = [...]string{"", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"}
)

// AppendRoman writes v by a template with RN; 1 to 3999 have a Roman form.
func (t *Number) AppendRoman(dst []byte, v int64) []byte {
	text := strings.Repeat("#", romanWidth)
	if v >= 1 && v <= 3999 {
		text = "MMM"[:v/1000] + romanHundreds[v/100%10] + romanTens[v/10%10] + romanOnes[v%10]
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.kind != nodePattern {
			dst = append(dst, n.text...)
			continue
		}
		switch n.pat.id {
		case numRN:
			if t.fill {
				dst = blanks(dst, romanWidth-len(text))
			}
			if n.pat.name == "rn" {
				dst = append(dst, strings.ToLower(text)...)
			} else {
				dst = append(dst, text...)
			}
		case numComma, numG:
			if t.fill {
				dst = append(dst, ' ')
			}
		case numL:
			dst = append(dst, ' ')
		case numSG:
			return dst // a Roman number has no sign, and the text ends where it should stand
		case numMI, numPL:
			if t.fill {
				dst = append(dst, ' ')
			}
		}
	}
	return dst
}

// Float prepares x, of which only so many digits mean something: digits is what Append writes, without a sign.
func (t *Number) Float(x float64, bits int) (digits string, negative bool, post int) {
	meaning := 15
	if bits == 32 {
		meaning = 6
	}
	whole := len(fixed(math.Abs(x), 0))
	post = t.Post
	switch {
	case whole >= meaning:
		post = 0
	case whole+post > meaning:
		post = meaning - whole
	}
	digits = fixed(x, post)
	if digits[0] == '-' {
		return digits[1:], true, post
	}
	return digits, false, post
}
