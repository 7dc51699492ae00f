package scheduler

import (
	"errors"
	"fmt"
)

// ErrorKind sorts errors by what the caller can do about them.
type ErrorKind string

// The kinds of error. Anything that is no *Error is internal: it is logged and
// never shown.
const (
	Invalid      ErrorKind = "invalid"      // the input is wrong: change it
	NotFound     ErrorKind = "not-found"    // there is no such thing
	Conflict     ErrorKind = "conflict"     // it clashes with what is: an id twice, in use
	Stale        ErrorKind = "stale"        // someone else changed it meanwhile
	Unauthorized ErrorKind = "unauthorized" // log in
	Forbidden    ErrorKind = "forbidden"    // not yours to do
	TooLarge     ErrorKind = "too-large"    // over a ceiling
	Full         ErrorKind = "full"         // no room on the disk
	Unavailable  ErrorKind = "unavailable"  // something outside is missing, such as a program
)

// Error is the one error that people see: what is wrong, with which value, and
// what helps.
type Error struct {
	Kind ErrorKind
	// Field names the input, as the API and the county file call it, such as
	// "rule.window.from"; empty when no single field is to blame.
	Field string
	// Value is what was given, shortened.
	Value string
	// Message says what is wrong; Remedy what to do.
	Message string
	Remedy  string
	// Err is the cause, for logs only.
	Err error
}

func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Value != "" {
		s += fmt.Sprintf(" (given: %q)", e.Value)
	}
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of err, or "" for an internal error.
func KindOf(err error) ErrorKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
