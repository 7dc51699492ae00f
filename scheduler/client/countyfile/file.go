// Package countyfile brings a whole county from one file to a centre, and
// writes it back: it compares the file with what the centre has, says what it
// would change, and changes just that.
package countyfile

import (
	"github.com/villagecast/villagecast/scheduler/client"
)

// File is a county in one file. Lists that are absent change nothing; nothing is
// ever removed because it is absent.
type File struct {
	County     *client.County    `json:"county,omitempty"`
	Areas      []client.Area     `json:"areas,omitempty"`
	Calendars  []client.Calendar `json:"calendars,omitempty"`
	Units      []client.UnitSpec `json:"units,omitempty"`
	Groups     []client.Group    `json:"groups,omitempty"`
	Assets     []Asset           `json:"assets,omitempty"`
	Playlists  []Playlist        `json:"playlists,omitempty"`
	Programmes []Programme       `json:"programmes,omitempty"`
}

// Asset is an audio file, a text notice, or a text to be spoken. Just one of
// Audio, Text and Speak is given.
type Asset struct {
	// Key is the asset's name within the file.
	Key   string `json:"key"`
	Title string `json:"title,omitempty"`
	// Audio is the path of an audio file, relative to the county file.
	Audio  string  `json:"audio,omitempty"`
	Text   string  `json:"text,omitempty"`
	Stay   float64 `json:"stay,omitempty"`
	Effect string  `json:"effect,omitempty"`
	Color  string  `json:"color,omitempty"`
	// Speak is a text that the centre speaks.
	Speak string `json:"speak,omitempty"`
}

// Playlist names its assets by their keys.
type Playlist struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Area  string `json:"area,omitempty"`
	Items []Item `json:"items"`
}

// Item is one entry: the keys of an audio asset, of a text asset, or of both.
type Item struct {
	Title string `json:"title,omitempty"`
	Audio string `json:"audio,omitempty"`
	Text  string `json:"text,omitempty"`
}

// Programme is a programme, and whether it is to be on air.
type Programme struct {
	client.ProgrammeSpec `json:",inline" yaml:",inline"`
	// Draft keeps it off the air; otherwise it is released.
	Draft bool `json:"draft,omitempty"`
}
