// Package pgwire speaks PostgreSQL's protocol 3.0 to clients. It knows messages, not SQL: what a text means is for the
// Session, which the caller gives it.
//
//	accept ─► startup ─► Session ─► loop: one message in, its answers out
//
// # Concurrency
//
// Each connection has two goroutines. One reads messages, one at a time, so that a client that goes away, or a
// cancel request, ends a statement under way. The other runs statements and alone writes. A portal with a row limit has
// a third, which runs the statement while the client is not asking.
//
// # Limits
//
// The number of connections, of prepared statements and portals per connection, the size of a message, the time to
// log in: limits.go names them.
package pgwire
