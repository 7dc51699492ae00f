package scheduler

import (
	"strconv"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ProgrammeState is where a version stands.
type ProgrammeState string

// The states of a programme version. "Scheduled", "on air" and "ended" are read
// from the timetable, never stored.
const (
	ProgrammeDraft      ProgrammeState = "draft"
	ProgrammeSubmitted  ProgrammeState = "submitted" // waits for approval
	ProgrammeReturned   ProgrammeState = "returned"  // an approver handed it back
	ProgrammeReleasing  ProgrammeState = "releasing" // released; it takes effect in a moment, and can be undone until then
	ProgrammeReleased   ProgrammeState = "released"
	ProgrammeSuperseded ProgrammeState = "superseded"
	ProgrammeWithdrawn  ProgrammeState = "withdrawn"
	ProgrammeStopped    ProgrammeState = "stopped"
)

// Open tells whether a version has not been on air yet and may still get there.
func (s ProgrammeState) Open() bool {
	return s == ProgrammeDraft || s == ProgrammeSubmitted || s == ProgrammeReturned || s == ProgrammeReleasing
}

// Programme is one version of a playlist with targets, rule, level and
// authority. A released version is never changed: an edit makes the next draft.
type Programme struct {
	ID      string
	Version int
	State   ProgrammeState
	Title   string
	// Playlist is the id of the playlist; its items are copied at release.
	Playlist string
	Targets  Targets
	Rule     wire.Rule
	// Issuer is the id of the area in whose name it goes out.
	Issuer   string
	Level    wire.Level
	Priority int
	Category string
	Campaign string
	OnCut    string
	OnBlock  string
	// Grace in seconds: 0 means the default of 10 minutes, NoGrace none at all.
	// MaxPlay of a round or chain in seconds, 0 means DefaultMaxPlay; Volume in per
	// cent, 0 means 100.
	Grace   int
	MaxPlay int
	Volume  int
	// SilentAfter is how many hours a unit may play it without a word of the
	// centre; 0 is for ever.
	SilentAfter int `json:",omitempty"`
	// Rev rises with every change of the draft.
	Rev        int64
	Created    time.Time
	ReleasedAt time.Time
	// ReleasedBy is the id of who released it.
	ReleasedBy string `json:",omitempty"`
	// EndAssumed says that nobody gave an end, and the release did.
	EndAssumed bool `json:",omitempty"`
	// Author is the id of who drafted it, as it stands; Hands are all who did.
	Author string
	Hands  []string `json:",omitempty"`
	// Items are those of the playlist as released; empty in a draft.
	Items []wire.Item
}

// NoGrace is the Grace of a programme whose blocked rounds never wait.
const NoGrace = -1

// Targets say whom content is for.
type Targets struct {
	Areas  []string
	Groups []string
	Units  []string
	// Except are ids of areas and units that are left out.
	Except []string
	// Heard, such as "water@2", are the units that prove that they played this
	// version, now or later: a correction is for them.
	Heard string `json:",omitempty"`
}

// HeardOf is the version that targets of the kind Heard mean; ok is false if they
// mean none.
func (t Targets) HeardOf() (programme string, version int, ok bool) {
	programme, number, found := strings.Cut(t.Heard, "@")
	version, err := strconv.Atoi(number)
	return programme, version, found && err == nil && version > 0 && programme != ""
}

// Calendar is a named list of dates.
type Calendar struct {
	ID    string
	Name  string
	Dates []wire.Date
	// Rev as in Area.
	Rev int64
}

// Warning is an interrupt: content that takes the outputs of an area at once.
type Warning struct {
	ID     string
	Area   string
	Issuer string
	Level  wire.Level
	Title  string
	Text   string
	// Audio is the id of an audio asset; empty to speak the text where speech is at hand.
	Audio  string
	Repeat int
	// Pause between repeats in seconds.
	Pause  int
	Volume int
	Issued time.Time
	Until  time.Time
	// By is the id of who asked for it.
	By string `json:",omitempty"`
	// Confirmed is the id of the second person, by whose word it went out; empty
	// where one was enough.
	Confirmed string `json:",omitempty"`
	// Lifted or stopped; zero while in force.
	Ended time.Time
	End   string
	// Waits says that it is not out: it waits for a second person.
	Waits bool `json:",omitempty"`
}

// Mute silences an area or a unit but for warnings.
type Mute struct {
	ID      string
	Address wire.Address
	From    time.Time
	Until   time.Time
	Why     string
	Pause   bool
	Ended   time.Time
	// By is the id of who asked for it.
	By string
}
