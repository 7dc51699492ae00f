package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Validate checks that the rule's kind has what it needs and nothing else.
// The fields of a cron expression are read where it is evaluated.
func (r Rule) Validate() error {
	var c check
	switch r.Kind {
	case RuleLoop, RuleEvery:
		r.validateWindowed(&c)
	case RuleAt:
		r.validateAt(&c)
	case RuleOnce:
		c.dateTime("once", r.Once)
		c.that(r.Cron == "", "cron", r.Cron, "a once rule has an instant, not a cron expression")
		c.that(len(r.Days) == 0, "days", len(r.Days), "a once rule has an instant, not days")
	default:
		c.that(false, "kind", r.Kind, "use loop, every, at or once")
	}
	windowed := r.Kind == RuleLoop || r.Kind == RuleEvery
	c.that(windowed || r.Window == nil, "window", "set", "only loop and every rules have a window")
	c.that(r.Kind == RuleEvery || r.Every == 0, "every", r.Every, "only every rules have it")
	c.that(r.Kind == RuleAt || len(r.Times) == 0, "times", len(r.Times), "only at rules have times")
	c.that(r.Kind == RuleOnce || r.Once == "", "once", r.Once, "only once rules have it")
	c.that(!windowed || r.Rounds == 0, "rounds", r.Rounds, "only at and once rules have a chain")
	c.number("rounds", int64(r.Rounds), 0, MaxRounds)
	c.that(r.Kind != RuleEvery || r.Pause == 0, "pause", r.Pause, "an every rule has no pause")
	c.number("pause", int64(r.Pause), 0, MaxGrace)
	r.validateDays(&c)
	return c.err
}

func (r Rule) validateWindowed(c *check) {
	c.that(r.Window != nil, "window", "empty", "loop and every rules need a window")
	if r.Window != nil {
		c.within("window", r.Window.Validate())
	}
	if r.Kind == RuleEvery {
		c.number("every", int64(r.Every), 1, 1440)
	}
	if r.Cron != "" {
		c.cron(r.Cron)
		f := strings.Fields(r.Cron)
		c.that(c.err != nil || f[0] == "*" && f[1] == "*", "cron", r.Cron, "minute and hour must be *: the window says them")
	}
}

func (r Rule) validateAt(c *check) {
	if r.Cron != "" {
		c.cron(r.Cron)
		c.that(len(r.Times) == 0 && len(r.Days) == 0, "cron", r.Cron, "use cron or times and days, not both")
		return
	}
	c.that(len(r.Times) > 0, "times", len(r.Times), "name at least one time")
	c.count("times", len(r.Times), 288)
	for i, t := range r.Times {
		n, err := t.Seconds()
		at := fmt.Sprintf("times[%d]", i)
		c.that(err == nil && n < 86400, at, t, `use a time of day such as "07:00", before "24:00"`)
		c.that(!slices.Contains(r.Times[:i], t), at, t, "name each time once")
	}
}

func (r Rule) validateDays(c *check) {
	for i, d := range r.Days {
		at := fmt.Sprintf("days[%d]", i)
		c.number(at, int64(d), 1, 7)
		c.that(!slices.Contains(r.Days[:i], d), at, d, "name each day once")
	}
	if r.From != "" {
		c.dateTime("from", r.From)
	}
	if r.Until != "" {
		c.dateTime("until", r.Until)
		// Civil instants of this form order as text.
		c.that(r.From == "" || r.Until > r.From, "until", r.Until, "use an end after its start")
	}
	c.dates("skip", r.Skip)
	c.ids("on", r.On, 20)
	c.ids("off", r.Off, 20)
}

func (c *check) dateTime(field string, d DateTime) {
	_, err := d.Time()
	c.that(err == nil, field, d, `use a civil instant such as "2026-11-24T07:00:00"`)
}

// cron checks the form of a five-field expression: prefixes such as TZ= and
// words such as @daily are refused.
func (c *check) cron(s string) {
	f := strings.Fields(s)
	strange := strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("0123456789*,-/? ", r) && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	c.that(len(f) == 5 && !strange && len(s) <= MaxTitle, "cron", s, `use five fields such as "0 7 * * 1-5"; TZ= and @daily are refused`)
}
