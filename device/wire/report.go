package wire

// Report carries entries of a unit's outbox to the centre, oldest first. The
// centre stores what it does not have and answers with a Stored.
type Report struct {
	Unit  string `json:"unit"`
	Spool string `json:"spool"`
	Boot  string `json:"boot"`
	// After is the number of the entry before the first of these, as the unit
	// holds them, or else up to which it takes everything for stored: it has
	// nothing between After and the first. A centre that has less than After
	// takes nothing and answers with what it has, and the unit goes back there.
	After uint64 `json:"after,omitempty"`
	// Entries have rising sequence numbers.
	Entries []Entry `json:"entries"`
}

// Entry is one record of the outbox. Exactly one of its bodies is set.
type Entry struct {
	Seq uint64 `json:"seq"`
	// At is when the entry was written, unix milliseconds of air time.
	At    int64  `json:"at"`
	AsRun *AsRun `json:"asrun,omitempty"`
	Skip  *Skip  `json:"skip,omitempty"`
	Event *Event `json:"event,omitempty"`
	Off   *Off   `json:"off,omitempty"`
}

// Stored is the centre's word that every entry of the spool up to and with Seq
// is committed.
type Stored struct {
	Spool string `json:"spool"`
	Seq   uint64 `json:"seq"`
}

// Outcome of an as-run entry.
const (
	OutcomeEnded   = "ended"   // reached its own end
	OutcomeCut     = "cut"     // something higher took the output
	OutcomeStopped = "stopped" // window's end, withdrawal, STOP, mute, quiet hours
	OutcomeGoesOn  = "goes-on" // closed after 15 minutes; another entry follows
	OutcomeFailed  = "failed"  // the output or every item failed
	OutcomeUnknown = "unknown" // open when power was lost; ends at its last alive mark
)

// Grade of proof.
const (
	GradePlayed = "played" // the output took the frames; no sensor heard it
	GradeHeard  = "heard"
	GradeFailed = "failed"
)

// AsRun is one contiguous stretch of one programme version, or of one
// interrupt, on one output: the proof that it played. It is closed when it ends
// and at least every 15 minutes.
type AsRun struct {
	Output Output `json:"output"`
	// Programme and Version, or Interrupt.
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Interrupt string `json:"interrupt,omitempty"`
	Title     string `json:"title,omitempty"`
	Level     Level  `json:"level"`
	// From and To are unix milliseconds of air time.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Rounds says what of which round played here.
	Rounds  []RoundPart `json:"rounds"`
	Outcome string      `json:"outcome"`
	// By is the id of what cut it; Why is said in words.
	By    string `json:"by,omitempty"`
	Why   string `json:"why,omitempty"`
	Grade string `json:"grade"`
	// Late is how many microseconds after its instant the stretch began, as
	// far as the output knows.
	Late int64 `json:"late,omitempty"`
}

// RoundPart is the part of one round that played within an as-run entry.
type RoundPart struct {
	// Start is the round's scheduled start, unix milliseconds.
	Start int64 `json:"start"`
	// Cues is how many items began in this part, Frames how many frames of
	// items (pauses not counted) were played in it, at Rate.
	Cues   int   `json:"cues"`
	Frames int64 `json:"frames"`
	// Missed is how many frames of items should have played within the part
	// and did not.
	Missed int64 `json:"missed,omitempty"`
}

// Skip says that a round, or the rest of one, did not play, and why.
type Skip struct {
	Output    Output `json:"output"`
	Programme string `json:"programme"`
	Version   int    `json:"version"`
	// Start is the round's scheduled start, unix milliseconds. Rounds is the
	// number of rounds skipped from there on, at least 1, Until the scheduled
	// start of the last of them.
	Start  int64  `json:"start"`
	Rounds int    `json:"rounds"`
	Until  int64  `json:"until"`
	Code   string `json:"code"`
	Why    string `json:"why"`
}

// Event is something that a person should know of.
type Event struct {
	// Code is a short word, such as refused, missing-asset, output-lost.
	Code string `json:"code"`
	Text string `json:"text"`
}

// Off says that the unit was without power, or not running, from–to. Clean
// says that it was stopped on purpose.
type Off struct {
	From  int64 `json:"from"`
	To    int64 `json:"to"`
	Clean bool  `json:"clean,omitempty"`
}

// DetailRequest asks a unit for the item detail of a span of time.
type DetailRequest struct {
	// ID is given back in the answers.
	ID   string `json:"id"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	// After is the cursor of the answer before; empty at first.
	After string `json:"after,omitempty"`
}

// Detail answers a DetailRequest, a page at a time.
type Detail struct {
	ID   string   `json:"id"`
	Cues []CueRun `json:"cues"`
	// Next is the cursor of the next page; empty at the end.
	Next string `json:"next,omitempty"`
}

// CueRun is one stretch of one item: the finest proof. A cue that was cut and
// resumed has several.
type CueRun struct {
	Output    Output `json:"output"`
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Interrupt string `json:"interrupt,omitempty"`
	Round     int64  `json:"round"`
	Item      int    `json:"item"`
	// From and To are unix milliseconds; Offset and Frames count at Rate.
	From   int64 `json:"from"`
	To     int64 `json:"to"`
	Offset int64 `json:"offset,omitempty"`
	Frames int64 `json:"frames"`
}
