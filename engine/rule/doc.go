// Package rule says which of many conditions are true of each row of a batch, at about the price of one.
//
// # From a condition to matches
//
//	expr.Expr ── Compile ──> []Cond ─┐
//	                       Rule{ID, Name, Priority, When} ── New, Index.With ──> *Index ── Matcher.Match ──> Matches
//
// Compile divides a bound condition (expr) into conjunctions. A conjunction is Preds, each of which says of one column what
// an index can look for, and Rest, an expression that is evaluated for the rows that are left. A Rule holds where any of its
// conjunctions does.
//
//	when := rule.Compile(condition)                       // condition over the columns of the batches to come
//	x, err := rule.New([]rule.Rule{{ID: 1, Name: "t", Priority: 100, When: when}, ...})
//	m := rule.NewMatcher()                                // one for each goroutine
//	for from := 0; from < b.N; {
//		out, next, err := m.Match(x, b, from)             // rows and rules, side by side
//		...
//	}
//
// # How
//
// A conjunction is reached through its most selective predicate (choose.go): equality and IN by a hash, prefixes and
// suffixes by tries (trie.go), parts of texts and regular expressions by rare pieces of four bytes of what they require
// (grams.go), ranges by sorted bounds (ranges.go). What else it asks is checked for the rows that are left, the cheapest
// first (check.go), and its Rest at last, for all rows of the batch together (rest.go). A conjunction without a predicate that
// can be looked for is evaluated for every row; Index.Scanned names the rules that have one.
//
// A column that is dictionary-coded is looked up once for each of its values: a Matcher keeps, by the dictionary's ID and the
// value's code, which conjunctions the value reaches (cache.go).
//
// # Changes
//
// An Index never changes. Index.With gives another that has some rules more and some less: new rules go into a small
// segment beside the others, removed ones are marked, so it takes time by the size of the change, and what a Matcher knows
// of the other segments stays true. Segments are made anew where many rules came or went, so that there are few of them and most
// of what they have is left.
//
// # Nulls and rows that fail
//
// A rule holds where its condition is true: not where it is null. A Rest that cannot be evaluated for a row is a Failure of
// that row and rule, and no match. What no index would have let through is not evaluated, so it does not fail either, as with
// the terms of an AND in any order.
package rule
