// Package lex cuts SQL text into tokens by PostgreSQL's lexical rules (its manual, section 4.1): nested comments, dollar
// quotes, literals with the prefixes E, U&, B, X and N, literals joined over a line break, quoted identifiers, operators by longest match.
//
// It knows words and marks, not grammar: a keyword is an identifier whose category the caller asks for. It is not a
// scanner with state: Scan reads a whole text at once, because the parser looks ahead and behind.
//
//	text    select  "a b"  ||  E'\n'  from t -- c
//	tokens  Ident   QIdent Op  Str    Ident Ident End
//	Val     select  a b    ||  <LF>   from  t
//
// # Concurrency
//
// Everything is a pure function of its arguments; the keyword table is only read.
//
// # Ownership
//
// A token's Val may share memory with the text; nothing is kept after Scan returns.
package lex
