package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// DryRunSpan is how far a dry run looks beyond the first start; afterwards the
// weeks of a rule are alike.
const DryRunSpan = 7 * 24 * time.Hour

// DryRun says in numbers what a release would do: how far it reaches, what sounds
// and when, and what will not.
type DryRun struct {
	Programme string
	Version   int
	Title     string
	State     ProgrammeState
	// Villages and Units as in Reach.
	Villages, Units int
	// Unreachable are the installed units that cannot be reached now, by area and
	// id; Planned are not installed yet; TooOld have an agent that lacks what it
	// needs.
	Unreachable []Unit
	Planned     int
	TooOld      []string
	Needs       []string
	// From and To bound what was looked at: the first days on which it plays.
	From, To time.Time
	// Ends is the end of its validity.
	Ends time.Time
	// Days are what one horn is asked to play, day by day, and Week their sum;
	// Whole is that of its whole validity.
	Days  []DryDay
	Week  DryDay
	Whole time.Duration
	// Sounds says that there is sound in it at all: texts keep no quiet hours.
	Sounds bool
	// Plays is what the unit that plays most of it in these days will really play;
	// Least the one that plays least.
	Plays, Least time.Duration
	// Cuts are what will cut it, or hold it up until it is skipped.
	Cuts []DryCut
	// Calendars are those that it names and that have no date in a year in which it
	// plays.
	Calendars []CalendarGap
	// Problems say why it would not play on a unit, in words.
	Problems []Words
	// Sets is how many different timetables were worked out.
	Sets int
}

// DryDay is one day of a horn.
type DryDay struct {
	Date wire.Date
	// Asked is the time of content; Quiet is what of it falls into quiet hours and
	// is skipped; Night what falls between 22:00 and 06:00, and NightSounds what of
	// that is not in quiet hours and will sound.
	Asked, Quiet, Night, NightSounds time.Duration
}

// Add adds another day.
func (d *DryDay) Add(o DryDay) {
	d.Asked += o.Asked
	d.Quiet += o.Quiet
	d.Night += o.Night
	d.NightSounds += o.NightSounds
}

// DryCut is one programme or warning that is in the way.
type DryCut struct {
	ID, Title string
	// Units on which it is, and how often in all on the one where it is most.
	Units, Times int
}

// CalendarGap is a year without a date in a calendar.
type CalendarGap struct {
	ID   string
	Year int
}
