// Package jsonpath reads the SQL/JSON path language as PostgreSQL 15 has it, and writes it back in its canonical form.
//
//	lax $.items[*] ? (@.price > 10 && exists (@.tags)).name
//	    ├─┤ ├───┤ ├─┤ ├───────────────────────────┤ ├────┤
//	    Root Key  Each Filter, with a predicate      Key      linked by Next
//
// It does not evaluate: that is package expr's, which knows values and numbers. Trees are not changed once they are
// made, so that several goroutines may read one.
package jsonpath
