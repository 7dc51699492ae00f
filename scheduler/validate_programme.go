package scheduler

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// Defaults of a programme.
const (
	defaultGrace  = 600 // seconds
	defaultVolume = 100 // per cent of the unit's
	// DefaultDays is how many days a programme lasts, and DefaultMaxPlay how many
	// seconds a round or chain of it may sound, if nobody says.
	DefaultDays    = 7
	DefaultMaxPlay = 4 * 3600
)

// WithDefaults fills in what was left out: the issuer (the county), the level
// (background for loops, timed for others), what happens when cut (loops
// rejoin, others resume) or blocked (wait), grace and volume. The validity stays
// as it is until the release.
func (p Programme) WithDefaults(root string) Programme {
	loop := p.Rule.Kind == wire.RuleLoop
	set := func(s *string, word string) {
		if *s == "" {
			*s = word
		}
	}
	set(&p.Issuer, root)
	set(&p.OnBlock, wire.BlockWait)
	if loop {
		set((*string)(&p.Level), string(wire.LevelBackground))
		set(&p.OnCut, wire.CutRejoin)
	} else {
		set((*string)(&p.Level), string(wire.LevelTimed))
		set(&p.OnCut, wire.CutResume)
	}
	set(&p.Title, p.ID)
	if p.Grace == 0 {
		p.Grace = defaultGrace
	}
	if p.Volume == 0 {
		p.Volume = defaultVolume
	}
	if p.Version == 0 {
		p.Version = 1
	}
	if p.State == "" {
		p.State = ProgrammeDraft
	}
	return p
}

// Bounded gives the programme its limits where they were left open: the longest
// play, and the validity, from today to the end of the seventh day, or so long from its
// first day; a once rule until a day after its instant. now is read in zone.
func (p Programme) Bounded(now time.Time, zone *time.Location) Programme {
	now = now.In(zone)
	if p.MaxPlay == 0 {
		p.MaxPlay = DefaultMaxPlay
	}
	if p.Rule.Kind == wire.RuleOnce {
		if at, err := time.Parse(dateTimeForm, string(p.Rule.Once)); err == nil && p.Rule.Until == "" {
			p.Rule.Until = wire.DateTime(at.AddDate(0, 0, 1).Format(dateTimeForm))
		}
		return p
	}
	if p.Rule.From == "" {
		p.Rule.From = wire.DateTime(now.Format(dateForm) + "T00:00:00")
	}
	if p.Rule.Until == "" {
		from := now
		if start, err := time.Parse(dateTimeForm, string(p.Rule.From)); err == nil && start.After(from) {
			from = start
		}
		p.Rule.Until, p.EndAssumed = wire.DateTime(from.AddDate(0, 0, DefaultDays+1).Format(dateForm)+"T00:00:00"), true
	}
	return p
}

// Validate tells what is wrong with a draft that has its defaults: field, value
// and remedy.
func (p Programme) Validate(w World) error {
	err := first(CheckID("id", p.ID), checkName("title", p.Title, maxName), checkName("category", p.Category, maxName), checkName("campaign", p.Campaign, maxName),
		w.Playlists.check("playlist", "playlist", p.Playlist), w.area("issuer", p.Issuer), p.Targets.validate(p.Issuer, w), ValidateRule(p.Rule, w.Calendars))
	if err != nil {
		return err
	}
	if p.Level.Warning() {
		return invalid("level", string(p.Level), "a programme is never a warning", "use background, timed or live; issue warnings with warn")
	}
	if p.Grace != NoGrace {
		err = between("grace", p.Grace, 0, 24*3600)
	}
	return first(err, word("level", p.Level, wire.LevelBackground, wire.LevelTimed, wire.LevelLive),
		word("onCut", p.OnCut, wire.CutRejoin, wire.CutResume, wire.CutSkip), word("onBlock", p.OnBlock, wire.BlockWait, wire.BlockSkip),
		between("priority", p.Priority, -100, 100), between("maxPlay", p.MaxPlay, 0, 24*3600), between("silentAfter", p.SilentAfter, 0, wire.MaxSilentAfter), between("volume", p.Volume, 1, 100))
}

// ValidateRule tells what is wrong with a rule, as fields under "rule".
func ValidateRule(r wire.Rule, calendars Known) error {
	if err := timetable.ValidateRule(r); err != nil {
		if e, ok := errors.AsType[*timetable.RuleError](err); ok {
			return invalid("rule."+e.Field, e.Value, e.Message, e.Remedy)
		}
		return invalid("rule", "", err.Error(), "say when it plays: loop, every, at or once")
	}
	for i, c := range r.On {
		if err := calendars.check(fmt.Sprintf("rule.on[%d]", i), "calendar", c); err != nil {
			return err
		}
	}
	for i, c := range r.Off {
		if err := calendars.check(fmt.Sprintf("rule.off[%d]", i), "calendar", c); err != nil {
			return err
		}
	}
	return nil
}

func (t Targets) validate(issuer string, w World) error {
	if _, _, ok := t.HeardOf(); t.Heard != "" && !ok {
		return invalid("targets.heard", t.Heard, "this names no version", `write it as "water@2"`)
	}
	if len(t.Areas)+len(t.Groups)+len(t.Units) == 0 && t.Heard == "" {
		return invalid("targets", "", "it is for nobody", "name areas, groups or units")
	}
	for i, id := range t.Areas {
		field := fmt.Sprintf("targets.areas[%d]", i)
		if err := w.area(field, id); err != nil {
			return err
		}
		if !w.Tree.Within(id, issuer) {
			return invalid(field, id, "this area is not under the issuer "+issuer, "choose targets under it, or issue it in the name of an area above both")
		}
	}
	for i, id := range t.Groups {
		if err := w.Groups.check(fmt.Sprintf("targets.groups[%d]", i), "group", id); err != nil {
			return err
		}
	}
	for i, id := range t.Units {
		if err := w.Units.check(fmt.Sprintf("targets.units[%d]", i), "unit", id); err != nil {
			return err
		}
	}
	for i, id := range t.Except {
		if _, ok := w.Tree.Area(id); ok || w.Units.Has(id) {
			continue
		}
		all := func() []string { return append(w.Tree.IDs(), w.Units.All()...) }
		return unknown(fmt.Sprintf("targets.except[%d]", i), "area or unit", id, all)
	}
	return nil
}

// CheckRelease tells why a version cannot go out: what was checked when it was
// drafted may have gone since, and more is asked of what is to sound. items are
// those of its playlist, addresses those it expands to; the validity is bounded.
func (p Programme) CheckRelease(items []wire.Item, addresses []wire.Address, zone *time.Location, now time.Time) error {
	if len(items) == 0 {
		return invalid("playlist", p.Playlist, "the playlist is empty", "add an entry to it, then release again")
	}
	if len(addresses) == 0 && p.Targets.Heard != "" {
		return invalid("targets.heard", p.Targets.Heard, "no unit under the issuer "+p.Issuer+" has proved that it played this", "wait for the proof, or name areas")
	}
	if len(addresses) == 0 {
		return invalid("targets", strings.Join(slices.Concat(p.Targets.Areas, p.Targets.Groups, p.Targets.Units), ", "),
			"they reach nothing under the issuer "+p.Issuer, "name areas, units or a group with members there")
	}
	until := p.Ends(zone)
	if !until.After(now) {
		return invalid("rule.until", string(p.Rule.Until), "its validity has already ended", "give a later end")
	}
	if p.Rule.Kind == wire.RuleOnce {
		if at := civil(p.Rule.Once, zone); !at.Add(p.grace()).After(now) {
			return invalid("rule.once", string(p.Rule.Once), "this time is over", "give a time to come")
		}
	}
	var frames int64
	for _, it := range items {
		frames += it.Frames()
	}
	if frames < wire.Rate {
		return invalid("playlist", p.Playlist, "one round is shorter than a second", "add content to it, then release again")
	}
	return p.checkFits(frames)
}

// checkFits refuses a rule by which no round could ever be begun.
func (p Programme) checkFits(frames int64) error {
	round := time.Duration(frames) * time.Second / wire.Rate
	most := time.Duration(p.MaxPlay) * time.Second
	if most < round {
		return invalid("maxPlay", fmt.Sprint(p.MaxPlay), "one round lasts "+round.Round(time.Second).String()+", so none would ever begin", "allow more, or shorten the playlist")
	}
	// Short pauses count, long ones free the output; of a loop each round counts alone.
	rounds := time.Duration(max(p.Rule.Rounds, 1))
	chain, pause := rounds*round, time.Duration(p.Rule.Pause)*time.Second
	if pause <= time.Minute {
		chain += (rounds - 1) * pause
	}
	if p.Rule.Kind != wire.RuleLoop && most < chain {
		return invalid("maxPlay", fmt.Sprint(p.MaxPlay), fmt.Sprintf("%d rounds last %s, so none would ever begin", rounds, chain.Round(time.Second)), "allow more seconds, or fewer rounds")
	}
	w := p.Rule.Window
	if w == nil {
		return nil
	}
	from, _ := seconds(w.From)
	to, _ := seconds(w.To)
	if to < from {
		to += 86400
	}
	if open := time.Duration(to-from) * time.Second; open < round {
		return invalid("rule.window", string(w.From)+"–"+string(w.To), "one round lasts "+round.Round(time.Second).String()+", longer than the window, so none would ever begin", "widen the window, or shorten the playlist")
	}
	return nil
}

func (p Programme) grace() time.Duration {
	if p.Grace == NoGrace {
		return 0
	}
	return time.Duration(p.Grace) * time.Second
}

// Validate tells what is wrong with a warning that has its defaults.
func (m Warning) Validate(w World, now time.Time) error {
	err := first(CheckID("id", m.ID), w.area("area", m.Area), w.area("issuer", m.Issuer),
		word("level", m.Level, wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed),
		checkName("title", m.Title, maxName), between("repeat", m.Repeat, 0, 1000), between("pause", m.Pause, 0, 3600), between("volume", m.Volume, 1, 100))
	switch {
	case err != nil:
		return err
	case !w.Tree.Within(m.Area, m.Issuer):
		return invalid("issuer", m.Issuer, "it has no authority over "+m.Area, "issue it in the name of that area or of one above it")
	case strings.TrimSpace(m.Text) == "" && m.Audio == "":
		return invalid("text", "", "a warning needs content", "give a text, an audio asset, or both")
	case !utf8.ValidString(m.Text):
		return invalid("text", "", "this is not UTF-8 text", "save the input as UTF-8")
	case utf8.RuneCountInString(m.Text) > 2000:
		return invalid("text", m.Text, "too long", "use at most 2000 characters")
	case !m.Until.After(now):
		return invalid("until", m.Until.Format(time.RFC3339), "this time is over", "give an end to come")
	case m.Until.Sub(now) > 31*24*time.Hour:
		return invalid("until", m.Until.Format(time.RFC3339), "too far away", "end it within 31 days")
	}
	return nil
}

// CheckLevel tells whether the warning's issuer may warn at its level.
func (m Warning) CheckLevel(c County, t *Tree) error {
	highest := c.MayWarn(m.Issuer, max(len(t.Chain(m.Issuer))-1, 0))
	if m.Level.Rank() <= highest.Rank() {
		return nil
	}
	what := "may warn up to " + string(highest)
	if highest == wire.LevelNone {
		what = "may not warn"
	}
	return &Error{Kind: Forbidden, Field: "level", Value: string(m.Level), Message: m.Issuer + " " + what + " by the county's settings; units refuse more",
		Remedy: "issue it in the name of an area above, or at a lower level"}
}

// Validate tells what is wrong with a mute.
func (m Mute) Validate(w World, now time.Time) error {
	kind, id := m.Address.Split()
	var err error
	switch kind {
	case "area":
		err = w.area("address", id)
	case "unit":
		err = w.Units.check("address", "unit", id)
	default:
		err = invalid("address", string(m.Address), "this is no address", `use "area/<id>" or "unit/<id>"`)
	}
	switch {
	case err != nil:
		return err
	case m.Pause && kind != "unit":
		return invalid("pause", string(m.Address), "a pause is for one unit", "pause each unit, or mute the area")
	case m.Pause && strings.TrimSpace(m.Why) == "":
		return invalid("why", "", "a pause needs a reason", "say in words what is being done")
	case !m.Until.After(now) || !m.Until.After(m.From):
		return invalid("until", m.Until.Format(time.RFC3339), "it ends before it begins", "give an end to come")
	case m.Until.Sub(now) > 366*24*time.Hour:
		return invalid("until", m.Until.Format(time.RFC3339), "too far away", "end it within a year")
	}
	return checkName("why", m.Why, maxName)
}
