// Package session runs statements: it takes a text through parse, bind, plan and build, and answers with rows, a
// command tag, or an error that says what to do.
//
// An Engine is the database of a node: catalog, writer, continuous queries. A Session is one client's conversation with
// it: settings, transaction, prepared statements. What the protocol looks like is for package pgwire and its kin.
//
// # Concurrency
//
// An Engine may be used from any goroutine; changes of the catalog are made one at a time. One goroutine uses a
// Session at a time.
package session
