// Package pgformat reads and writes numbers, dates and times by the templates of PostgreSQL's to_char, to_number, to_date
// and to_timestamp (manual, 9.8).
//
// A template is parsed once, into a Date or a Number, and then applied to many values. Parsed templates never change, so
// that several goroutines may use the same one.
//
// The rules are PostgreSQL 15's, byte for byte, also where a template makes little sense: what a pattern writes and how
// much of the input it takes depends on its neighbours. Names are those of locale C, and so are the signs, the decimal
// point, the group separator (a comma) and the currency symbol (a blank).
package pgformat
