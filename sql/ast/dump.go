package ast

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Dump prints a tree on one line for tests and for reading: the node's type, then its fields that are not zero.
//
//	(Binary Op:+ Left:(Column Name:[a]) Right:(Literal Kind:2 Text:1))
//
// Positions are left out, and so are the copies of the statement's text.
func Dump(node any) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(node), false)
	return b.String()
}

// DumpPlaces prints what Dump does, with @position behind the type of each node that has one.
func DumpPlaces(node any) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(node), true)
	return b.String()
}

func dump(b *strings.Builder, v reflect.Value, places bool) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dump(b, v.Elem(), places)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			dump(b, v.Index(i), places)
		}
		b.WriteByte(']')
	case reflect.Struct:
		dumpNode(b, v, places)
	case reflect.String:
		b.WriteString(dumpText(v.String()))
	default:
		if k, ok := v.Interface().(LitKind); ok {
			b.WriteString([]string{"null", "bool", "number", "string", "bits"}[k])
			return
		}
		fmt.Fprint(b, v.Interface())
	}
}

func dumpNode(b *strings.Builder, v reflect.Value, places bool) {
	t := v.Type()
	b.WriteString("(" + t.Name())
	for i := range t.NumField() {
		f := v.Field(i)
		switch name := t.Field(i).Name; {
		case name == "Pos":
			if places && f.Int() > 0 {
				b.WriteString("@" + strconv.FormatInt(f.Int(), 10))
			}
		case name == "QueryPos", name == "Word":
		case f.IsZero() && name != "Kind", name == "Text" && isCopy(t.Name()), f.Kind() == reflect.Slice && f.Len() == 0:
		default:
			b.WriteString(" " + name + ":")
			dump(b, f, places)
		}
	}
	b.WriteByte(')')
}

// isCopy tells whether a node's Text is the statement's text again.
func isCopy(node string) bool {
	return node == "CreateStream" || node == "CreateView" || node == "Subscribe" || node == "Prepare"
}

// dumpText quotes a text only where it could be misread.
func dumpText(s string) string {
	if s == "" || strings.ContainsAny(s, " ()[]:'\"\n\t\\") {
		return strconv.Quote(s)
	}
	return s
}
