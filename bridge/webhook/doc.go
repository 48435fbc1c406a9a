// Package webhook sends bodies to URLs by POST, signed and with a stable identity.
//
//	webhook-id: 7/12/4711/0            the same in every attempt, also as Idempotency-Key
//	webhook-timestamp: 1764166800      seconds, of this attempt
//	webhook-signature: v1,K5oZfz...    base64 of HMAC-SHA256(secret, id "." timestamp "." body)
//
// These are the headers of https://www.standardwebhooks.com, for which receivers have libraries. A receiver that keeps the
// ids it has seen gets each message once; one that does not gets it at least once.
//
// A send is one attempt. When to try again, and how many at once, is for the caller to decide: a Failure says whether it is worth
// it. Redirects are followed where they keep method and body (307, 308), at most three, never from https to http; what a
// target adds to the headers, which may be a token, goes to the target's own host only. Proxies of the environment are
// ignored: they would dial for us, and their addresses are not the ones the guard judges.
//
// # Concurrency
//
// A Client may be used from any goroutine. Close closes what idles.
package webhook
