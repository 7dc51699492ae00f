// Package store keeps the county: every use case of the centre is a public
// method here. A method begins a transaction, loads, asks the domain for its
// pure decision, writes, marks the snapshots that have to be made anew, writes
// the audit line and commits: all of it, or nothing.
//
// It stands on SQLite (WAL, synchronous FULL) in plain SQL. One connection
// writes, several read. Times are kept as unix milliseconds. Every error that a
// person can do something about is a *scheduler.Error.
package store

import (
	"context"
	"log/slog"
)

// Options of a store.
type Options struct {
	// Path of the database file. Its directory must exist.
	Path string
	// VFS names the file layer of SQLite, see the vfs package of the driver;
	// empty is the operating system's.
	VFS string
	// Readers is the number of reading connections; 0 means 4.
	Readers int
	// Logger; nil discards.
	Logger *slog.Logger
}

// Store is an open database. Its methods may be called from several goroutines.
type Store struct {
	*core
	actor string
}

type core struct{}

// Open opens the database, makes it if it is not there, and brings an older one
// up to date. A database of a newer version is refused.
func Open(ctx context.Context, o Options) (*Store, error) { panic("unfinished") }

// Close ends the store. Calling it again does nothing.
func (s *Store) Close() error { panic("unfinished") }

// As is the same store, with changes noted in the audit as made by actor. A
// store that was just opened acts as "centre".
func (s *Store) As(actor string) *Store { return &Store{core: s.core, actor: actor} }

// Change says what a Put did.
type Change string

// What a Put did.
const (
	Created   Change = "created"
	Updated   Change = "updated"
	Unchanged Change = "unchanged"
)

// Page asks for a part of a list: at most Limit entries (0 means 100, at most
// 1000) after the cursor After, which is the next of the answer before.
type Page struct {
	After string
	Limit int
}
