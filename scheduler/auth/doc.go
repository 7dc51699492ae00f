// Package auth owns what proves who is who: the signing root and the signing
// keys of the centre with their key ring, its own certificate authority for
// TLS, the secrets of units, the token of the interface, one-time login links
// and the sessions that follow them.
//
// Secrets live in files of mode 0600 in the data directory; of tokens and unit
// secrets the database gets only the SHA-256.
package auth
