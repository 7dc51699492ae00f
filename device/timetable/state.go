package timetable

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// State is all that the past decides: which rounds wait, where cut ones
// stopped, what is on air, which warnings have been played how often. It is
// plain data, saved as JSON; the zero value knows nothing. Run never changes
// the State it is given.
type State struct {
	// At is the instant up to which the State is told, in unix nanoseconds; 0
	// is never.
	At int64 `json:"at"`
	// Seen is the latest At so far: rounds due before it do not come again
	// when the clock is set back.
	Seen    int64      `json:"seen,omitempty"`
	Outputs []OutState `json:"outputs,omitempty"`
	// Doubt is set by whoever lets the next Run begin later than At: the instant
	// from which on the unit was not off but did not know the time. 0 is never.
	Doubt int64 `json:"doubt,omitempty"`
	// Heard is when the unit last had a signed word of the centre, by what was
	// signed, in unix nanoseconds. 0 says that it is never silent for want of one,
	// as the preview wants it.
	Heard int64 `json:"heard,omitempty"`
}

// OutState is the State of one output.
type OutState struct {
	Output wire.Output `json:"output"`
	Jobs   []JobState  `json:"jobs,omitempty"`
}

// Time is At as a time, the zero time for a State that knows nothing.
func (s State) Time() time.Time {
	if s.At == 0 {
		return time.Time{}
	}
	return time.Unix(0, s.At)
}

// ParseState reads a State saved as JSON.
func ParseState(data []byte) (State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("read timetable state: %w", err)
	}
	return s, nil
}

// Resumed is the State after a power cut: an interrupt that was on air is begun
// anew, since half a warning is none. s stays as it is.
func (s State) Resumed() State {
	s.Outputs = slices.Clone(s.Outputs)
	for i := range s.Outputs {
		o := &s.Outputs[i]
		o.Jobs = slices.DeleteFunc(slices.Clone(o.Jobs), func(j JobState) bool { return j.Interrupt && j.Phase != phaseDone })
	}
	return s
}

// Phases of a job.
const (
	phaseGap   = "gap"   // on schedule; wants the output from Due on
	phaseWait  = "wait"  // a round that was blocked at its start
	phaseCut   = "cut"   // goes on from Pos when it may
	phaseClock = "clock" // joins where the clock is when it may
	phaseAir   = "air"
	phaseDone  = "done" // an interrupt that has been played; not to be begun again
)

// JobState is one scheduled thing that is not over: a chain of rounds, a window
// of a loop, or an interrupt. Instants are unix nanoseconds, positions frames
// from the first round's start.
type JobState struct {
	ID        string `json:"id"`
	Version   int    `json:"version,omitempty"`
	Interrupt bool   `json:"interrupt,omitempty"`
	// Start is the scheduled start, End the end set by window, validity or
	// life, EndWhy its code.
	Start  int64  `json:"start"`
	End    int64  `json:"end"`
	EndWhy string `json:"endWhy,omitempty"`

	Phase string `json:"phase"`
	// Zero is the instant of position 0 while on air, on schedule or going by
	// the clock; Pos the position to go on from in the other phases.
	Zero int64 `json:"zero,omitempty"`
	Pos  int64 `json:"pos,omitempty"`
	// Due is when it wants the output, Deadline when it gives up.
	Due      int64 `json:"due,omitempty"`
	Deadline int64 `json:"deadline,omitempty"`
	// Min is the scheduled start before which no round of a loop is taken.
	Min int64 `json:"min,omitempty"`
	// First is the round that it went on with, FirstID that round's scheduled start.
	First   int64 `json:"first,omitempty"`
	FirstID int64 `json:"firstId,omitempty"`
	Began   bool  `json:"began,omitempty"`
	// AirPos is the position at which it last went on air, Played what was on
	// air before that; NatEnd and Hard are when it will end.
	AirPos int64 `json:"airPos,omitempty"`
	Played int64 `json:"played,omitempty"`
	NatEnd int64 `json:"natEnd,omitempty"`
	Hard   int64 `json:"hard,omitempty"`
	// HardWhy is the code of Hard.
	HardWhy string `json:"hardWhy,omitempty"`
	// Miss is what it has missed since MissFrom, and by what.
	MissFrom int64  `json:"missFrom,omitempty"`
	Miss     Reason `json:"miss,omitzero"`
	// Why is the reason of the stretch on air.
	Why Reason `json:"why,omitzero"`
	// Lack is the item that what is on air goes without, Told the last round of
	// which a Skip says so, ToldNext the start of the next; LackNew: none says so yet.
	Lack     string `json:"lack,omitempty"`
	Told     int64  `json:"told,omitempty"`
	ToldNext int64  `json:"toldNext,omitempty"`
	LackNew  bool   `json:"lackNew,omitempty"`
	// Shape tells whether the content is still laid out as it was; if not (an
	// asset has arrived), Round, Item and Offset say where it stands.
	Shape  uint64 `json:"shape,omitempty"`
	Round  int64  `json:"round,omitempty"`
	Item   int    `json:"item,omitempty"`
	Offset int64  `json:"offset,omitempty"`
	// Tail is set on air: enough to finish the item after its version is gone.
	Tail *Tail `json:"tail,omitempty"`
}

// Tail is the item on air, with what must be known of its programme to finish
// it once a newer version has taken its place.
type Tail struct {
	Title  string     `json:"title,omitempty"`
	Level  wire.Level `json:"level"`
	Rank   int64      `json:"rank"`
	Volume int64      `json:"volume"`
	Item   wire.Item  `json:"item"`
	Index  int        `json:"index"`
	// Began is the instant of the item's first frame, Round its round.
	Began int64 `json:"began"`
	Round int64 `json:"round"`
}

// WithWarnings is s with what from, a State told with the Table t, knows of
// warnings: those that were played are not begun again, the others go on with
// the round that they were in. A unit that did not know the time has played
// warnings alone, by a clock of its own, and then goes on with s.
func (s State) WithWarnings(t *Table, from State) State {
	s.Outputs = slices.Clone(s.Outputs)
	for _, o := range from.Outputs {
		i := slices.IndexFunc(s.Outputs, func(x OutState) bool { return x.Output == o.Output })
		if i < 0 {
			i = len(s.Outputs)
			s.Outputs = append(s.Outputs, OutState{Output: o.Output})
		}
		jobs := slices.Clone(s.Outputs[i].Jobs)
		for _, js := range o.Jobs {
			p := t.byKey[key{js.ID, js.Version, js.Interrupt}]
			if !js.Interrupt || p == nil || p.bodies[o.Output] == nil || len(p.bodies[o.Output].runs) == 0 {
				continue
			}
			if js.Phase != phaseDone {
				j := job{JobState: js, p: p, b: p.bodies[o.Output]}
				js.Pos = max(j.current(from.At), 0)*j.b.period + j.b.runs[0].from
				js.Phase, js.Due, js.Deadline, js.Tail = phaseCut, js.Start, never, nil
			}
			jobs = slices.DeleteFunc(jobs, func(x JobState) bool { return x.Interrupt && x.ID == js.ID })
			jobs = append(jobs, js)
		}
		s.Outputs[i].Jobs = jobs
	}
	return s
}
