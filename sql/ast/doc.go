// Package ast is the tree of a statement as the user wrote it, in PostgreSQL's words and with nothing resolved: names
// are names, types are type names, literals are text.
//
// It is data only. Package parse makes it, package bind gives it meaning; the tree of the parser underneath never
// leaves package parse. Every node that can be at fault knows its place: Pos is the 1-based position in characters of
// its first token in the text the user typed, as an error reports it; 0 means that it has none.
package ast
