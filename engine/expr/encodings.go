package expr

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Encoding is how bytes stand for text: UTF-8, or one byte a character, of which the first 128 are ASCII's.
type Encoding struct {
	name  string // PostgreSQL's
	table *charmap.Charmap
}

// encodings are the encodings by their names without anything but letters and digits.
var encodings = func() map[string]*Encoding {
	m := map[string]*Encoding{}
	add := func(table *charmap.Charmap, name string, aliases ...string) {
		e := &Encoding{name: name, table: table}
		for _, a := range append(aliases, name) {
			m[encodingKey(a)] = e
		}
	}
	add(nil, "UTF8", "unicode")
	add(charmap.ISO8859_1, "LATIN1", "iso88591")
	add(charmap.ISO8859_2, "LATIN2", "iso88592")
	add(charmap.ISO8859_3, "LATIN3", "iso88593")
	add(charmap.ISO8859_4, "LATIN4", "iso88594")
	add(charmap.ISO8859_9, "LATIN5", "iso88599")
	add(charmap.ISO8859_10, "LATIN6", "iso885910")
	add(charmap.ISO8859_13, "LATIN7", "iso885913")
	add(charmap.ISO8859_14, "LATIN8", "iso885914")
	add(charmap.ISO8859_15, "LATIN9", "iso885915")
	add(charmap.ISO8859_16, "LATIN10", "iso885916")
	add(charmap.ISO8859_5, "ISO_8859_5")
	add(charmap.ISO8859_6, "ISO_8859_6")
	add(charmap.ISO8859_7, "ISO_8859_7")
	add(charmap.ISO8859_8, "ISO_8859_8")
	add(charmap.KOI8R, "KOI8R", "koi8")
	add(charmap.KOI8U, "KOI8U")
	add(charmap.CodePage866, "WIN866", "alt")
	add(charmap.Windows874, "WIN874")
	add(charmap.Windows1250, "WIN1250", "windows1250")
	add(charmap.Windows1251, "WIN1251", "windows1251", "win")
	add(charmap.Windows1252, "WIN1252", "windows1252")
	add(charmap.Windows1253, "WIN1253", "windows1253")
	add(charmap.Windows1254, "WIN1254", "windows1254")
	add(charmap.Windows1255, "WIN1255", "windows1255")
	add(charmap.Windows1256, "WIN1256", "windows1256")
	add(charmap.Windows1257, "WIN1257", "windows1257")
	add(charmap.Windows1258, "WIN1258", "windows1258", "abc", "tcvn", "tcvn5712", "vscii")
	return m
}()

// otherEncodings are those of PostgreSQL that text is not converted to.
const otherEncodings = " sqlascii eucjp euccn euckr euctw eucjis2004 johab sjis mskanji shiftjis win932 windows932 big5 win950 windows950 gbk " +
	"win936 windows936 uhc win949 windows949 gb18030 shiftjis2004 muleinternal "

func encodingKey(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// findEncoding finds an encoding; use says in messages what it is for. Errors: 22023, 0A000.
func findEncoding(name, use string) (*Encoding, error) {
	key := encodingKey(name)
	if e := encodings[key]; e != nil {
		return e, nil
	}
	if strings.Contains(otherEncodings, " "+key+" ") {
		return nil, sqlerr.NotSupported("conversion from or to encoding %s", strings.ToUpper(name))
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid %sencoding name \"%s\"", use, strings.Clone(name))
}

// EncodingOf finds the encoding of a file; nil: its bytes are text as they are. Errors: 22023, 0A000.
func EncodingOf(name string) (*Encoding, error) {
	if encodingKey(name) == "sqlascii" {
		return nil, nil
	}
	e, err := findEncoding(name, "")
	switch {
	case sqlerr.CodeOf(err) == sqlerr.InvalidParameterValue:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name")
	case err != nil || e.table == nil:
		return nil, err
	}
	return e, nil
}

// ClientEncoding finds the encoding of a client's text by PostgreSQL's name or another one; nil: its bytes are UTF-8, or text as they are.
// It also gives PostgreSQL's name. Errors: 22023, 0A000.
func ClientEncoding(name string) (*Encoding, string, error) {
	if encodingKey(name) == "sqlascii" {
		return nil, "SQL_ASCII", nil
	}
	e, err := findEncoding(name, "")
	switch {
	case sqlerr.CodeOf(err) == sqlerr.InvalidParameterValue:
		return nil, "", sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter \"client_encoding\": \"%s\"", name)
	case err != nil:
		return nil, "", sqlerr.NotSupported("client_encoding %s", strings.ToUpper(name)).WithHint("SET client_encoding TO UTF8: the client's driver converts.")
	case e.table == nil:
		return nil, e.name, nil
	}
	return e, e.name, nil
}

// Approximate gives the UTF-8 text s in encoding e, with a question mark for what e has no character for.
func (e *Encoding) Approximate(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, w := utf8.DecodeRune(s)
		b, ok := e.table.EncodeRune(r)
		if !ok {
			b = '?'
		}
		out, s = append(out, b), s[w:]
	}
	return out
}

// Decode appends v, which is in encoding e, as UTF-8. Errors: 22021, 22P05.
func (e *Encoding) Decode(dst, v []byte) ([]byte, error) {
	if e.table == nil {
		if err := types.CheckText(borrow(v)); err != nil {
			return dst, err
		}
		return append(dst, v...), nil
	}
	for _, b := range v {
		r := e.table.DecodeByte(b)
		switch {
		case b == 0:
			return dst, sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"%s\": 0x00", e.name)
		case r == utf8.RuneError:
			return dst, untranslatable([]byte{b}, e.name, "UTF8")
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, nil
}

// Encode appends the UTF-8 text s in encoding e. Errors: 22P05.
func (e *Encoding) Encode(dst, s []byte) ([]byte, error) {
	if e.table == nil {
		return append(dst, s...), nil
	}
	for len(s) > 0 {
		r, w := utf8.DecodeRune(s)
		b, ok := e.table.EncodeRune(r)
		if !ok {
			return dst, untranslatable(s[:w], "UTF8", e.name)
		}
		dst = append(dst, b)
		s = s[w:]
	}
	return dst, nil
}

func untranslatable(char []byte, from, to string) error {
	var sb strings.Builder
	for _, b := range char {
		sb.WriteString(" 0x" + string("0123456789abcdef"[b>>4]) + string("0123456789abcdef"[b&15]))
	}
	return sqlerr.New("22P05", "character with byte sequence%s in encoding \"%s\" has no equivalent in encoding \"%s\"", sb.String(), from, to)
}

func convertFrom(f *frame, dst []byte, r uint32) ([]byte, error) {
	e, err := findEncoding(f.str(1, r), "source ")
	if err != nil {
		return dst, err
	}
	return e.Decode(dst, f.raw(0, r))
}

func convertTo(f *frame, dst []byte, r uint32) ([]byte, error) {
	e, err := findEncoding(f.str(1, r), "destination ")
	if err != nil {
		return dst, err
	}
	return e.Encode(dst, f.raw(0, r))
}

// convertBytes converts from one encoding to another. PostgreSQL has conversions from and to UTF8, and few others.
func convertBytes(f *frame, dst []byte, r uint32) ([]byte, error) {
	from, err := findEncoding(f.str(1, r), "source ")
	if err != nil {
		return dst, err
	}
	to, err := findEncoding(f.str(2, r), "destination ")
	if err != nil {
		return dst, err
	}
	text, err := from.Decode(nil, f.raw(0, r))
	if err != nil {
		return dst, err
	}
	if from != to && from.table != nil && to.table != nil {
		return dst, sqlerr.NotSupported("conversion from %s to %s", from.name, to.name)
	}
	return to.Encode(dst, text)
}

// encodedLength is the number of characters that bytes stand for.
func encodedLength(f *frame, r uint32) (int32, error) {
	e, err := findEncoding(f.str(1, r), "")
	if err != nil {
		return 0, err
	}
	if e.table != nil {
		return int32(len(f.raw(0, r))), nil
	}
	if err := types.CheckText(borrow(f.raw(0, r))); err != nil {
		return 0, err
	}
	return int32(utf8.RuneCount(f.raw(0, r))), nil
}

// toASCII leaves out what is not ASCII, with the letters of an 8-bit encoding replaced by those without marks.
func toASCII(f *frame, dst []byte, r uint32) ([]byte, error) {
	name := "utf8"
	if len(f.args) > 1 {
		name = f.str(1, r)
	}
	e, err := findEncoding(name, "")
	if err != nil {
		return dst, sqlerr.New(sqlerr.UndefinedObject, "%s is not a valid encoding name", strings.Clone(name))
	}
	letters := asciiLetters[e.name]
	if letters == "" {
		return dst, sqlerr.New(sqlerr.FeatureNotSupported, "encoding conversion from %s to ASCII not supported", e.name)
	}
	from := 256 - len(letters)
	for _, b := range f.raw(0, r) {
		switch {
		case b < 128:
			dst = append(dst, b)
		case int(b) < from:
			dst = append(dst, ' ')
		default:
			dst = append(dst, letters[int(b)-from])
		}
	}
	return dst, nil
}

// asciiLetters are what the last bytes of an encoding become.
var asciiLetters = map[string]string{
	"LATIN1":  "  cL Y  \"Ca  -R     'u .,      ?AAAAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooooo/ouuuuyty",
	"LATIN2":  " A L LS \"SSTZ-ZZ a,l'ls ,sstz\"zzRAAAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoooo/ruuuuyt.",
	"LATIN9":  "  cL YS sCa  -R     Zu .z   EeY?AAAAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooooo/ouuuuyty",
	"WIN1250": "  ' \"    %S<STZZ `'\"\".--  s>stzz   L A  \"CS  -RZ  ,l'u .,as L\"lzRAAAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoooo/ruuuuyt ",
}
