package timetable

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/villagecast/villagecast/device/wire"
)

// Limits of a rule.
const (
	MaxRounds = 1000  // of a chain
	MaxPause  = 86400 // seconds between rounds
)

// RuleError is one fault of a rule: which field, what stands there, what is
// wrong with it and what would be right.
type RuleError struct {
	Field   string // the field's JSON name, such as "window" or "cron"
	Value   string
	Message string
	Remedy  string
}

// Error names field, value, fault and remedy.
func (e *RuleError) Error() string {
	return fmt.Sprintf("rule.%s %q: %s; %s", e.Field, e.Value, e.Message, e.Remedy)
}

// rule is a wire.Rule ready for use.
type rule struct {
	kind     wire.RuleKind
	from, to int64 // the window, in seconds from its day's midnight
	every    int64 // seconds
	times    []int64
	once     int64
	rounds   int64
	pause    int64 // seconds
	cron     *cron.SpecSchedule
	days     [7]bool // Sunday first
	since    int64   // validity, civil
	until    int64
	skip     map[int64]bool
	on, off  map[int64]bool // nil: no such calendars
	src      wire.Rule
}

// ValidateRule checks a rule by itself. The error is a *RuleError. Whether the
// calendars that it names exist is checked by ValidateCalendars.
func ValidateRule(r wire.Rule) error {
	_, err := parseRule(r)
	return err
}

// ValidateCalendars checks that every calendar that the rule names is known.
// The error is a *RuleError.
func ValidateCalendars(r wire.Rule, known map[string][]wire.Date) error {
	for _, list := range []struct {
		field string
		names []string
	}{{"on", r.On}, {"off", r.Off}} {
		for _, name := range list.names {
			dates, ok := known[name]
			if !ok {
				return &RuleError{list.field, name, "there is no calendar of this name", "make the calendar first or leave its name out"}
			}
			for _, d := range dates {
				if _, ok := parseDate(d); !ok {
					return &RuleError{list.field, string(d), "calendar " + name + " has a date that does not exist", "write dates as 2026-11-24"}
				}
			}
		}
	}
	return nil
}

func parseRule(src wire.Rule) (*rule, error) {
	r := &rule{kind: src.Kind, src: src, since: math.MinInt64 / 4, until: math.MaxInt64 / 4}
	for _, step := range []func(*rule) error{(*rule).parseForeign, (*rule).parseWhen, (*rule).parseChain, (*rule).parseCron, (*rule).parseDays, (*rule).parseValidity} {
		if err := step(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseForeign refuses fields that do not belong to the kind.
func (r *rule) parseForeign() error {
	s, k := r.src, r.kind
	if k != wire.RuleLoop && k != wire.RuleEvery && k != wire.RuleAt && k != wire.RuleOnce {
		return &RuleError{"kind", string(k), "there is no such kind of rule", "use loop, every, at or once"}
	}
	windowed := k == wire.RuleLoop || k == wire.RuleEvery
	for _, f := range []struct {
		field, value string
		set, fits    bool
	}{
		{"window", fmt.Sprint(s.Window), s.Window != nil, windowed},
		{"every", strconv.Itoa(s.Every), s.Every != 0, k == wire.RuleEvery},
		{"times", fmt.Sprint(s.Times), len(s.Times) > 0, k == wire.RuleAt},
		{"once", string(s.Once), s.Once != "", k == wire.RuleOnce},
		{"rounds", strconv.Itoa(s.Rounds), s.Rounds != 0, !windowed},
		{"pause", strconv.Itoa(s.Pause), s.Pause != 0, k != wire.RuleEvery},
		{"cron", s.Cron, s.Cron != "", k != wire.RuleOnce},
	} {
		if f.set && !f.fits {
			return &RuleError{f.field, f.value, "does not belong to a rule of kind " + string(k), "leave it out or choose another kind"}
		}
	}
	return nil
}

func (r *rule) parseWhen() error {
	s := r.src
	switch r.kind {
	case wire.RuleLoop, wire.RuleEvery:
		if s.Window == nil {
			return &RuleError{"window", "", "the window is missing", `give one such as {"from":"07:00","to":"21:00"}`}
		}
		from, to, err := parseWindow(*s.Window)
		if err != nil {
			what := "the window is empty"
			if err.Error() != "empty" {
				what = "not a window of two times of day"
			}
			return &RuleError{"window", string(s.Window.From) + "–" + string(s.Window.To), what, "write two different times such as 07:00 and 21:00; 00:00 to 24:00 is the whole day"}
		}
		r.from, r.to = from, to
		if r.kind == wire.RuleEvery {
			if s.Every < 1 || s.Every > 1440 {
				return &RuleError{"every", strconv.Itoa(s.Every), "not a number of minutes from 1 to 1440", "write for example 30"}
			}
			r.every = int64(s.Every) * 60
		}
	case wire.RuleAt:
		if (len(s.Times) == 0) == (s.Cron == "") {
			return &RuleError{"times", fmt.Sprint(s.Times), "an at rule needs either times or a cron expression", "give one of the two"}
		}
		for _, c := range s.Times {
			sec, ok := parseClock(c, false)
			if !ok {
				return &RuleError{"times", string(c), "not a time of day", "write it as 07:00 or 07:00:30"}
			}
			r.times = append(r.times, sec)
		}
		slices.Sort(r.times)
		r.times = slices.Compact(r.times)
	case wire.RuleOnce:
		at, ok := parseDateTime(s.Once)
		if !ok {
			return &RuleError{"once", string(s.Once), "not a date and time", "write it as 2026-11-24T07:00:00"}
		}
		r.once = at
	}
	return nil
}

func (r *rule) parseChain() error {
	if r.src.Rounds < 0 || r.src.Rounds > MaxRounds {
		return &RuleError{"rounds", strconv.Itoa(r.src.Rounds), "not a number of rounds from 1 to " + strconv.Itoa(MaxRounds), "write for example 2"}
	}
	if r.src.Pause < 0 || r.src.Pause > MaxPause {
		return &RuleError{"pause", strconv.Itoa(r.src.Pause), "not a number of seconds from 0 to " + strconv.Itoa(MaxPause), "write for example 30"}
	}
	r.rounds, r.pause = int64(max(r.src.Rounds, 1)), int64(r.src.Pause)
	if r.kind == wire.RuleLoop {
		r.rounds = 0
	}
	return nil
}

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func (r *rule) parseCron() error {
	expr := strings.TrimSpace(r.src.Cron)
	if r.src.Cron == "" {
		return nil
	}
	bad := func(what, remedy string) error { return &RuleError{"cron", r.src.Cron, what, remedy} }
	if strings.Contains(expr, "=") {
		return bad("a time zone cannot be set in a rule", "leave the prefix out: rules are read in the county's zone")
	}
	if len(expr) > 256 {
		return bad("longer than 256 characters", "use several programmes")
	}
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return bad("not five fields", "write minute hour day month weekday, such as 0 7 * * 1-5")
	}
	sched, err := cronParser.Parse(expr)
	if err != nil {
		return bad("not a cron expression: "+err.Error(), "write minute hour day month weekday, such as 0 7 * * 1-5")
	}
	spec, ok := sched.(*cron.SpecSchedule)
	if !ok {
		return bad("not a cron expression of five fields", "write minute hour day month weekday")
	}
	spec.Location = time.UTC
	if r.kind != wire.RuleAt && (fields[0] != "*" || fields[1] != "*") {
		return bad("for this kind of rule minute and hour must be *", "write * * and then the days, such as * * * * 1-5; the window says the hours")
	}
	// 2024 is a leap year, so that 29 February is found.
	if spec.Next(time.Date(2023, 12, 31, 23, 59, 59, 0, time.UTC)).IsZero() {
		return bad("no day ever matches it", "choose a day that the month has")
	}
	if len(r.src.On) > 0 {
		spec.Dow = 1<<63 | 0x7f // a calendar decides, whatever the weekday
	}
	r.cron = spec
	return nil
}

func (r *rule) parseDays() error {
	for i := range r.days {
		r.days[i] = len(r.src.Days) == 0
	}
	if len(r.src.Days) > 0 && r.src.Cron != "" && r.kind == wire.RuleAt {
		return &RuleError{"days", fmt.Sprint(r.src.Days), "the cron expression says the days already", "leave out one of the two"}
	}
	for _, d := range r.src.Days {
		if d < 1 || d > 7 {
			return &RuleError{"days", strconv.Itoa(d), "not a day of the week", "write 1 for Monday to 7 for Sunday"}
		}
		r.days[d%7] = true
	}
	r.skip = map[int64]bool{}
	for _, d := range r.src.Skip {
		day, ok := parseDate(d)
		if !ok {
			return &RuleError{"skip", string(d), "not a date", "write it as 2026-11-24"}
		}
		r.skip[day] = true
	}
	return nil
}

func (r *rule) parseValidity() error {
	for _, f := range []struct {
		field string
		value wire.DateTime
		to    *int64
	}{{"from", r.src.From, &r.since}, {"until", r.src.Until, &r.until}} {
		if f.value == "" {
			continue
		}
		at, ok := parseDateTime(f.value)
		if !ok {
			return &RuleError{f.field, string(f.value), "not a date and time", "write it as 2026-11-24T07:00:00"}
		}
		*f.to = at
	}
	if r.until <= r.since {
		return &RuleError{"until", string(r.src.Until), "the validity ends before it begins", "choose an end after " + string(r.src.From)}
	}
	if r.kind == wire.RuleOnce && (r.once < r.since || r.once >= r.until) {
		return &RuleError{"once", string(r.src.Once), "lies outside the validity", "move it, or change from and until"}
	}
	return nil
}

// bind puts the dates of the calendars in.
func (r *rule) bind(known map[string][]wire.Date) error {
	if err := ValidateCalendars(r.src, known); err != nil {
		return err
	}
	load := func(names []string) map[int64]bool {
		if len(names) == 0 {
			return nil
		}
		days := map[int64]bool{}
		for _, name := range names {
			for _, d := range known[name] {
				day, _ := parseDate(d)
				days[day] = true
			}
		}
		return days
	}
	r.on, r.off = load(r.src.On), load(r.src.Off)
	return nil
}
