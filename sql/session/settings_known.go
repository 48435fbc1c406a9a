package session

import (
	_ "embed"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

//go:embed settings.txt
var knownText string

// parameter is what values a setting takes.
type parameter struct {
	name, context, kind, unit string
	least, most               string // as pg_settings shows them; "" for none
	words                     []string
	first                     string // in the setting's own unit
}

// recognized are the settings of settings.txt.
var recognized = func() map[string]*parameter {
	out := map[string]*parameter{}
	for line := range strings.Lines(knownText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		if len(f) != 8 || strings.HasPrefix(line, "#") {
			continue
		}
		p := &parameter{name: f[0], context: f[1], kind: f[2], unit: f[3], least: f[4], most: f[5], first: f[7]}
		if f[6] != "" {
			p.words = strings.Split(f[6], ",")
		}
		out[p.name] = p
	}
	return out
}()

// value is a setting as SHOW gives it. Those without effect are kept only where they were set.
func (s settings) value(name string) (string, bool) {
	if v, ok := s.values[name]; ok {
		return v, true
	}
	p := recognized[name]
	if p == nil {
		return "", false
	}
	return p.shown(p.first), true
}

// names are those of all settings, in order.
func (s settings) names() []string {
	all := maps.Clone(s.values)
	for name := range recognized {
		all[name] = ""
	}
	return slices.Sorted(maps.Keys(all))
}

// acting are the settings that do something.
var acting = defaultSettings().values

// idle says whether a setting is taken and has no effect.
func idle(name string) bool {
	_, acts := acting[name]
	return recognized[name] != nil && !acts
}

// take reads a value, and gives it as SHOW does.
func (p *parameter) take(value string) (string, error) {
	switch p.kind {
	case "bool":
		return onOff(p.name, value)
	case "enum":
		return p.word(value)
	case "string":
		return value, nil
	}
	n, err := p.number(value)
	if err != nil {
		return "", err
	}
	return p.shown(strconv.FormatFloat(n, 'g', -1, 64)), nil
}

func onOff(name, value string) (string, error) {
	on, err := types.ParseBool(value)
	switch {
	case err != nil:
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q requires a Boolean value", name)
	case on:
		return "on", nil
	}
	return "off", nil
}

// word finds the word that a setting is set to. Where on and off are such, a Boolean's other spellings are, too.
func (p *parameter) word(value string) (string, error) {
	if slices.Contains(p.words, "on") && slices.Contains(p.words, "off") {
		switch strings.ToLower(value) {
		case "true", "yes", "1":
			return "on", nil
		case "false", "no", "0":
			return "off", nil
		}
	}
	v, _, err := oneOf(p.name, value, p.words...)
	return v, err
}

// scale is a unit, and how many of the least one of its kind it is.
type scale struct {
	name string
	of   float64
}

var (
	memoryScales = []scale{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}, {"B", 1}}
	timeScales   = []scale{{"d", 86_400e6}, {"h", 3600e6}, {"min", 60e6}, {"s", 1e6}, {"ms", 1e3}, {"us", 1}}
)

// scales are the units that a setting's values may be written in, and how many of the least one its own unit is.
func (p *parameter) scales() (all []scale, own float64, hint string) {
	if p.unit == "8kB" {
		return memoryScales, 8 << 10, memoryHint
	}
	for _, sc := range memoryScales {
		if sc.name == p.unit {
			return memoryScales, sc.of, memoryHint
		}
	}
	for _, sc := range timeScales {
		if sc.name == p.unit {
			return timeScales, sc.of, `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
		}
	}
	return nil, 1, ""
}

const memoryHint = `Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`

// number reads a value in the setting's own unit.
func (p *parameter) number(value string) (float64, error) {
	text := strings.TrimSpace(value)
	n, end, ok := leadingNumber(text, p.kind == "integer")
	if !ok {
		return 0, badValue(p.name, value)
	}
	if unit := strings.TrimSpace(text[end:]); unit != "" {
		all, own, hint := p.scales()
		at := slices.IndexFunc(all, func(sc scale) bool { return sc.name == unit })
		if at < 0 {
			e := badValue(p.name, value)
			if hint != "" {
				e.WithHint("%s", hint)
			}
			return 0, e
		}
		if n *= all[at].of / own; at+1 < len(all) { // 30.1 GB is a whole number of MB
			if finer := all[at+1].of / own; finer > 0 {
				n = math.RoundToEven(n/finer) * finer
			}
		}
	}
	if p.kind == "integer" {
		if n = math.RoundToEven(n); n > math.MaxInt32 || n < math.MinInt32 {
			return 0, badValue(p.name, value).WithHint("Value exceeds integer range.")
		}
	}
	least, _ := strconv.ParseFloat(p.least, 64)
	most, err := strconv.ParseFloat(p.most, 64)
	if p.most == "1.79769e+308" || err != nil {
		most = math.Inf(1)
	}
	if n < least || n > most {
		unit := p.unit
		if unit != "" {
			unit = " " + unit
		}
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "%s%s is outside the valid range for parameter %q (%s .. %s)", p.text(n), unit, p.name, p.least, p.most)
	}
	return n, nil
}

// leadingNumber reads a number, of whole ones also in C's other bases, and says where it ends.
func leadingNumber(text string, whole bool) (n float64, end int, ok bool) {
	digits := strings.TrimLeft(text, "+-")
	if whole && len(digits) > 1 && digits[0] == '0' && !strings.ContainsAny(text, ".eE") || strings.HasPrefix(strings.ToLower(digits), "0x") {
		base, prefix := 8, 1
		valid := "01234567"
		if digits[1] == 'x' || digits[1] == 'X' {
			base, prefix, valid = 16, 2, "0123456789abcdefABCDEF"
		}
		from := len(text) - len(digits) + prefix
		for end = from; end < len(text) && strings.IndexByte(valid, text[end]) >= 0; end++ {
		}
		if end == from && base == 8 {
			return 0, end, true
		}
		i, err := strconv.ParseInt(text[from:end], base, 64)
		if strings.HasPrefix(text, "-") {
			i = -i
		}
		return float64(i), end, err == nil
	}
	for end < len(text) && (strings.IndexByte("+-.0123456789", text[end]) >= 0 || (text[end] == 'e' || text[end] == 'E') && end+1 < len(text) && strings.IndexByte("+-0123456789", text[end+1]) >= 0) {
		end++
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	return n, end, err == nil
}

// text is a number as C's %g and %d write it.
func (p *parameter) text(n float64) string {
	if p.kind == "integer" {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', 6, 64)
}

// shown is a value in the setting's own unit as SHOW has it: in the greatest unit that it is a whole number of.
func (p *parameter) shown(value string) string {
	n, err := strconv.ParseFloat(value, 64)
	if p.kind != "integer" && p.kind != "real" || err != nil {
		return value
	}
	all, own, _ := p.scales()
	if n <= 0 || all == nil {
		return p.text(n)
	}
	least := all[len(all)-1]
	for _, sc := range all {
		if count := n * own / sc.of; math.Abs(count-math.RoundToEven(count)) < 1e-8 && count >= 1 {
			return p.text(math.RoundToEven(count)) + sc.name
		}
	}
	return p.text(n*own/least.of) + least.name
}

// listed is a value that SHOW gives, as pg_settings shows it: in the setting's own unit.
func (p *parameter) listed(shown string) string {
	if p.kind != "integer" && p.kind != "real" {
		return shown
	}
	n, err := p.number(shown)
	if err != nil {
		return shown
	}
	return p.text(n)
}
