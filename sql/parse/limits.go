package parse

import "github.com/vexfs/vexstream/sql/lex"

// The limits of a statement, by name. Beyond them stands an error of class 54, never a crash or a slow death.
const (
	MaxTextBytes      = 64 << 20     // of one string of statements, INSERT included
	MaxStatementBytes = 1 << 20      // of a statement that is not an INSERT, COPY or PREPARE of one
	MaxDepth          = lex.MaxDepth // nested parentheses, calls, subqueries
	MaxOperands       = 20_000       // names, calls, constants that stand in expressions; lists of constants and INSERT's rows not counted
	MaxOperators      = 10_000       // operators in a row without parentheses, AND or OR
	MaxNameParts      = 100          // a.b.c
	MaxColumns        = 1600         // select items, columns of a table, as in PostgreSQL
	MaxParams         = 65_535       // $n
	MaxRelations      = 1000         // entries of FROM
	MaxListItems      = 65_535       // items of IN (...)
)
