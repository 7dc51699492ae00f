package audio

import (
	"fmt"
	"time"
)

// Kind says what is wrong with a file, so that a page can say it in its own
// language.
type Kind string

// The kinds of Error.
const (
	Empty       Kind = "empty"       // the file has no bytes, or no sound
	NotAudio    Kind = "not_audio"   // Format names what it is
	Unsupported Kind = "unsupported" // audio that we cannot decode rightly; Format names it
	Truncated   Kind = "truncated"   // the end is missing: At of Of
	Corrupt     Kind = "corrupt"     // damaged at At
	TooLong     Kind = "too_long"    // longer than Of
	NoSound     Kind = "no_sound"    // silence from beginning to end; Of is how long
)

// Error is a file that cannot be taken as audio, with the reason and what to do.
type Error struct {
	Kind Kind
	// Format is what the file is, by name: "text", "MP3 (MPEG-2.5)", "AAC".
	Format string
	// At is how much sound there was before the fault. Of is the length that the
	// file states (0 when it states none), or for TooLong the length allowed.
	At, Of time.Duration
	// Err is the decoder's own error, if it gave one.
	Err error
}

// Error says what is wrong and what to do.
func (e *Error) Error() string {
	switch e.Kind {
	case Empty:
		return "the file is empty: export it again and send the new file"
	case NotAudio:
		return fmt.Sprintf("the file is not audio but %s: save the sound as MP3, WAV, FLAC or Ogg Vorbis and send that", e.Format)
	case Unsupported:
		return fmt.Sprintf("the file is %s, which cannot be played here: save it as MP3 (44.1 or 48 kHz, layer 3), WAV, FLAC or Ogg Vorbis and send that", e.Format)
	case Truncated:
		if e.Of == 0 {
			return fmt.Sprintf("the %s file ends in the middle (truncated), at %s: copy or export it again", e.Format, Clock(e.At))
		}
		return fmt.Sprintf("the %s file ends in the middle (truncated), at %s of %s: copy or export it again", e.Format, Clock(e.At), Clock(e.Of))
	case TooLong:
		return fmt.Sprintf("the sound is longer than %s: cut it into parts", Clock(e.Of))
	case NoSound:
		return fmt.Sprintf("the file holds %s of silence: check the recording and export it again", Clock(e.Of))
	}
	text := fmt.Sprintf("the %s file is damaged at %s: copy or export it again", e.Format, Clock(e.At))
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

// Unwrap returns the decoder's own error.
func (e *Error) Unwrap() error { return e.Err }
