package format

import (
	"encoding/binary"
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// The places of fields in the tables of Arrow's metadata (format/Message.fbs, Schema.fbs): field n lies at 4 + 2n.
const (
	messageKind, messageHeader, messageBody = 6, 8, 10

	schemaEndian, schemaFields, schemaNotes                               = 4, 6, 8
	fieldName, fieldKind, fieldType, fieldDict, fieldChildren, fieldNotes = 4, 8, 10, 12, 14, 16
	recordLength, recordBuffers, recordCompression, recordViewBuffers     = 4, 8, 10, 12
	dictionaryData                                                        = 6
	noteKey, noteValue                                                    = 4, 6
	timestampKind, timestampZone                                          = 10, 6
	binaryViewKind, textViewKind                                          = 23, 24
)

// Kinds of messages.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	recordMessage     = 3
)

// bufferLen is how long a Buffer of the metadata is: where it begins in the body, and its length.
const bufferLen = 16

// maxArrowFields is how many columns a stream may have: a relation has fewer.
const maxArrowFields = 4096

// maxBareRows is how many rows a record may have that has no bytes for them, as its columns are of the type null. Else each row has
// a bit at least.
const maxBareRows = 1 << 16

// arrowCheck knows of the schema what the library does not look at.
type arrowCheck struct {
	views     int  // columns whose number of buffers the record says
	dictViews bool // dictionaries have some
}

// message looks at the metadata of a message before the library does, which would follow what they say wherever it leads,
// and gives the length of the body. Tables can point to the same bytes many times, so a small message may stand for a tree
// without end: columns within columns are refused, and what texts have altogether may not be more than the message has.
// It panics over places that do not exist. Errors: 22P04, 54000, 0A000.
func (c *arrowCheck) message(meta []byte) (body int, err error) {
	meta = slices.Clip(meta) // what lies behind it is no part of it, whoever slices it
	m := &flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
	size := int64(0)
	if o := m.Offset(messageBody); o != 0 {
		size = m.GetInt64(m.Pos + flatbuffers.UOffsetT(o))
	}
	if size < 0 || size > maxArrowBody {
		return 0, sqlerr.New(sqlerr.ProgramLimitExceeded, "the body of an Arrow message has %d bytes, beyond %d", uint64(size), maxArrowBody).
			WithHint("Send smaller records, such as of 65,536 rows.")
	}
	header, ok := tableAt(m, messageHeader)
	if !ok {
		return 0, sqlerr.New(sqlerr.BadCopyFileFormat, "a message of the Arrow stream is empty")
	}
	switch kind := byteAt(m, messageKind); kind {
	case schemaMessage:
		return int(size), c.schema(header, len(meta))
	case dictionaryMessage:
		data, ok := tableAt(header, dictionaryData)
		if !ok {
			return 0, sqlerr.New(sqlerr.BadCopyFileFormat, "a dictionary of the Arrow stream is empty")
		}
		if c.dictViews {
			return int(size), checkRecord(data, size, 1)
		}
		return int(size), checkRecord(data, size, 0)
	case recordMessage:
		return int(size), checkRecord(header, size, c.views)
	default:
		return 0, sqlerr.NotSupported("Arrow messages of kind %d", kind).WithHint("A stream has a schema, dictionaries and records.")
	}
}

// nested are the kinds of types that have columns within them, by their numbers in Schema.fbs.
var nested = map[byte]string{
	12: "List", 13: "Struct", 14: "Union", 16: "FixedSizeList", 17: "Map", 21: "LargeList", 22: "RunEndEncoded", 25: "ListView", 26: "LargeListView",
}

func (c *arrowCheck) schema(s *flatbuffers.Table, room int) error {
	if byteAt(s, schemaEndian) != 0 {
		return sqlerr.NotSupported("an Arrow stream of big-endian numbers").WithHint("Write it on a machine of the other kind.")
	}
	fields := vectorAt(s, schemaFields)
	if len(fields) > maxArrowFields {
		return sqlerr.New(sqlerr.TooManyColumns, "an Arrow stream of %d columns is beyond %d", len(fields), maxArrowFields)
	}
	texts := notesLen(s, schemaNotes)
	for _, f := range fields {
		name := textAt(f, fieldName)
		kind := byteAt(f, fieldKind)
		if what, is := nested[kind]; is || len(vectorAt(f, fieldChildren)) > 0 {
			return sqlerr.NotSupported("the Arrow column %q, which has columns within it (%s),", clip(name), what).
				WithHint("Leave it out, or send it as text: its JSON, or an array's text form.")
		}
		if texts += len(name) + notesLen(f, fieldNotes); kind == timestampKind {
			if t, ok := tableAt(f, fieldType); ok {
				texts += len(textAt(t, timestampZone))
			}
		}
		if _, coded := tableAt(f, fieldDict); kind == binaryViewKind || kind == textViewKind {
			if c.dictViews = c.dictViews || coded; !coded {
				c.views++
			}
		}
		if texts > room {
			return sqlerr.New(sqlerr.BadCopyFileFormat, "the schema of the Arrow stream says the same bytes many times")
		}
	}
	return nil
}

// checkRecord looks at a record with a body of the given size, and with the given number of columns whose buffers it counts.
func checkRecord(r *flatbuffers.Table, size int64, views int) error {
	if o := r.Offset(recordLength); o != 0 {
		switch n := r.GetInt64(r.Pos + flatbuffers.UOffsetT(o)); {
		case n < 0:
			return sqlerr.New(sqlerr.BadCopyFileFormat, "a record of the Arrow stream has less than no rows")
		case n > max(8*size, maxBareRows):
			return sqlerr.New(sqlerr.BadCopyFileFormat, "a record of the Arrow stream says that it has %d rows, which its %d bytes cannot hold", n, size)
		}
	}
	if _, is := tableAt(r, recordCompression); is {
		return sqlerr.NotSupported("packed buffers in an Arrow stream").
			WithHint("Send them plain, and pack the whole: Content-Encoding: zstd.")
	}
	buffers, counts := int64(lengthAt(r, recordBuffers)), lengthAt(r, recordViewBuffers)
	if bufferLen*buffers > int64(len(r.Bytes)) || counts < views {
		return falseCount()
	}
	if buffers > 0 {
		at := r.Vector(flatbuffers.UOffsetT(r.Offset(recordBuffers)))
		for i := range buffers { // one place in the body is not copied many times
			n := r.GetInt64(at + flatbuffers.UOffsetT(bufferLen*i+8))
			if size -= n; n < 0 || size < 0 {
				return falseCount()
			}
		}
	}
	if counts == 0 {
		return nil
	}
	at := r.Vector(flatbuffers.UOffsetT(r.Offset(recordViewBuffers)))
	for i := range counts {
		n := r.GetInt64(at + flatbuffers.UOffsetT(8*i))
		if n < 0 || n > buffers {
			return falseCount()
		}
		buffers -= n
	}
	return nil
}

func falseCount() error {
	return sqlerr.New(sqlerr.BadCopyFileFormat, "a record of the Arrow stream says that it has other buffers than it has")
}

// notesLen is how many bytes the keys and values of custom metadata have, with the places where they stand.
func notesLen(t *flatbuffers.Table, field flatbuffers.VOffsetT) (n int) {
	for _, note := range vectorAt(t, field) {
		n += 4 + len(textAt(note, noteKey)) + len(textAt(note, noteValue))
	}
	return n
}

func byteAt(t *flatbuffers.Table, field flatbuffers.VOffsetT) byte {
	if o := t.Offset(field); o != 0 {
		return t.GetByte(t.Pos + flatbuffers.UOffsetT(o))
	}
	return 0
}

func textAt(t *flatbuffers.Table, field flatbuffers.VOffsetT) []byte {
	if o := t.Offset(field); o != 0 {
		return t.ByteVector(t.Pos + flatbuffers.UOffsetT(o))
	}
	return nil
}

func tableAt(t *flatbuffers.Table, field flatbuffers.VOffsetT) (*flatbuffers.Table, bool) {
	o := t.Offset(field)
	if o == 0 {
		return nil, false
	}
	return &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + flatbuffers.UOffsetT(o))}, true
}

// lengthAt is how many elements a vector says it has.
func lengthAt(t *flatbuffers.Table, field flatbuffers.VOffsetT) int {
	if o := t.Offset(field); o != 0 {
		return t.VectorLen(flatbuffers.UOffsetT(o))
	}
	return 0
}

// vectorAt gives the tables of a vector. It panics if there are fewer bytes than it says it has elements.
func vectorAt(t *flatbuffers.Table, field flatbuffers.VOffsetT) []*flatbuffers.Table {
	n := lengthAt(t, field)
	if n == 0 {
		return nil
	}
	at := t.Vector(flatbuffers.UOffsetT(t.Offset(field)))
	_ = t.Bytes[int(at)+4*n-1]
	out := make([]*flatbuffers.Table, n)
	for i := range out {
		place := at + flatbuffers.UOffsetT(4*i)
		out[i] = &flatbuffers.Table{Bytes: t.Bytes, Pos: place + flatbuffers.UOffsetT(binary.LittleEndian.Uint32(t.Bytes[place:]))}
	}
	return out
}
