package client

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Stretch is one contiguous stretch of a timetable.
type Stretch struct {
	Output    wire.Output `json:"output"`
	From      time.Time   `json:"from"`
	To        time.Time   `json:"to"`
	Programme string      `json:"programme,omitempty"`
	Version   int         `json:"version,omitempty"`
	Warning   string      `json:"warning,omitempty"`
	Title     string      `json:"title"`
	Level     wire.Level  `json:"level"`
	Why       string      `json:"why"`
	End       string      `json:"end,omitempty"`
}

// Skipped is a round that will not play, or did not, and why.
type Skipped struct {
	Unit      string      `json:"unit,omitempty"`
	Output    wire.Output `json:"output"`
	At        time.Time   `json:"at"`
	Rounds    int         `json:"rounds"`
	Programme string      `json:"programme"`
	Version   int         `json:"version"`
	Code      string      `json:"code"`
	Why       string      `json:"why"`
}

// Timetable is what units will do, computed once per distinct set of bulletins.
type Timetable struct {
	Units     []string  `json:"units" doc:"Units that share this timetable"`
	Zone      string    `json:"zone"`
	Stretches []Stretch `json:"stretches"`
	Skips     []Skipped `json:"skips"`
	Problems  []string  `json:"problems"`
}

// AsRun is a stored as-run entry with its grade of proof.
type AsRun struct {
	Unit      string           `json:"unit"`
	Output    wire.Output      `json:"output"`
	Programme string           `json:"programme,omitempty"`
	Version   int              `json:"version,omitempty"`
	Warning   string           `json:"warning,omitempty"`
	Title     string           `json:"title,omitempty"`
	Level     wire.Level       `json:"level,omitempty"`
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Rounds    []wire.RoundPart `json:"rounds"`
	Seconds   float64          `json:"seconds" doc:"Seconds of items really played"`
	Outcome   string           `json:"outcome"`
	By        string           `json:"by,omitempty"`
	Why       string           `json:"why,omitempty"`
	Grade     string           `json:"grade" enum:"played,heard,part,failed,skipped,no-power,no-proof,playing,ready,delivered,pending"`
	Stored    *time.Time       `json:"stored,omitempty"`
}

// Outage is a span in which a unit was lost to its village.
type Outage struct {
	ID    int64      `json:"id"`
	Unit  string     `json:"unit"`
	Area  string     `json:"area"`
	Kind  string     `json:"kind" enum:"unreachable,silent"`
	From  time.Time  `json:"from"`
	To    *time.Time `json:"to,omitempty"`
	Cause string     `json:"cause,omitempty"`
	Text  string     `json:"text,omitempty"`
}

// Status is the county at a glance.
type Status struct {
	County string    `json:"county"`
	At     time.Time `json:"at"`
	Units  Counts    `json:"units"`
	// Towns are the areas under the county, with their counts.
	Towns    []AreaStatus `json:"towns"`
	OnAir    []Playing    `json:"onAir"`
	Outages  []Outage     `json:"outages"`
	Warnings []Warning    `json:"warnings"`
	Pending  int          `json:"pending" doc:"Units that do not hold the newest revisions yet"`
	Refused  int          `json:"refused" doc:"Units that refused something"`
	// Clocks that are not as they should be, of units that can be reached.
	ClockUntrusted int      `json:"clockUntrusted" doc:"Units that do not know the time: nothing scheduled plays there"`
	ClockUncertain int      `json:"clockUncertain" doc:"Units whose clock may be off by more than half a minute"`
	Missing        []string `json:"missing" doc:"Villages with no unit that can be reached"`
	NotWatched     string   `json:"notWatched,omitempty" doc:"Why the centre cannot judge now"`
	// Delivery says how far the installed units are, /delivery which ones.
	Delivery DeliveryCounts `json:"delivery"`
	Incident *Incident      `json:"incident,omitempty" doc:"Most units fell at once: the centre's own trouble, not an outage of each"`
	Secrets  int            `json:"secrets,omitempty" doc:"Units that still come in by the secret of an earlier version, not by a certificate"`
	Paused   []Mute         `json:"paused" doc:"Units under work, until when and why"`
	Freezes  []Freeze       `json:"freezes" doc:"Change freezes in force and to come"`
	Waiting  []Waiting      `json:"waiting" doc:"What waits for approval, or for a second person"`
	InForce  []InForce      `json:"inForce" doc:"What keeps units from playing what they would, newest first"`
	Troubled []Trouble      `json:"troubled" doc:"Units that flap, or whose identity two devices have"`
}

// Counts are numbers of units by what they show.
type Counts struct {
	All      int `json:"all"`
	OnAir    int `json:"onAir"`
	Idle     int `json:"idle"`
	Silent   int `json:"silent"`
	Offline  int `json:"offline"`
	Unknown  int `json:"unknown"`
	Unplaced int `json:"unplaced"`
	Planned  int `json:"planned"`
	Paused   int `json:"paused"`
}

// AreaStatus is one area's counts.
type AreaStatus struct {
	Area  string `json:"area"`
	Name  string `json:"name"`
	Units Counts `json:"units"`
}

// Playing is one thing on air and how many units play it now.
type Playing struct {
	Programme string     `json:"programme,omitempty"`
	Version   int        `json:"version,omitempty"`
	Warning   string     `json:"warning,omitempty"`
	Title     string     `json:"title"`
	Level     wire.Level `json:"level"`
	Units     int        `json:"units"`
	Since     time.Time  `json:"since"`
	Until     *time.Time `json:"until,omitempty"`
}

// Event is one line of the centre's event stream.
type Event struct {
	ID   int64     `json:"id"`
	At   time.Time `json:"at"`
	Kind string    `json:"kind" doc:"unit, presence, onair, asrun, outage, incident, programme, warning, asset, area, reset"`
	Unit string    `json:"unit,omitempty"`
	Ref  string    `json:"ref,omitempty" doc:"Id of what changed"`
	Code string    `json:"code,omitempty"`
	Text string    `json:"text,omitempty"`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent at the end"`
}

// Problem is the one error body (RFC 9457).
type Problem struct {
	Type   string         `json:"type,omitempty"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Code   string         `json:"code,omitempty" doc:"Kind of error, see the documentation"`
	Errors []ProblemField `json:"errors,omitempty"`
}

// ProblemField names one input that is wrong.
type ProblemField struct {
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}
