package wire

import (
	"errors"
	"fmt"
)

// Why a message or snapshot is not taken. Every error of this package that
// comes from outside input is one of these by errors.Is.
var (
	// ErrMalformed: it cannot be read, or a field holds what it must not.
	ErrMalformed = errors.New("malformed")
	// ErrTooBig: it is over a limit of this package.
	ErrTooBig = errors.New("too big")
	// ErrUnsigned: it carries no signature.
	ErrUnsigned = errors.New("unsigned")
	// ErrAltered: its signature does not fit its bytes.
	ErrAltered = errors.New("altered: the signature does not fit")
	// ErrUnknownKey: it is signed by a key that the ring does not hold.
	ErrUnknownKey = errors.New("unknown key")
	// ErrWrongAddress: it is for another address or kind than that of its topic,
	// or its payload names another address or revision than its envelope.
	ErrWrongAddress = errors.New("wrong address")
	// ErrOlder: a newer revision is held already.
	ErrOlder = errors.New("older than what is held")
	// ErrConflict: the same revision is held with another payload.
	ErrConflict = errors.New("same revision, other payload")
	// ErrOutOfScope: its issuer may not speak to the address.
	ErrOutOfScope = errors.New("out of its issuer's scope")
)

// FieldError says which field of a payload holds what it must not. It is an
// ErrMalformed.
type FieldError struct {
	// Field is the JSON path, such as "programmes[3].rule.every".
	Field string
	// Value is what stands there, shortened.
	Value string
	// Remedy says what may stand there.
	Remedy string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s is %s: %s", e.Field, e.Value, e.Remedy)
}

// Is makes every FieldError an ErrMalformed.
func (e *FieldError) Is(target error) bool { return target == ErrMalformed }

// Codes of a Refusal.
const (
	RefusedUnsigned     = "unsigned"
	RefusedAltered      = "altered"
	RefusedUnknownKey   = "unknown-key"
	RefusedWrongAddress = "wrong-address"
	RefusedOlder        = "older"
	RefusedConflict     = "conflict"
	RefusedOutOfScope   = "out-of-scope"
	RefusedMalformed    = "malformed"
	RefusedTooBig       = "too-big"
)

// RefusalCode is the code with which a unit reports that it did not take a
// snapshot because of err; "malformed" for an error that is none of ours.
func RefusalCode(err error) string {
	for _, c := range refusals {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return RefusedMalformed
}

var refusals = []struct {
	err  error
	code string
}{
	{ErrUnsigned, RefusedUnsigned},
	{ErrAltered, RefusedAltered},
	{ErrUnknownKey, RefusedUnknownKey},
	{ErrWrongAddress, RefusedWrongAddress},
	{ErrOlder, RefusedOlder},
	{ErrConflict, RefusedConflict},
	{ErrOutOfScope, RefusedOutOfScope},
	{ErrTooBig, RefusedTooBig},
	{ErrMalformed, RefusedMalformed},
}
