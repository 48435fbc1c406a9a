// Package mail hands messages to a mail server by SMTP, under TLS.
//
// A target names the server, the sender and the recipients, and was made by a person; a row gives only the subject and the text. Neither
// can add a header or a recipient: a subject with a line break is refused, and the text is encoded.
//
// A send is one attempt over a connection of its own. The Message-ID is made from the message's id, so it is the same in every
// attempt, and mailboxes that drop what they have seen show it once. Messages say that a program sent them (Auto-Submitted, RFC 3834), so
// that absence notes do not answer. A server answers per recipient: what all of them refused for good is permanent, and
// what one of them refused for now is tried again for all.
//
// # Concurrency
//
// A Client is immutable and may be used from any goroutine.
package mail
