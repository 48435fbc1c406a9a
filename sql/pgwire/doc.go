// Package pgwire speaks PostgreSQL's protocol 3.0 to clients. It knows messages, not SQL: what a text means is for the
// Session, which the caller gives it.
//
//	accept ─► startup ─► Session ─► loop: one message in, its answers out
//
// # Concurrency
//
// Each connection has a goroutine, which reads messages, runs statements and alone writes. While a statement runs for
// longer than watchAfter another one reads the next message, so that a client that goes away ends it (inbox.go). A
// cancel request comes from another connection. A portal with a row limit has a goroutine that runs the statement while
// the client is not asking.
//
// # Limits
//
// The number of connections, of prepared statements and portals per connection, the size of a message, the time to
// log in: limits.go names them.
package pgwire
