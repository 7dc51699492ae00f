// Package auth owns what proves who is who: the signing root and the signing
// keys of the centre with their key ring, its own certificate authority for
// TLS, the secrets of units, the token of the interface, one-time login links,
// and how passwords are hashed.
//
// Secrets live in files of mode 0600 in the data directory; of all
// secrets the database gets only hashes: SHA-256 of random ones, argon2id of
// passwords.
package auth
