// Package speech turns a notice into a spoken recording by an outside program
// on this machine, and first writes out what such programs read wrong: figures,
// dates, times, telephone numbers and units in Chinese text.
package speech

import (
	"context"
)

// Speaker reads text aloud.
type Speaker interface {
	// Speak returns the text as a WAV file. The errors are *Error, or the
	// context's.
	Speak(ctx context.Context, text string) ([]byte, error)
}
