package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// reserved has the words that are no identifiers, or not everywhere, unless they are quoted.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(reservedWords) {
		m[w] = true
	}
	return m
}()

const reservedWords = `
	all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case 
	cast char character check coalesce collate collation column concurrently constraint create cross 
	current_catalog current_date current_role current_schema current_time current_timestamp current_user dec 
	decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign 
	freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect 
	interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural 
	nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay 
	placing position precision primary real references returning right row select session_user setof similar 
	smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union 
	unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement 
	xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
`

func decodeHex(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			i++
			continue
		}
		var v byte
		for k := range 2 {
			if i+k == len(s) {
				return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
			}
			d := strings.IndexByte("0123456789abcdef", lowerByte(s[i+k]))
			if d < 0 {
				c := []rune(s[i+k:])[0]
				return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal digit: \"%c\"", c)
			}
			v = v<<4 | byte(d)
		}
		dst = append(dst, v)
		i += 2
	}
	return dst, nil
}

func lowerByte(c byte) byte {
	if c-'A' < 26 {
		return c + 'a' - 'A'
	}
	return c
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decodeBase64 skips blanks, and wants the padding.
func decodeBase64(dst []byte, s string) ([]byte, error) {
	var buf uint32
	pos, end := 0, 0
	for i := range len(s) {
		c := s[i]
		v := strings.IndexByte(base64Digits, c)
		switch {
		case strings.IndexByte(" \t\n\r", c) >= 0:
			continue
		case c == '=':
			if end == 0 {
				if pos != 2 && pos != 3 {
					return dst, sqlerr.New(sqlerr.InvalidParameterValue, "unexpected \"=\" while decoding base64 sequence")
				}
				end = pos - 1
			}
			v = 0
		case v < 0:
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid symbol \"%s\" found while decoding base64 sequence", string([]rune(s[i:])[0]))
		}
		buf = buf<<6 | uint32(v)
		if pos++; pos < 4 {
			continue
		}
		dst = append(dst, byte(buf>>16))
		if end == 0 || end > 1 {
			dst = append(dst, byte(buf>>8))
		}
		if end == 0 || end > 2 {
			dst = append(dst, byte(buf))
		}
		buf, pos = 0, 0
	}
	if pos != 0 {
		return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return dst, nil
}

// decodeEscapes reads \\ and \nnn; other bytes stand for themselves.
func decodeEscapes(dst []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			dst = append(dst, s[i])
		case strings.HasPrefix(s[i:], `\\`):
			dst = append(dst, '\\')
			i++
		case i+3 < len(s) && s[i+1]-'0' < 4 && s[i+2]-'0' < 8 && s[i+3]-'0' < 8:
			dst = append(dst, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return dst, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return dst, nil
}
