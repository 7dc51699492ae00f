package wire

import "slices"

// Rate is the number of frames a second in which every length of sound is
// counted on the wire, in hertz.
const Rate = 48000

// Bulletin is everything addressed to one area or unit: a whole snapshot, never
// a delta. It travels as the payload of an envelope of kind KindBulletin, whose
// address and revision it repeats.
type Bulletin struct {
	Address  Address `json:"address"`
	Revision uint64  `json:"revision"`
	// County stands only in the bulletin of the root area.
	County *County `json:"county,omitempty"`
	// Settings stands only in a unit's own bulletin.
	Settings *Settings `json:"settings,omitempty"`
	// Calendars holds the dates of the calendars that programmes here name.
	Calendars  map[string][]Date `json:"calendars,omitempty"`
	Programmes []Programme       `json:"programmes,omitempty"`
}

// County is what holds for every unit of the county.
type County struct {
	Name string `json:"name"`
	// Zone is the IANA name of the one time zone in which rules are read.
	Zone string `json:"zone"`
	// Quiet are the hours in which routine sound is skipped; Dark the same for screens.
	Quiet []Window `json:"quiet,omitempty"`
	Dark  []Window `json:"dark,omitempty"`
	// Caps limit the volume by hour.
	Caps []VolumeCap `json:"caps,omitempty"`
	// Loud are the warning levels that break quiet hours and caps.
	Loud []Level `json:"loud,omitempty"`
	// Highest is the highest level at which an area may warn in its own name, by
	// its depth: the county first; the last holds for all that is deeper. Absent
	// is no limit. HighestIn is another one for single areas, by id.
	Highest   []Level          `json:"highest,omitempty"`
	HighestIn map[string]Level `json:"highestIn,omitempty"`
	// Slogan is what a screen shows when it has nothing else.
	Slogan string `json:"slogan,omitempty"`
}

// MayWarn is the highest level at which an area may warn in its own name, by its
// id and its depth below the county; LevelNone if it may not.
func (n County) MayWarn(area string, depth int) Level {
	if l, ok := n.HighestIn[area]; ok {
		return l
	}
	if len(n.Highest) == 0 {
		return LevelRed
	}
	return n.Highest[min(depth, len(n.Highest)-1)]
}

// VolumeCap limits the volume, in per cent, inside a window.
type VolumeCap struct {
	Window `yaml:",inline"`
	Volume int `json:"volume"`
}

// Settings is what a unit must know of itself.
type Settings struct {
	Unit string `json:"unit"`
	Name string `json:"name"`
	// Chain are the ids of the areas that hold the unit, the county first, the
	// unit's own area last.
	Chain   []string `json:"chain"`
	Outputs []Output `json:"outputs"`
	// Volume is the unit's own, in per cent, 0 to 100.
	Volume int `json:"volume"`
	// Quiet are quiet hours of this unit alone, beside the county's.
	Quiet []Window `json:"quiet,omitempty"`
	Panel *Panel   `json:"panel,omitempty"`
	// Addresses is the complete list of addresses that the unit must hold,
	// with the revisions current when the list was made: what is not in it is
	// dropped, and nothing older than it is taken.
	Addresses []Held `json:"addresses"`
}

// MayIssue tells whether what is issued in the name of the area issuer may speak
// on a snapshot of the address: the area must be the address itself or stand
// above it in the unit's chain.
func (s Settings) MayIssue(issuer string, a Address) bool {
	last := len(s.Chain) - 1
	if kind, id := a.Split(); kind == "area" {
		last = slices.Index(s.Chain, id)
	} else if id != s.Unit || kind == "" {
		return false
	}
	return slices.Contains(s.Chain[:last+1], issuer)
}

// Panel is the size of an LED panel in pixels.
type Panel struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Held names the revisions of the two snapshots of one address.
type Held struct {
	Address  Address `json:"address"`
	Bulletin uint64  `json:"bulletin,omitempty"`
	Orders   uint64  `json:"orders,omitempty"`
}

// What happens to a programme that is cut in the middle.
const (
	CutRejoin = "rejoin" // go on where the clock would be (default of loops)
	CutResume = "resume" // go on where it stopped, two seconds earlier (default of notices)
	CutSkip   = "skip"   // drop the rest
)

// What happens to a round that is blocked at its start.
const (
	BlockWait = "wait" // wait within its grace (default)
	BlockSkip = "skip"
)

// Programme is one released version of a programme: what plays, when, and with
// which authority. A version is never changed.
type Programme struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`
	// Issuer is the id of the area in whose name the programme is issued. It
	// must be the bulletin's address or an area above it.
	Issuer string `json:"issuer"`
	Level  Level  `json:"level"`
	// Priority orders programmes of one level and issuer rank; higher first.
	Priority int    `json:"priority,omitempty"`
	Category string `json:"category,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	Rule     Rule   `json:"rule"`
	Items    []Item `json:"items"`
	// Except are ids of areas and units that are left out.
	Except []string `json:"except,omitempty"`
	// OnCut is CutRejoin, CutResume or CutSkip; OnBlock is BlockWait or BlockSkip.
	OnCut   string `json:"onCut"`
	OnBlock string `json:"onBlock"`
	// Grace is how long a blocked or cut round may wait, in seconds. For loops
	// it is the window's end instead.
	Grace int `json:"grace"`
	// Volume is in per cent of the unit's own volume, 1 to 100.
	Volume int `json:"volume"`
	// MaxPlay ends a round or chain that sounds longer than this, in seconds; 0 is no limit.
	MaxPlay int `json:"maxPlay,omitempty"`
	// SilentAfter ends it, and begins nothing of it, while the unit has had no
	// signed word of the centre for so long, in hours; 0 is never. It comes with
	// NeedSilentAfter among Needs.
	SilentAfter int `json:"silentAfter,omitempty"`
	// By is the id of the person who released it, at At.
	By string `json:"by,omitempty"`
	At int64  `json:"at,omitempty"`
	// Needs names features without which the programme cannot be played.
	Needs []string `json:"needs,omitempty"`
}

// NeedSilentAfter is the feature of a unit that heeds Programme.SilentAfter.
const NeedSilentAfter = "silent-after"

// Item is one entry of a playlist: a sound, a text, or both.
type Item struct {
	Title string `json:"title,omitempty"`
	Sound *Sound `json:"sound,omitempty"`
	Text  *Text  `json:"text,omitempty"`
}

// Sound names a rendition: the file that travels.
type Sound struct {
	// Hash is the SHA-256 of the rendition's bytes, 64 lower-case hex digits.
	Hash string `json:"hash"`
	Size int64  `json:"size"`
	// Type is the format of the file: mp3, flac, wav or ogg.
	Type string `json:"type"`
	// Lead frames of the decoded file are skipped, then Frames are played;
	// what follows is not. Both count frames at Rate.
	Lead   int64 `json:"lead,omitempty"`
	Frames int64 `json:"frames"`
}

// Text is a notice for a screen.
type Text struct {
	Body string `json:"body"`
	// Stay is how long it is shown, in milliseconds. An item that has a sound
	// too lasts as long as the sound.
	Stay int64 `json:"stay"`
	// Effect is scroll (default) or still.
	Effect string `json:"effect,omitempty"`
	// Color is one of red, green, yellow, white; empty is the panel's own.
	Color string `json:"color,omitempty"`
}

// Frames is the item's length in frames at Rate: the sound's where it has one,
// else the text's stay.
func (i Item) Frames() int64 {
	if i.Sound != nil {
		return i.Sound.Frames
	}
	if i.Text != nil {
		return i.Text.Stay * Rate / 1000
	}
	return 0
}

// For tells whether the item has content for the output.
func (i Item) For(o Output) bool {
	return o == OutputSound && i.Sound != nil || o == OutputScreen && i.Text != nil
}
