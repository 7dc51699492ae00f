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
		return invalid("level", string(p.Level),
			Words{"播发任务不能是预警", "a programme is never a warning"},
			Words{"用 background、timed 或 live；预警用 warn 发", "use background, timed or live; issue warnings with warn"})
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
			return invalid("rule."+e.Field, e.Value, Words{e.Message[1], e.Message[0]}, Words{e.Remedy[1], e.Remedy[0]})
		}
		return invalid("rule", "", Words{err.Error(), err.Error()}, Words{"说明什么时候播：loop、every、at 或 once", "say when it plays: loop, every, at or once"})
	}
	if err := first(eachOnce("rule.times", r.Times), eachOnce("rule.days", r.Days)); err != nil {
		return err
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

// eachOnce refuses a list that names something twice.
func eachOnce[T comparable](field string, list []T) error {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return invalid(field, fmt.Sprint(v), Words{"写了两遍", "stands there twice"}, Words{"每个只写一遍", "name each once"})
		}
	}
	return nil
}

func (t Targets) validate(issuer string, w World) error {
	if _, _, ok := t.HeardOf(); t.Heard != "" && !ok {
		return invalid("targets.heard", t.Heard, Words{"这不是一个版本", "this names no version"}, Words{"写成 “water@2”", `write it as "water@2"`})
	}
	if len(t.Areas)+len(t.Groups)+len(t.Units) == 0 && t.Heard == "" {
		return invalid("targets", "", Words{"没有写播给谁", "it is for nobody"}, Words{"写区域、分组或终端", "name areas, groups or units"})
	}
	for i, id := range t.Areas {
		field := fmt.Sprintf("targets.areas[%d]", i)
		if err := w.area(field, id); err != nil {
			return err
		}
		if !w.Tree.Within(id, issuer) {
			return invalid(field, id,
				Words{"这个区域不在签发区域 " + issuer + " 下面", "this area is not under the issuer " + issuer},
				Words{"选它下面的范围，或以两者共同上级的名义签发", "choose targets under it, or issue it in the name of an area above both"})
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
		return invalid("playlist", p.Playlist, Words{"节目单是空的", "the playlist is empty"}, Words{"添一个条目，再签发", "add an entry to it, then release again"})
	}
	if len(addresses) == 0 && p.Targets.Heard != "" {
		return invalid("targets.heard", p.Targets.Heard,
			Words{"签发区域 " + p.Issuer + " 下面没有终端有播过它的记录", "no unit under the issuer " + p.Issuer + " has proved that it played this"},
			Words{"等播出记录，或写区域", "wait for the proof, or name areas"})
	}
	if len(addresses) == 0 {
		return invalid("targets", strings.Join(slices.Concat(p.Targets.Areas, p.Targets.Groups, p.Targets.Units), ", "),
			Words{"它们在签发区域 " + p.Issuer + " 下面没有终端", "they reach nothing under the issuer " + p.Issuer},
			Words{"写区域、终端，或在那里有成员的分组", "name areas, units or a group with members there"})
	}
	if p.Rule.Kind == wire.RuleOnce { // its end was made of its instant, perhaps
		if at := civil(p.Rule.Once, zone); !at.Add(p.grace()).After(now) {
			return invalid("rule.once", string(p.Rule.Once), Words{"这个时间已经过了", "this time is over"}, Words{"写一个还没到的时间", "give a time to come"})
		}
	}
	until := p.Ends(zone)
	if !until.After(now) {
		return invalid("rule.until", string(p.Rule.Until), Words{"有效期已经过了", "its validity has already ended"}, Words{"写晚一些的结束", "give a later end"})
	}
	var frames int64
	for _, it := range items {
		frames += it.Frames()
	}
	if frames < wire.Rate {
		return invalid("playlist", p.Playlist,
			Words{"一遍不到一秒", "one round is shorter than a second"},
			Words{"添些内容，再签发", "add content to it, then release again"})
	}
	return p.checkFits(frames)
}

// checkFits refuses a rule by which no round could ever be begun.
func (p Programme) checkFits(frames int64) error {
	round := time.Duration(frames) * time.Second / wire.Rate
	most := time.Duration(p.MaxPlay) * time.Second
	if most < round {
		return invalid("maxPlay", fmt.Sprint(p.MaxPlay),
			Words{"一遍要 " + round.Round(time.Second).String() + "，永远开不了播", "one round lasts " + round.Round(time.Second).String() + ", so none would ever begin"},
			Words{"放宽一些，或缩短节目单", "allow more, or shorten the playlist"})
	}
	// Short pauses count, long ones free the output; of a loop each round counts alone.
	rounds := time.Duration(max(p.Rule.Rounds, 1))
	chain, pause := rounds*round, time.Duration(p.Rule.Pause)*time.Second
	if pause <= time.Minute {
		chain += (rounds - 1) * pause
	}
	if p.Rule.Kind != wire.RuleLoop && most < chain {
		return invalid("maxPlay", fmt.Sprint(p.MaxPlay),
			Words{fmt.Sprintf("%d 遍要 %s，永远开不了播", rounds, chain.Round(time.Second)), fmt.Sprintf("%d rounds last %s, so none would ever begin", rounds, chain.Round(time.Second))},
			Words{"放宽秒数，或减少遍数", "allow more seconds, or fewer rounds"})
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
		return invalid("rule.window", string(w.From)+"–"+string(w.To),
			Words{"一遍要 " + round.Round(time.Second).String() + "，比时段还长，永远开不了播", "one round lasts " + round.Round(time.Second).String() + ", longer than the window, so none would ever begin"},
			Words{"放宽时段，或缩短节目单", "widen the window, or shorten the playlist"})
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
		return invalid("issuer", m.Issuer,
			Words{"它管不到 " + m.Area, "it has no authority over " + m.Area},
			Words{"以该区域或其上级的名义签发", "issue it in the name of that area or of one above it"})
	case strings.TrimSpace(m.Text) == "" && m.Audio == "":
		return invalid("text", "", Words{"预警要有内容", "a warning needs content"}, Words{"给文字、音频，或两样都给", "give a text, an audio asset, or both"})
	case !utf8.ValidString(m.Text):
		return invalid("text", "", Words{"不是 UTF-8 文字", "this is not UTF-8 text"}, Words{"另存为 UTF-8 再试", "save the input as UTF-8"})
	case utf8.RuneCountInString(m.Text) > 2000:
		return invalid("text", m.Text, Words{"太长", "too long"}, Words{"最多 2000 字", "use at most 2000 characters"})
	case !m.Until.After(now):
		return invalid("until", m.Until.Format(time.RFC3339), Words{"这个时间已经过了", "this time is over"}, Words{"写一个还没到的结束时间", "give an end to come"})
	case m.Until.Sub(now) > 31*24*time.Hour:
		return invalid("until", m.Until.Format(time.RFC3339), Words{"太远了", "too far away"}, Words{"在 31 天内结束", "end it within 31 days"})
	}
	return nil
}

// CheckLevel tells whether the warning's issuer may warn at its level.
func (m Warning) CheckLevel(c County, t *Tree) error {
	highest := c.MayWarn(m.Issuer, max(len(t.Chain(m.Issuer))-1, 0))
	if m.Level.Rank() <= highest.Rank() {
		return nil
	}
	what := Words{"最高只能发 " + string(highest) + " 级预警", "may warn up to " + string(highest)}
	if highest == wire.LevelNone {
		what = Words{"不能发预警", "may not warn"}
	}
	return &Error{Kind: Forbidden, Field: "level", Value: string(m.Level),
		Message: Words{"按县里的设置，" + m.Issuer + " " + what.ZH + "；再高终端也不收", m.Issuer + " " + what.EN + " by the county's settings; units refuse more"},
		Remedy:  Words{"以上级区域的名义签发，或降低级别", "issue it in the name of an area above, or at a lower level"}}
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
		err = invalid("address", string(m.Address), Words{"这不是地址", "this is no address"}, Words{"写成 “area/编号” 或 “unit/编号”", `use "area/<id>" or "unit/<id>"`})
	}
	switch {
	case err != nil:
		return err
	case m.Pause && kind != "unit":
		return invalid("pause", string(m.Address),
			Words{"暂停只对一个终端", "a pause is for one unit"},
			Words{"逐个暂停终端，或让整个区域静音", "pause each unit, or mute the area"})
	case m.Pause && strings.TrimSpace(m.Why) == "":
		return invalid("why", "", Words{"暂停要写理由", "a pause needs a reason"}, Words{"写明在做什么", "say in words what is being done"})
	case !m.Until.After(now) || !m.Until.After(m.From):
		return invalid("until", m.Until.Format(time.RFC3339), Words{"结束早于开始", "it ends before it begins"}, Words{"写一个还没到的结束时间", "give an end to come"})
	case m.Until.Sub(now) > 366*24*time.Hour:
		return invalid("until", m.Until.Format(time.RFC3339), Words{"太远了", "too far away"}, Words{"在一年内结束", "end it within a year"})
	}
	return checkName("why", m.Why, maxName)
}
