package expr

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// patternExpr is a compiled regular expression. Go's engine takes time linear in the text whatever the pattern, which
// PostgreSQL's does not; what only the latter knows (back references, look-ahead) is refused by it with 2201B.
type patternExpr = regexp.Regexp

// maxPatterns bounds the cache of compiled patterns; when it is full it starts anew.
const maxPatterns = 1024

var patterns = struct {
	sync.Mutex
	m map[string]*patternExpr
}{m: map[string]*patternExpr{}}

// compilePattern compiles an advanced regular expression of PostgreSQL. flags are those of regexp_replace and its kin;
// g is not one of them here.
func compilePattern(p, flags string) (*patternExpr, error) {
	key := flags + "/" + p
	patterns.Lock()
	re := patterns.m[key]
	patterns.Unlock()
	if re != nil {
		return re, nil
	}
	src, err := translatePattern(p, flags)
	if err != nil {
		return nil, err
	}
	longest, err := greedy(src)
	if err != nil {
		return nil, err
	}
	re, err = regexp.Compile(src)
	if err != nil {
		reason := err.Error()
		if e, ok := errors.AsType[*syntax.Error](err); ok {
			if reason = patternFaults[e.Code]; reason == "" {
				reason = e.Code.String()
			}
		}
		return nil, sqlerr.New(sqlerr.InvalidRegularExpression, "invalid regular expression: %s", reason)
	}
	if longest {
		re.Longest()
	}
	patterns.Lock()
	if len(patterns.m) >= maxPatterns {
		clear(patterns.m)
	}
	patterns.m[strings.Clone(key)] = re
	patterns.Unlock()
	return re, nil
}

// patternFaults are PostgreSQL's words for what is wrong with a pattern.
var patternFaults = map[syntax.ErrorCode]string{
	syntax.ErrMissingParen: "parentheses () not balanced", syntax.ErrUnexpectedParen: "parentheses () not balanced",
	syntax.ErrMissingBracket: "brackets [] not balanced", syntax.ErrMissingRepeatArgument: "quantifier operand invalid",
	syntax.ErrInvalidRepeatSize: "invalid repetition count(s)", syntax.ErrInvalidCharRange: "invalid character range",
	syntax.ErrInvalidEscape: "invalid escape \\ sequence", syntax.ErrTrailingBackslash: "invalid escape \\ sequence",
	syntax.ErrInvalidRepeatOp: "quantifier operand invalid",
}

// translatePattern turns what PostgreSQL writes otherwise into Go's syntax: \y \Y \m \M \A \Z, embedded options ***=
// and (?...), and the flags.
func translatePattern(p, flags string) (string, error) {
	opts := "s" // . matches a newline unless n or p says otherwise
	for _, f := range flags {
		switch f {
		case 'i':
			opts += "i"
		case 'c':
			opts = strings.ReplaceAll(opts, "i", "")
		case 'n', 'm':
			opts = strings.ReplaceAll(opts, "s", "") + "m"
		case 'p':
			opts = strings.ReplaceAll(opts, "s", "")
		case 'w':
			opts += "m"
		case 's', 't', 'e':
		case 'q':
			return "(?" + opts + ")" + regexp.QuoteMeta(p), nil
		default:
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "invalid regular expression option: \"%c\"", f)
		}
	}
	if rest, ok := strings.CutPrefix(p, "***="); ok {
		return "(?" + opts + ")" + regexp.QuoteMeta(rest), nil
	}
	p = strings.TrimPrefix(p, "***:")
	var sb strings.Builder
	sb.WriteString("(?" + opts + ")")
	class := 0 // where the bracket expression under way began, 0 for none
	for i := 0; i < len(p); i++ {
		switch {
		case class > 0 && p[i] == ']' && i > class:
			class = 0
		case class > 0:
			if name, set := unicodeClass(p[i:]); set != "" {
				sb.WriteString(set)
				i += len(name) - 1
				continue
			}
		case p[i] == '[':
			class = i + 1
			if class < len(p) && p[class] == '^' {
				class++
			}
		}
		if p[i] != '\\' || i+1 == len(p) {
			sb.WriteByte(p[i])
			continue
		}
		i++
		if set := letters[p[i]]; set != "" {
			if class == 0 {
				set = "[" + set + "]"
			}
			sb.WriteString(set)
			continue
		}
		switch p[i] {
		case 'y', 'm', 'M':
			sb.WriteString(`\b`)
		case 'Y':
			sb.WriteString(`\B`)
		case 'Z':
			sb.WriteString(`\z`)
		default:
			sb.WriteByte('\\')
			sb.WriteByte(p[i])
		}
	}
	return sb.String(), nil
}

// letters are the escapes that mean characters of any script.
var letters = map[byte]string{'w': `\p{L}\p{N}_`}

// unicodeClasses are the names of classes that have characters of any script.
var unicodeClasses = map[string]string{
	"[:alpha:]": `\p{L}`, "[:alnum:]": `\p{L}\p{N}`, "[:upper:]": `\p{Lu}`, "[:lower:]": `\p{Ll}`, "[:punct:]": `[:punct:]\p{P}\p{S}`,
	"[:graph:]": `\p{L}\p{M}\p{N}\p{P}\p{S}`, "[:print:]": `\p{L}\p{M}\p{N}\p{P}\p{S} `,
}

func unicodeClass(p string) (name, set string) {
	if !strings.HasPrefix(p, "[:") {
		return "", ""
	}
	if end := strings.Index(p, ":]"); end > 0 {
		name = p[:end+2]
	}
	return name, unicodeClasses[name]
}

// compileSimilar compiles a pattern of SIMILAR TO: the whole string must match; % and _ are wildcards; | * + ? { } ( )
// and [ ] mean what they do in a regular expression.
func compileSimilar(p, escape string) (*patternExpr, error) {
	var sb strings.Builder
	sb.WriteString("^(?:")
	class := false
	for i, runes := 0, []rune(p); i < len(runes); i++ {
		r := runes[i]
		switch {
		case escape != "" && string(r) == escape:
			if i++; i < len(runes) {
				sb.WriteString(regexp.QuoteMeta(string(runes[i])))
			}
		case class:
			if r == '\\' {
				sb.WriteRune('\\')
			}
			sb.WriteRune(r)
			class = r != ']'
		case r == '[':
			sb.WriteRune(r)
			class = true
		case r == '%':
			sb.WriteString(".*")
		case r == '_':
			sb.WriteByte('.')
		case strings.ContainsRune("|*+?{}()", r):
			sb.WriteRune(r)
		default:
			sb.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	sb.WriteString(")$")
	return compilePattern(sb.String(), "")
}
