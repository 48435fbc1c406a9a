package expr

import (
	"encoding/json"
	"strconv"

	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// pathBase is a value that objects are numbered in: the document, a variable, or what .keyvalue() made.
type pathBase struct {
	root any
	id   int64
	at   map[*jsonObject]int64 // where each object lies; nil: not known yet
}

// pathBaseStep is how far the numbers of the objects of two bases lie apart.
const pathBaseStep = 10_000_000_000

// keyvalue is the method .keyvalue(): an object for each member.
func (x *pathRun) keyvalue(n *jsonpath.Node, v any, out *[]any) error {
	o, ok := v.(*jsonObject)
	if !ok {
		return sqlerr.New("2203C", "jsonpath item method .keyvalue() can only be applied to an object")
	}
	if x.base == nil {
		x.base = &pathBase{root: x.root}
	}
	id := json.Number(strconv.FormatInt(x.base.number(o), 10))
	outer := x.base
	for _, k := range o.keys {
		member := &jsonObject{vals: map[string]any{}}
		member.set("id", id)
		member.set("key", k)
		member.set("value", o.vals[k])
		x.made++
		x.base = &pathBase{root: member, id: x.made}
		err := x.next(n, member, out)
		x.base = outer
		if err != nil {
			return err
		}
	}
	return nil
}

// number is the number of an object: PostgreSQL's, which is its place in the bytes of jsonb.
func (b *pathBase) number(o *jsonObject) int64 {
	if b.at == nil {
		b.at = map[*jsonObject]int64{}
		b.lay(b.root, 0)
	}
	return b.at[o] + b.id*pathBaseStep
}

func align4(n int64) int64 { return (n + 3) &^ 3 }

// lay notes where the objects of v lie, which begins at a place in the bytes, and gives where it ends.
func (b *pathBase) lay(v any, at int64) int64 {
	switch v := v.(type) {
	case *jsonObject:
		at = align4(at)
		b.at[v] = at
		at += 4 + 8*int64(len(v.keys))
		for _, k := range v.keys {
			at += int64(len(k))
		}
		for _, k := range v.keys {
			at = b.lay(v.vals[k], at)
		}
	case []any:
		at = align4(at) + 4 + 4*int64(len(v))
		for _, e := range v {
			at = b.lay(e, at)
		}
	case string:
		at += int64(len(v))
	case json.Number:
		at = align4(at) + numericBytes(v)
	}
	return at
}

// numericBytes is how many bytes PostgreSQL keeps a numeric in.
func numericBytes(text json.Number) int64 {
	var n number
	n.set(string(text))
	wire := n.append(nil)
	digits := int(wire[0])<<8 | int(wire[1])
	weight := int(int16(uint16(wire[2])<<8 | uint16(wire[3])))
	head := 6
	if n.scale > 63 || weight < -64 || weight > 63 {
		head = 8
	}
	return int64(head + 2*digits)
}
