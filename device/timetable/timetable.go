// Package timetable decides what one unit does at which instant, and why. It
// is pure: it reads no clock and does no input or output. The agent plays what
// it says, and the centre's preview asks the same code, so that what a page
// promises is what a horn does.
//
// Compile turns snapshots into a Table; Run moves a State along it and tells
// what happens on the way. DESIGN.md beside this file has the data flow and the
// readings chosen where the house's design leaves a choice.
package timetable

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Input is everything that a timetable depends on, besides the past (State) and
// the time (the arguments of Run).
type Input struct {
	// Bulletins are those of the areas that hold the unit and the unit's own,
	// which carries its Settings: without them nothing plays. The order does
	// not matter.
	Bulletins []wire.Bulletin
	Orders    []wire.Orders
	// Ready tells whether the rendition with the hash is complete on the unit.
	// It is asked once a hash, inside Compile. Nil says that everything is
	// ready, as the preview wants it.
	Ready func(hash string) bool
	// HourUnknown says that the unit does not know the time: warnings of levels
	// that do not break quiet hours then keep off the sound.
	HourUnknown bool
}

// Codes of a Problem.
const (
	ProblemNoSettings = "no-settings" // no bulletin with settings: nothing plays
	ProblemNoCounty   = "no-county"   // no county's bulletin, or an unknown zone: no programme plays
	ProblemAddress    = "address"     // a snapshot that is not for this unit
	ProblemIssuer     = "issuer"      // issued by an area that is not the address or above it
	ProblemTooOld     = "too-old"     // needs a feature that this agent lacks
	ProblemExcept     = "except"      // this unit is left out on purpose
	ProblemRule       = "rule"        // the rule is not valid
	ProblemContent    = "content"     // level, items or lengths are not valid
	ProblemLevel      = "level"       // a warning above what its issuer may
	ProblemLocked     = "locked"      // given by somebody whose account was closed before
)

// Problem says why a programme or interrupt is left out of a Table, alone. One
// with the code ProblemExcept is as intended and needs no alarm.
type Problem struct {
	Code string `json:"code"`
	// Programme and Version, or the id of an interrupt with version 0; empty
	// where the whole unit is meant.
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	// Text is said in English, with field, value and remedy where there are such.
	Text string `json:"text"`
}

// Features names what a programme may need of this timetable (Programme.Needs).
func Features() []string {
	return []string{"loop", "every", "at", "once", "cron", "calendars", "text", wire.NeedSilentAfter}
}

func hasFeature(name string) bool { return slices.Contains(Features(), name) }

// Timeline is what happens between two instants: stretches by their start,
// skips by the instant of the decision, each sorted and sound before screen.
type Timeline struct {
	Stretches []Stretch `json:"stretches"`
	Skips     []Skip    `json:"skips"`
}

// Stretch is one programme version or interrupt holding one output without a
// break: its items and the pauses of up to 60 s that belong to it. However many
// rounds it has, it is one Stretch.
//
// One that is still on air at the end of a Run ends there with
// wire.OutcomeGoesOn, and the next Run begins with its continuation, which may
// be of length 0 when it only tells how the stretch ended. Join puts both
// together.
type Stretch struct {
	Output wire.Output `json:"output"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	// Programme and Version, or Interrupt.
	Programme string     `json:"programme,omitempty"`
	Version   int        `json:"version,omitempty"`
	Interrupt string     `json:"interrupt,omitempty"`
	Title     string     `json:"title,omitempty"`
	Level     wire.Level `json:"level"`
	// Reason says why it is on air.
	Reason Reason `json:"reason"`
	// Continues says that it was already on air before the Run began.
	Continues bool `json:"continues,omitempty"`
	// End is one of wire.OutcomeXxx, EndReason says it in words, By is the id
	// of what cut it.
	End       string `json:"end"`
	EndReason Reason `json:"endReason"`
	By        string `json:"by,omitempty"`

	plan plan
}

// Span is one contiguous part of one item, or one pause, of a Stretch.
type Span struct {
	Output    wire.Output `json:"output"`
	Programme string      `json:"programme,omitempty"`
	Version   int         `json:"version,omitempty"`
	Interrupt string      `json:"interrupt,omitempty"`
	Title     string      `json:"title,omitempty"`
	Level     wire.Level  `json:"level"`
	From      time.Time   `json:"from"`
	To        time.Time   `json:"to"`
	// Round is the scheduled start of the round.
	Round time.Time `json:"round"`
	// Item is the index in the playlist, −1 in a pause.
	Item  int  `json:"item"`
	Pause bool `json:"pause,omitempty"`
	// Offset is how many frames of the item lie before From, and Frames how
	// many are played, both at wire.Rate. Offset does not count the sound's Lead.
	Offset int64 `json:"offset"`
	Frames int64 `json:"frames"`
	// Volume is in per cent of full output: the unit's times the programme's,
	// under the county's cap.
	Volume int `json:"volume"`
	// Sound is set on a span for the sound output, Text on one for the screen;
	// neither in a pause.
	Sound *wire.Sound `json:"sound,omitempty"`
	Text  *wire.Text  `json:"text,omitempty"`
}

// Skip says that a round, a run of rounds, or the rest of one did not play.
type Skip struct {
	// At is when that was settled.
	At     time.Time   `json:"at"`
	Output wire.Output `json:"output"`
	// Programme and Version, or Interrupt.
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Interrupt string `json:"interrupt,omitempty"`
	Title     string `json:"title,omitempty"`
	// Start is the scheduled start of the first round, Until that of the last,
	// Rounds their number, at least 1. Part says that some of it did play.
	Start  time.Time `json:"start"`
	Until  time.Time `json:"until"`
	Rounds int       `json:"rounds"`
	Part   bool      `json:"part,omitempty"`
	// To is when the last of what was skipped would have been over, or was to be
	// up to now; Until where that has no meaning.
	To time.Time `json:"to"`
	// Known says that a Skip before told of the same item that is not on the
	// unit: this one only names more rounds without it.
	Known  bool   `json:"known,omitempty"`
	Reason Reason `json:"reason"`
}

// Why is the stretch's reason in words, in a language.
func (s Stretch) Why(lang string) string { return s.Reason.Text(lang) }

// Wire is the skip as a unit reports it, with its reason in words in lang. An
// interrupt's id stands as the programme, with version 0.
func (s Skip) Wire(lang string) wire.Skip {
	id := s.Programme
	if s.Interrupt != "" {
		id = s.Interrupt
	}
	return wire.Skip{
		Output: s.Output, Programme: id, Version: s.Version,
		Start: s.Start.UnixMilli(), Rounds: s.Rounds, Until: s.Until.UnixMilli(),
		Code: s.Reason.Code, Why: s.Reason.Text(lang),
	}
}

// Preview says what happens in [from, to) on a unit that is on and has had the
// snapshots for long enough: it runs from before the window that is open at from.
func Preview(in Input, from, to time.Time) (Timeline, []Problem) {
	t, problems := Compile(in)
	const lookback = 50 * time.Hour // a window of 24 h, begun a day earlier, on a day of 25 h
	begin := from.Add(-lookback)
	t.days.Store(t.calendar(newZone(t.loc), begin.UnixNano(), to.UnixNano())) // for both
	_, s := t.run(State{}, begin, from, false)
	tl, _ := t.Run(s, from, to)
	return tl, problems
}

// Join puts the timelines of two Runs that follow each other together, as if
// they had been one.
func Join(a, b Timeline) Timeline {
	out := Timeline{Stretches: slices.Clone(a.Stretches), Skips: slices.Clone(a.Skips)}
	for _, s := range b.Stretches {
		if s.Continues {
			if i := openStretch(out.Stretches, s); i >= 0 {
				o := &out.Stretches[i]
				o.To, o.End, o.EndReason, o.By = s.To, s.End, s.EndReason, s.By
				continue
			}
		}
		out.Stretches = append(out.Stretches, s)
	}
	out.Skips = append(out.Skips, b.Skips...)
	return out
}

// openStretch finds the stretch in list that s continues, or −1.
func openStretch(list []Stretch, s Stretch) int {
	for i := len(list) - 1; i >= 0; i-- {
		o := &list[i]
		if o.Output == s.Output {
			if o.End == wire.OutcomeGoesOn && o.Programme == s.Programme && o.Version == s.Version &&
				o.Interrupt == s.Interrupt && o.To.Equal(s.From) {
				return i
			}
			return -1
		}
	}
	return -1
}
