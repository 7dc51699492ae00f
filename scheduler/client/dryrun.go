package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// DryRun says in numbers what a release would do. Times are in seconds.
type DryRun struct {
	Programme   string        `json:"programme"`
	Version     int           `json:"version"`
	Title       string        `json:"title"`
	State       string        `json:"state"`
	Villages    int           `json:"villages"`
	Units       int           `json:"units"`
	Planned     int           `json:"planned" doc:"Those of the units that are not installed yet"`
	Unreachable []DryUnit     `json:"unreachable" doc:"Installed units that cannot be reached now: they take it when they are back"`
	Needs       []string      `json:"needs,omitempty" doc:"Features without which it cannot be played"`
	TooOld      []string      `json:"tooOld" doc:"Units whose agent lacks one of them"`
	From        *time.Time    `json:"from,omitempty" doc:"The days looked at: the first seven on which it may play"`
	To          *time.Time    `json:"to,omitempty"`
	Ends        *time.Time    `json:"ends,omitempty" doc:"The end of its validity"`
	Sounds      bool          `json:"sounds" doc:"Whether there is sound in it at all"`
	Days        []DryDay      `json:"days" doc:"What one horn is asked to play, day by day"`
	Week        DryDay        `json:"week" doc:"The sum of these days"`
	Whole       float64       `json:"whole" doc:"What one horn is asked to play in the whole validity"`
	Plays       float64       `json:"plays" doc:"What the unit will play in these days that plays most of it"`
	Least       float64       `json:"least" doc:"The same of the unit that plays least"`
	Cuts        []DryCut      `json:"cuts" doc:"What will cut it or hold it up until it is skipped"`
	Calendars   []CalendarGap `json:"calendars" doc:"Calendars that it names without a date in a year in which it plays"`
	Problems    []string      `json:"problems" doc:"Why it would not play"`
	Timetables  int           `json:"timetables" doc:"How many different timetables were worked out"`
}

// DryUnit is one unit.
type DryUnit struct {
	Unit string `json:"unit"`
	Area string `json:"area"`
}

// DryDay is what one horn is asked to play on a day, in seconds of content.
type DryDay struct {
	Date        wire.Date `json:"date,omitempty"`
	Asked       float64   `json:"asked"`
	Quiet       float64   `json:"quiet" doc:"What of it falls into quiet hours and is skipped"`
	Night       float64   `json:"night" doc:"What of it falls between 22:00 and 06:00"`
	NightSounds float64   `json:"nightSounds" doc:"What of that is outside the quiet hours and will sound"`
}

// DryCut is one programme or warning that is in the way.
type DryCut struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Units int    `json:"units"`
	Times int    `json:"times" doc:"How often in these days, on the unit where it is most"`
}

// CalendarGap is a year without a date; 0 for a calendar without any.
type CalendarGap struct {
	ID   string `json:"id"`
	Year int    `json:"year,omitempty"`
}

// DryRun says what a release of a version would do; 0 is the newest.
func (c *Client) DryRun(ctx context.Context, programme string, version int) (DryRun, error) {
	q := url.Values{}
	if version > 0 {
		q.Set("version", strconv.Itoa(version))
	}
	return get[DryRun](ctx, c, "/programmes"+id(programme)+"/check", q)
}
