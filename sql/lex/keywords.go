package lex

import (
	"maps"
	"slices"
	"strings"
)

// Category is a keyword's standing in PostgreSQL's grammar: what an unquoted word may name.
type Category uint8

// The categories of pg_get_keywords(), and Plain for a word that is no keyword.
const (
	Plain      Category = iota
	Unreserved          // may name anything
	ColumnName          // may name a column or a table, not a function
	TypeFunc            // may name a function or a type, not a column or a table
	Reserved            // may name nothing, except after AS
)

// keyword is one word of the table: its interned text, its category, whether it may be a column's label without AS.
type keyword struct {
	word string
	cat  Category
	bare bool
}

var keywords = makeKeywords()

// makeKeywords reads the word lists below. They are PostgreSQL 15's pg_get_keywords(), by catcode and barelabel.
func makeKeywords() map[string]keyword {
	m := make(map[string]keyword, 512)
	for cat, list := range map[Category]string{
		Unreserved: unreservedWords, ColumnName: columnNameWords, TypeFunc: typeFuncWords, Reserved: reservedWords,
	} {
		for _, w := range strings.Fields(list) {
			m[w] = keyword{word: w, cat: cat, bare: true}
		}
	}
	for _, w := range strings.Fields(needAsWords) {
		k := m[w]
		k.bare = false
		m[w] = k
	}
	return m
}

// CategoryOf gives the category of a folded word.
func CategoryOf(word string) Category { return keywords[word].cat }

// Keywords lists all keywords in order.
func Keywords() []string { return slices.Sorted(maps.Keys(keywords)) }

// BareLabel tells whether a folded word may follow a select item as its label without AS.
func BareLabel(word string) bool {
	k, ok := keywords[word]
	return !ok || k.bare
}

const unreservedWords = `
	abort absolute access action add admin after aggregate also alter always asensitive assertion assignment at
	atomic attach attribute backward before begin breadth by cache call called cascade cascaded catalog chain
	characteristics checkpoint class close cluster columns comment comments commit committed compression
	configuration conflict connection constraints content continue conversion copy cost csv cube current cursor
	cycle data database day deallocate declare defaults deferred definer delete delimiter delimiters depends depth
	detach dictionary disable discard document domain double drop each enable encoding encrypted enum escape event
	exclude excluding exclusive execute explain expression extension external family filter finalize first
	following force forward function functions generated global granted groups handler header hold hour identity if
	immediate immutable implicit import include including increment index indexes inherit inherits inline input
	insensitive insert instead invoker isolation key label language large last leakproof level listen load local
	location lock locked logged mapping match matched materialized maxvalue merge method minute minvalue mode month
	move name names new next nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object of off oids old
	operator option options ordinality others over overriding owned owner parallel parameter parser partial
	partition passing password plans policy preceding prepare prepared preserve prior privileges procedural
	procedure procedures program publication quote range read reassign recheck recursive ref referencing refresh
	reindex relative release rename repeatable replace replica reset restart restrict return returns revoke role
	rollback rollup routine routines rows rule savepoint schema schemas scroll search second security sequence
	sequences serializable server session set sets share show simple skip snapshot sql stable standalone start
	statement statistics stdin stdout storage stored strict strip subscription support sysid system tables
	tablespace temp template temporary text ties transaction transform trigger truncate trusted type types uescape
	unbounded uncommitted unencrypted unknown unlisten unlogged until update vacuum valid validate validator value
	varying version view views volatile whitespace within without work wrapper write xml year yes zone
`

const columnNameWords = `
	between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
	integer interval least national nchar none normalize nullif numeric out overlay position precision real row
	setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists
	xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
`

const typeFuncWords = `
	authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left
	like natural notnull outer overlaps right similar tablesample verbose
`

const reservedWords = `
	all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
	current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
	distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
	leading limit localtime localtimestamp not null offset on only or order placing primary references returning
	select session_user some symmetric table then to trailing true union unique user using variadic when where
	window with
`

const needAsWords = `
	array as char character create day except fetch filter for from grant group having hour intersect into isnull
	limit minute month notnull offset on order over overlaps precision returning second to union varying where
	window with within without year
`
