// Package parse turns SQL text into the tree of package ast. It knows PostgreSQL's grammar and the streaming additions,
// and no catalog: a name is a name, and whether it exists is for the binder to say.
//
// Text is cut into tokens by package lex and split at semicolons. The statement's shell is read by recursive descent,
// one file per family (stmt_*.go). Queries and expressions are read clause by clause (query*.go, from*.go, expr*.go,
// call*.go) and written anew, on a sheet, in TiDB's dialect: every operand becomes a carrier, a backticked name of the
// character 1 and a number, which no user can type; the number leads to what the user wrote. TiDB's parser gives that
// text its structure, and translate.go turns TiDB's tree back, carrier by carrier. No text of the user reaches TiDB, so
// none can mean there what it does not mean in PostgreSQL.
//
//	select a::int + 2 * f(b) from t where x is null
//	SELECT `h`, `0` + `1` * `2` FROM `3` WHERE `4`        h: the head; 0: a::int; 2: f(b); 4: x is null
//
// What any grammar would take the same way is made before TiDB sees it, and one carrier is left of it: a call, one operator,
// operators of one level in a row, AND alone or OR alone (settle.go), and then a SELECT whose clauses have come to that, a join
// of such sides, a query with its WITH and its ORDER BY (settle_query.go). TiDB reads what mixes levels, and set operations. A
// statement of which nothing is left to read does not go to TiDB at all.
//
// TiDB's own types never leave this package.
//
// # Concurrency
//
// Everything exported may be called from several goroutines. TiDB's parser is not shareable and comes from a pool.
//
// # Ownership
//
// The tree shares strings with the text and belongs to the caller.
package parse
