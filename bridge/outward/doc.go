// Package outward is what everything that sends over the network has in common: which addresses it may reach, and how it
// says that something could not be sent.
//
//	"hooks.example.com:443" ──resolve──► 203.0.113.7, 10.0.0.9 ──Guard──► 203.0.113.7 is dialled
//	                                                              ╰─────► 10.0.0.9 is refused
//
// A name is judged by the addresses it resolves to, at the moment of dialling and by the very address that is dialled.
// So neither a name that resolves to something else a second later, nor a redirect, leads into the network behind the
// node: what answers there trusts whoever can reach it.
//
// # Concurrency
//
// A Guard is immutable and may be used from any goroutine.
package outward
