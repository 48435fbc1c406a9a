// Package flight answers Arrow Flight and Flight SQL over gRPC, for clients that want columns instead of rows: ADBC's drivers
// and JDBC's Flight SQL driver, and pyarrow's plain Flight.
//
//	GetFlightInfo   a statement, or the path of a relation: what its rows look like, and a ticket; one without rows is run
//	DoGet           a ticket: the rows, as the statement gives them; SUBSCRIBE does not end
//	DoPut           rows for a relation (a path, or Flight SQL's ingestion); statements without rows; parameters
//	DoAction        statements with parameters
//	Handshake       a name and a password, for a token
//
// Nothing is held between calls: a ticket is the statement's text, a prepared statement its text with the values of its
// parameters, a token its role with a seal over it. Every call has a session of its own, so there are no blocks over several of
// them (Unimplemented).
//
// What comes in is not trusted: a message is at most as long as engine/format takes it, and it goes to that package's reader,
// which looks at Arrow's metadata before Arrow's library does.
//
// # Concurrency
//
// A Server has one goroutine that accepts, those of gRPC, and one for each statement that gives rows. Close waits for them.
package flight
