// Package pgcatalog is pg_catalog and information_schema: the relations and functions through which clients of
// PostgreSQL find out what there is.
//
// Every relation of PostgreSQL 15 is there, with every column in order and type (data/relations.txt), so that
// SELECT t.oid, t.* and joins over nine catalogs bind. The ordinary engine evaluates the queries; nothing answers by
// the text of a statement. Rows come from three places: the catalog snapshot, the table of functions that binds calls
// (engine/expr), and PostgreSQL's own rows for what is the same here, its types, operators and casts (data/*.txt).
// What there is nothing of, such as replication slots, is empty.
//
// The files under data are made by data/dump.sql; a test compares them with a server.
//
// # OIDs
//
// PostgreSQL's own things have its OIDs. Its views, whose OIDs differ between releases, have numbers from 13,000 in
// relations.txt. Users' objects have their IDs in the catalog, from 16,384. What is part of an object and has no ID of
// its own (a default, a rewrite rule) has a number from 2^30 made from its object's, which is the same for as long as
// the object lives.
//
// # Concurrency
//
// A State belongs to one statement of one session.
package pgcatalog
