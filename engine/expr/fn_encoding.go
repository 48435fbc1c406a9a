package expr

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// encodingFunctions are the functions that spell values, and those that put strings together of values of any type.
func encodingFunctions() []function {
	return []function{
		{name: "md5", args: "text", ret: "text", run: md5Text},
		{name: "md5", args: "bytea", ret: "text", run: md5Text},
		{name: "to_hex", args: "int4", ret: "text", run: hexInt4},
		{name: "to_hex", args: "int8", ret: "text", run: hexInt8},
		{name: "encode", args: "bytea,text", ret: "text", flags: fallible, run: encodeBytes},
		{name: "decode", args: "text,text", ret: "bytea", flags: fallible, run: decodeText},
		{name: "ascii", args: "text", ret: "int4", run: asciiOf},
		{name: "chr", args: "int4", ret: "text", flags: fallible, run: chr},
		{name: "quote_literal", args: "text", ret: "text", run: quoteLiteral},
		{name: "quote_ident", args: "text", ret: "text", run: quoteIdent},
		{name: "concat", args: "variadic any", ret: "text", flags: lenient | stable, run: concat},
		{name: "concat_ws", args: "text,variadic any", ret: "text", flags: lenient | stable, run: concatWS},
		{name: "format", args: "text", ret: "text", flags: lenient | stable | fallible, run: format},
		{name: "format", args: "text,variadic any", ret: "text", flags: lenient | stable | fallible, run: format},
		{name: "gen_random_uuid", ret: "uuid", flags: volatile, run: randomUUID},
		{name: "pg_typeof", args: "any", ret: "text", flags: lenient, run: typeOf},
	}
}

func md5Text(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		sum := md5.Sum(f.raw(0, r))
		out.buf = hex.AppendEncode(out.buf, sum[:])
	}
	out.done()
}

func hexInt4(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = strconv.AppendUint(out.buf, uint64(uint32(f.i4(0, r))), 16)
	}
	out.done()
}

func hexInt8(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = strconv.AppendUint(out.buf, uint64(f.i8(0, r)), 16)
	}
	out.done()
}

func unknownEncoding(name string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized encoding: %q", name)
}

// base64Line is how many characters PostgreSQL writes on a line.
const base64Line = 76

func encodeBytes(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		v := f.raw(0, r)
		switch name := strings.ToLower(f.str(1, r)); name {
		case "hex":
			out.buf = hex.AppendEncode(out.buf, v)
		case "base64":
			s := base64.StdEncoding.EncodeToString(v)
			for len(s) > base64Line {
				out.buf = append(append(out.buf, s[:base64Line]...), '\n')
				s = s[base64Line:]
			}
			out.buf = append(out.buf, s...)
		case "escape":
			for _, b := range v {
				switch {
				case b == 0 || b >= 0x80:
					out.buf = append(out.buf, '\\', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
				case b == '\\':
					out.buf = append(out.buf, '\\', '\\')
				default:
					out.buf = append(out.buf, b)
				}
			}
		default:
			f.fail(r, unknownEncoding(strings.Clone(f.str(1, r))))
		}
	}
	out.done()
}

func decodeText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.str(0, r)
		var err error
		switch strings.ToLower(f.str(1, r)) {
		case "hex":
			out.buf, err = decodeHex(out.buf, s)
		case "base64":
			out.buf, err = decodeBase64(out.buf, s)
		case "escape":
			out.buf, err = decodeEscapes(out.buf, s)
		default:
			err = unknownEncoding(strings.Clone(f.str(1, r)))
		}
		if err != nil {
			out.undo()
			f.fail(r, err)
		}
	}
	out.done()
}

func asciiOf(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		c, w := utf8.DecodeRune(f.raw(0, r))
		out[r] = int32(c)
		if w == 0 {
			out[r] = 0
		}
	}
}

func chr(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		switch c := f.i4(0, r); {
		case c == 0:
			f.fail(r, sqlerr.New(sqlerr.ProgramLimitExceeded, "null character not permitted"))
		case c < 0:
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "character number must be positive"))
		case c > utf8.MaxRune:
			f.fail(r, sqlerr.New(sqlerr.ProgramLimitExceeded, "requested character too large for encoding: %d", c))
		case !utf8.ValidRune(rune(c)):
			f.fail(r, sqlerr.New(sqlerr.ProgramLimitExceeded, "requested character not valid for encoding: %d", c))
		default:
			out.buf = utf8.AppendRune(out.buf, rune(c))
		}
	}
	out.done()
}

// appendLiteral writes s as a literal, with E in front where it has a backslash.
func appendLiteral(dst []byte, s string) []byte {
	if strings.Contains(s, `\`) {
		dst = append(dst, 'E')
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return append(dst, quote(s)...)
}

func quoteLiteral(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = appendLiteral(out.buf, f.str(0, r))
	}
	out.done()
}

// appendIdent writes s as an identifier, in double quotes where it is not a plain lower-case name.
func appendIdent(dst []byte, s string) []byte {
	plain := s != "" && (s[0] == '_' || s[0]-'a' < 26)
	for i := range len(s) {
		plain = plain && (s[i] == '_' || s[i]-'a' < 26 || s[i]-'0' < 10)
	}
	if plain && !reserved[s] {
		return append(dst, s...)
	}
	return append(append(append(dst, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

func quoteIdent(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = appendIdent(out.buf, f.str(0, r))
	}
	out.done()
}

func concat(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		for i := range f.args {
			if a := &f.args[i]; !a.null(int(r)) {
				out.buf = appendText(out.buf, &a.col, a.at(r), f.c.Locale)
			}
			if out.over() {
				break
			}
		}
	}
	out.done()
}

func concatWS(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if f.args[0].null(int(r)) {
			f.null(r)
			continue
		}
		first := true
		for i := range f.args[1:] {
			a := &f.args[i+1]
			if a.null(int(r)) {
				continue
			}
			if !first {
				out.buf = append(out.buf, f.raw(0, r)...)
			}
			first = false
			if out.buf = appendText(out.buf, &a.col, a.at(r), f.c.Locale); out.over() {
				break
			}
		}
	}
	out.done()
}

func randomUUID(f *frame) {
	out := result[[16]byte](f)
	for i := range out {
		if _, err := rand.Read(out[i][:]); err != nil {
			f.fail(uint32(i), sqlerr.Wrap(sqlerr.SystemError, err, "no random bytes"))
		}
		out[i][6] = out[i][6]&0x0f | 0x40
		out[i][8] = out[i][8]&0x3f | 0x80
	}
}

func typeOf(f *frame) {
	t := base(f.from)
	if f.from.OID == types.OIDRecord || f.from.OID == types.OIDRecordArray { // its modifier says whose row it is
		t = f.from
	}
	name := typeName(t)
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = append(out.buf, name...)
	}
	out.done()
}
