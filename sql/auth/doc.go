// Package auth says who a client is: by the password that it proves to know, or by the socket that it talks through.
//
//	Verifier   what is kept of a password: SCRAM's form (RFC 5803), from which the password cannot be read
//	Exchange   the server's side of SCRAM-SHA-256, with the channel binding of TLS
//	PeerOf     the user of the process at the other end of a socket of this machine, as the kernel says
//
// It knows nothing of roles: which role a user may be is for the caller.
package auth
