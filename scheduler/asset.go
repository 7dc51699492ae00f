package scheduler

import "time"

// AssetKind is audio or text.
type AssetKind string

// The kinds of asset.
const (
	AssetAudio AssetKind = "audio"
	AssetText  AssetKind = "text"
)

// Asset is an audio file or a text notice.
type Asset struct {
	// ID is the SHA-256 of the bytes uploaded (of the text, for a text).
	ID    string
	Kind  AssetKind
	Title string
	// Name of the file that was uploaded.
	Name    string
	Created time.Time
	// Text is the notice itself, for a text; for speech, what is spoken.
	Text string
	// Stay is how long a text is shown, in milliseconds.
	Stay int64
	// Effect and Color of a text, see wire.Text.
	Effect string
	Color  string
	// Size of the upload in bytes.
	Size      int64
	Rendition *Rendition
}

// Rendition is the file that travels to the units.
type Rendition struct {
	Hash string
	Size int64
	// Type is mp3, flac, wav or ogg.
	Type string
	// Lead and Frames count at wire.Rate: skipped at the start, then played.
	Lead   int64
	Frames int64
	// Peak and Loudness of what sounds, in dBFS.
	Peak     float64
	Loudness float64
	// LongestSilence within, in frames.
	LongestSilence int64
}

// Playlist is an ordered list of assets.
type Playlist struct {
	ID    string
	Title string
	// Area is the id of the area whose it is; empty for the county.
	Area  string
	Items []PlaylistItem
	// Rev rises with every change.
	Rev int64
}

// PlaylistItem is one entry: a sound, a text, or both at once.
type PlaylistItem struct {
	Title string
	// Audio and Text are asset ids; at least one is given.
	Audio string
	Text  string
}
