// Package plan is a bound query as data: a tree of nodes that know their columns, say what time does to them, and
// print themselves.
//
// A plan does nothing. Package bind makes one from a statement's tree, the rules of this package make it better, and
// package build turns it into operators. Expressions refer to the columns of their node's input by position.
//
//	Project  event_type, n            what a query looks like: data flows upwards
//	  ->  Aggregate  keys, aggregates
//	        ->  Filter  condition
//	              ->  Scan  relation, columns, time range
//
// # Time
//
// Time belongs to a column: each node says for each of its columns by which watermarks its values are bounded from
// below, if by any. A window can close, and its state can go, only when such a bound passes it.
//
// # Ownership
//
// Nodes are immutable once made; rules make new ones and share what did not change.
package plan
