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
	Message, Remedy Words
	// Err is the cause, for logs only.
	Err error
}

// Error is the error in English, as logs have it.
func (e *Error) Error() string { return e.In("en") }

// In is the error in a language, as a browser or the command line names it.
func (e *Error) In(lang string) string {
	given, then := Words{"（给的是“%s”）", " (given: %q)"}.In(lang), Words{"；", "; "}.In(lang)
	s := e.Message.In(lang)
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Value != "" {
		s += fmt.Sprintf(given, e.Value)
	}
	if remedy := e.Remedy.In(lang); remedy != "" {
		s += then + remedy
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
