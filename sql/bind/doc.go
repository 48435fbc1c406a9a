// Package bind gives a statement's tree its meaning: names become columns, literals meet their types, PostgreSQL's
// coercions are put in, and what cannot be answered is refused by name and place. What it gives is a plan.
//
//	ast.Query ──► FROM: relations, views, windows ──► WHERE ──► windows ──► GROUP BY ──► HAVING ──► SELECT
//	              a scope of columns                            ──► DISTINCT ──► ORDER BY ──► LIMIT ──► plan.Node
//
// It reads the catalog's snapshot and nothing else. It runs nothing, and opens nothing.
//
// # Concurrency
//
// An Env belongs to one statement.
package bind
