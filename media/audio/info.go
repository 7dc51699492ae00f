package audio

import "time"

// Types of file that Open decodes. They are the values of wire's Sound.Type.
const (
	MP3  = "mp3"
	FLAC = "flac"
	WAV  = "wav"
	OGG  = "ogg" // Vorbis in Ogg
)

// MaxLength is the longest sound that Probe takes.
const MaxLength = 4 * time.Hour

// Info is what is known of a file after decoding it whole.
type Info struct {
	Type       string // MP3, FLAC, WAV or OGG
	SourceRate int    // samples a second in the file
	Channels   int    // channels in the file
	// Frames is the length at Rate, after the MP3 encoder's delay and padding
	// were taken off.
	Frames int64
	// Lead and Trail are how many frames at the beginning and at the end are
	// below -60 dBFS and may be left out; Lead+Trail <= Frames.
	Lead, Trail int64
	// Peak is the largest sample, 1 being full scale; RMS is the root mean square
	// of what is between Lead and Trail.
	Peak, RMS float64
	// Loudness is the integrated loudness by ITU-R BS.1770 (K-weighted, gated) of
	// the mono mix, in LUFS; -70 when there is nothing to measure.
	Loudness float64
	// Silence is the longest stretch below -60 dBFS between Lead and Trail, in
	// frames.
	Silence int64
	// Cut says that the file may have lost its end: its last block is incomplete,
	// but it states no length by which that could be told.
	Cut bool
}

// Length is how long the sound is between Lead and Trail.
func (i Info) Length() time.Duration { return Duration(i.Frames - i.Lead - i.Trail) }
