// Package client holds the typed HTTP client of the centre and the request and
// answer types of its API, which the server uses too: what the two sides say to
// each other is written down once.
package client
