// Package regex is PostgreSQL's regular expressions: its advanced and extended syntax, and its rules for what matches.
//
// # What matches
//
// Of all matches the one that begins first counts; of those that begin there the longest or the shortest, as the whole
// expression prefers. An atom without a quantifier has no preference, one with a quantifier that of the quantifier, an
// expression in parentheses its own, a branch that of its first part with one, and alternatives prefer the longest. What
// parts of an expression match is decided from the left, each by its own preference, within what the whole matches.
//
// # How
//
// A pattern is parsed to a tree of pieces (tree.go), where parts that need not be told apart are one piece. The language
// of a piece is a program of states (program.go), run as an automaton whose states are made when they are met
// (automaton.go): a search takes time linear in the text, however the pattern is written. With the bounds of the match
// known, the tree divides it (dissect.go), asking the automata of its parts. Only back references make it try one
// division after the other; a search that tries too many fails.
//
// # Concurrency
//
// A Regexp is safe for use by several goroutines; each search takes a set of automata of its own from a pool.
package regex
