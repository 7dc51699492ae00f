package store

import (
	"errors"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"github.com/villagecast/villagecast/scheduler"
)

// explain turns what people can mend about the disk into an error for people;
// the transaction was rolled back, so nothing has changed.
func explain(err error) error {
	if err == nil || scheduler.KindOf(err) != "" {
		return err
	}
	full := errors.Is(err, sqlite3.FULL) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	switch {
	case full:
		return &scheduler.Error{Kind: scheduler.Full, Message: "the disk of the centre is full; nothing was changed",
			Remedy: "make room on the disk that holds the data directory, then try again", Err: err}
	case errors.Is(err, sqlite3.IOERR):
		return &scheduler.Error{Kind: scheduler.Full, Message: "the disk of the centre is full or failing; nothing was changed",
			Remedy: "look at the room and the health of the disk that holds the data directory, then try again", Err: err}
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.PERM):
		return &scheduler.Error{Kind: scheduler.Unavailable, Message: "the database of the centre cannot be opened or written",
			Remedy: "check that the data directory exists and belongs to the user that runs the centre", Err: err}
	case errors.Is(err, sqlite3.BUSY):
		return &scheduler.Error{Kind: scheduler.Unavailable, Message: "the database is held by another program",
			Remedy: "end the other program that has it open, then try again", Err: err}
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return &scheduler.Error{Kind: scheduler.Unavailable, Message: "the database file is damaged or is no database",
			Remedy: "restore it from the last backup", Err: err}
	}
	return err
}
