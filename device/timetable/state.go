package timetable

import (
	"encoding/json"
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
	At      int64      `json:"at"`
	Outputs []OutState `json:"outputs,omitempty"`
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
	err := json.Unmarshal(data, &s)
	return s, err
}

// JobState is one scheduled thing that is not over: a chain of rounds, a window
// of a loop, or an interrupt. Instants are unix nanoseconds, positions frames.
type JobState struct {
	ID        string `json:"id"`
	Version   int    `json:"version,omitempty"`
	Interrupt bool   `json:"interrupt,omitempty"`
}
