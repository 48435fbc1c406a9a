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
// # Rules
//
// Optimize applies them in this order, each to every node from the leaves up unless said. A rule is a file, takes a plan
// and gives one with the same columns, and leaves alone what it does not know. Two promises hold for all: no expression
// is evaluated for a row that may fail for it and was not evaluated for it before, and what is volatile is neither moved
// nor evaluated more or less often. What differs between queries that end and views is said by Options.Bounded.
//
//	rule_share.go       a query of a WITH that several places use becomes one Shared node, or is put into each place
//	rule_fold.go        conditions: constants are computed, a term stands once, x = 1 OR x = 2 is x IN (1, 2)
//	rule_filter.go      filters go down: through projections, keys of groups, partitions, unions, into joins (rule_join.go);
//	                    an outer join whose added rows a filter drops is an inner one (rule_outer.go)
//	rule_join.go        a filter on a mark is a semi join; equalities of a join's condition become its keys
//	rule_same.go        what is said of one side's key is said of the other's; then filters go down once more
//	rule_limit.go       bounded: limits go below projections, and into unions
//	rule_order.go       bounded: inner joins of three and more inputs are put into the cheapest order, from the root
//	                    down; rule_order_size.go guesses sizes
//	rule_build.go       bounded: the smaller side of an inner join is the one that is kept in memory; estimates
//	rule_project.go     projections merge with each other and with aggregates, where nothing is computed twice
//	rule_hop.go         an aggregate by a window and the window are one node; an order below a limit is a Top-N
//	rule_time.go        comparisons of the event time become the range of a scan, through windows too; those of other
//	                    columns of a stream bound its blocks likewise (EXPLAIN ANALYZE counts them)
//	rule_lookup.go      bounded: equalities with a table's key make its scan a lookup, and so does a much smaller other
//	                    side of a join
//	rule_scan.go        columns that nobody reads go, from the root down
//
// EXPLAIN shows what came of them: Key Lookup, Time Range, Once (what a node's expressions have in common, computed once a
// batch), Shared. sql/build/testdata/rules has plans before and after each rule.
//
// # Ownership
//
// Nodes are immutable once made; rules make new ones and share what did not change.
package plan
