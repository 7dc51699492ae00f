package timetable

import "time"

type plan struct{}

// Table is a compiled timetable of one unit. It never changes and may be used by
// several goroutines.
type Table struct{}

// Compile makes the timetable of one unit. What cannot be used is left out
// alone and named as a Problem; Compile itself never fails.
func Compile(in Input) (*Table, []Problem) { return &Table{}, nil }

// Run tells what happens in [from, to) if nothing else changes, and the State
// at to. It is deterministic, and splitting it changes nothing:
// Join(Run(a, b), Run(b, c)) is Run(a, c).
//
// Normally from is s.Time(). If it is later, the unit was off in between:
// what was on air counts as cut, what was due as blocked. If it is earlier, the
// clock was set back: what is on air goes on, and nothing that was due before
// s.Time() comes again.
func (t *Table) Run(s State, from, to time.Time) (Timeline, State) { return Timeline{}, s }

// Plan is Run without the State: what the next seconds will bring, as spans in
// the order of their instants.
func (t *Table) Plan(s State, from, to time.Time) []Span { return nil }

// Spans expands the stretch between two instants: its items and pauses in
// order, each clipped to the stretch and to [from, to).
func (s Stretch) Spans(from, to time.Time) []Span { return nil }
