package wire

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Validate checks the bulletin whole, as the centre does before it signs.
func (b Bulletin) Validate() error {
	var c check
	c.within("", b.ValidateFrame())
	c.count("programmes", len(b.Programmes), MaxProgrammes)
	each(&c, "programmes", b.Programmes)
	seen := map[string]bool{}
	for i, p := range b.Programmes {
		// Two versions of one programme may stand side by side.
		key := fmt.Sprintf("%s %d", p.ID, p.Version)
		c.that(!seen[key], fmt.Sprintf("programmes[%d].version", i), p.Version, "name each version of a programme once")
		seen[key] = true
		for _, name := range append(slices.Clone(p.Rule.On), p.Rule.Off...) {
			_, ok := b.Calendars[name]
			c.that(ok, fmt.Sprintf("programmes[%d].rule", i), name, "put the dates of every calendar that is named into the bulletin")
		}
	}
	return c.err
}

// ValidateFrame checks all but the programmes, each of which a unit judges
// alone: one that it cannot understand does not cost it the others.
func (b Bulletin) ValidateFrame() error {
	var c check
	c.address("address", b.Address)
	c.that(b.Revision > 0, "revision", b.Revision, "a snapshot's revision is at least 1")
	kind, id := b.Address.Split()
	if b.County != nil {
		c.that(kind == "area", "county", "set", "only an area's bulletin has it")
		c.within("county", b.County.Validate())
	}
	if b.Settings != nil {
		c.that(kind == "unit" && b.Settings.Unit == id, "settings.unit", b.Settings.Unit, "only a unit's own bulletin has settings, its own")
		c.within("settings", b.Settings.Validate())
	}
	for _, name := range sortedKeys(b.Calendars) {
		c.id("calendars", name)
		c.dates("calendars."+name, b.Calendars[name])
	}
	return c.err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *check) dates(field string, dates []Date) {
	c.count(field, len(dates), 4000)
	for i, d := range dates {
		_, err := d.Time()
		c.that(err == nil, fmt.Sprintf("%s[%d]", field, i), d, `use a day such as "2026-11-24"`)
	}
}

var zonePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,3}$`)

// Validate checks what holds for the county. That the zone exists is for its
// users to find: this package reads no zone files.
func (n County) Validate() error {
	var c check
	c.text("name", n.Name, 0, MaxTitle)
	c.that(zonePattern.MatchString(n.Zone) && n.Zone != "Local" && len(n.Zone) <= 64, "zone", n.Zone, "use an IANA name such as Asia/Shanghai")
	c.windows("quiet", n.Quiet)
	c.windows("dark", n.Dark)
	c.count("caps", len(n.Caps), 48)
	for i, v := range n.Caps {
		at := fmt.Sprintf("caps[%d]", i)
		c.within(at, v.Window.Validate())
		c.number(at+".volume", int64(v.Volume), 0, 100)
	}
	c.count("loud", len(n.Loud), 4)
	for i, l := range n.Loud {
		c.that(l.Warning(), fmt.Sprintf("loud[%d]", i), l, "use blue, yellow, orange or red")
	}
	c.count("highest", len(n.Highest), 16)
	for i, l := range n.Highest {
		c.that(l.Warning() || l == LevelNone, fmt.Sprintf("highest[%d]", i), l, remedyHighest)
	}
	c.count("highestIn", len(n.HighestIn), 1000)
	for _, id := range sortedKeys(n.HighestIn) {
		c.id("highestIn", id)
		c.that(n.HighestIn[id].Warning() || n.HighestIn[id] == LevelNone, "highestIn."+id, n.HighestIn[id], remedyHighest)
	}
	c.text("slogan", n.Slogan, 0, MaxBody)
	return c.err
}

const remedyHighest = "use blue, yellow, orange, red or none"

func (c *check) windows(field string, list []Window) {
	c.count(field, len(list), 48)
	each(c, field, list)
}

// Validate checks the two times.
func (w Window) Validate() error {
	var c check
	from, err1 := w.From.Seconds()
	to, err2 := w.To.Seconds()
	c.that(err1 == nil && from < 86400, "from", w.From, `use a time of day such as "07:00", before "24:00"`)
	c.that(err2 == nil, "to", w.To, `use a time of day such as "21:00", at most "24:00"`)
	// A window of 00:00 to 00:00 would be ambiguous between nothing and all day; 00:00 to 24:00 is the day.
	c.that(from != to, "to", w.To, "use another time than from; a whole day is 00:00 to 24:00")
	return c.err
}

// Validate checks what the unit knows of itself.
func (s Settings) Validate() error {
	var c check
	c.id("unit", s.Unit)
	c.text("name", s.Name, 0, MaxTitle)
	c.that(len(s.Chain) > 0 && len(s.Chain) <= MaxAddresses-1, "chain", len(s.Chain), "name the county first and the unit's own area last")
	for i, id := range s.Chain {
		at := fmt.Sprintf("chain[%d]", i)
		c.id(at, id)
		c.that(!slices.Contains(s.Chain[:i], id), at, id, "name each area once")
	}
	c.outputs("outputs", s.Outputs)
	c.number("volume", int64(s.Volume), 0, 100)
	c.windows("quiet", s.Quiet)
	if s.Panel != nil {
		c.number("panel.width", int64(s.Panel.Width), 8, 4096)
		c.number("panel.height", int64(s.Panel.Height), 8, 4096)
	}
	c.count("addresses", len(s.Addresses), MaxAddresses)
	each(&c, "addresses", s.Addresses)
	for i, h := range s.Addresses {
		for _, other := range s.Addresses[:i] {
			c.that(other.Address != h.Address, fmt.Sprintf("addresses[%d].address", i), h.Address, "name each address once")
		}
	}
	return c.err
}

// Validate checks one version of a programme.
func (p Programme) Validate() error {
	var c check
	c.id("id", p.ID)
	c.number("version", int64(p.Version), 1, 1<<31-1)
	c.text("title", p.Title, 0, MaxTitle)
	c.id("issuer", p.Issuer)
	c.that(p.Level == LevelBackground || p.Level == LevelTimed || p.Level == LevelLive, "level", p.Level,
		"use background, timed or live; a warning is an interrupt in the orders")
	c.number("priority", int64(p.Priority), -1000, 1000)
	c.text("category", p.Category, 0, MaxTitle)
	c.text("campaign", p.Campaign, 0, MaxTitle)
	c.within("rule", p.Rule.Validate())
	c.items(p.Items)
	c.ids("except", p.Except, 1000)
	c.oneOf("onCut", p.OnCut, CutRejoin, CutResume, CutSkip)
	c.oneOf("onBlock", p.OnBlock, BlockWait, BlockSkip)
	c.number("grace", int64(p.Grace), 0, MaxGrace)
	c.number("volume", int64(p.Volume), 1, 100)
	c.number("maxPlay", int64(p.MaxPlay), 0, 7*86400)
	c.number("silentAfter", int64(p.SilentAfter), 0, MaxSilentAfter)
	c.optID("by", p.By)
	c.optTime("at", p.At)
	c.ids("needs", p.Needs, 100)
	return c.err
}

func (c *check) ids(field string, ids []string, most int) {
	c.count(field, len(ids), most)
	for i, id := range ids {
		c.id(fmt.Sprintf("%s[%d]", field, i), id)
	}
}

// items checks a playlist. A round of less than a second would fill the proof
// with itself.
func (c *check) items(items []Item) {
	c.that(len(items) > 0, "items", len(items), "name at least one item")
	c.count("items", len(items), MaxItems)
	each(c, "items", items)
	var frames int64
	for _, i := range items {
		frames += i.Frames()
	}
	c.that(c.err != nil || frames >= Rate, "items", fmt.Sprintf("a round of %.2f s", float64(frames)/Rate), "make it last a second or more: add an item, or take a longer recording")
}

// Validate checks one item of a playlist.
func (i Item) Validate() error {
	var c check
	c.text("title", i.Title, 0, MaxTitle)
	c.that(i.Sound != nil || i.Text != nil, "sound, text", "empty", "an item has a sound, a text or both")
	if s := i.Sound; s != nil {
		c.hash("sound.hash", s.Hash)
		c.number("sound.size", s.Size, 1, 1<<40)
		c.oneOf("sound.type", s.Type, "mp3", "flac", "wav", "ogg")
		c.number("sound.lead", s.Lead, 0, MaxItemFrames)
		c.number("sound.frames", s.Frames, 1, MaxItemFrames)
	}
	if t := i.Text; t != nil {
		c.text("text.body", t.Body, 1, MaxBody)
		least := int64(1)
		if i.Sound != nil {
			least = 0
		}
		c.number("text.stay", t.Stay, least, 24*3600*1000)
		c.oneOf("text.effect", t.Effect, "", "scroll", "still")
		c.oneOf("text.color", t.Color, "", "red", "green", "yellow", "white")
	}
	return c.err
}

func (c *check) hash(field, h string) {
	ok := len(h) == 64 && strings.Trim(h, "0123456789abcdef") == ""
	c.that(ok, field, h, "use a SHA-256 in 64 lower-case hex digits")
}

// Validate checks the orders whole, as the centre does before it signs.
func (o Orders) Validate() error {
	var c check
	c.within("", o.ValidateFrame())
	each(&c, "interrupts", o.Interrupts)
	for i, x := range o.Interrupts {
		for _, other := range o.Interrupts[:i] {
			c.that(other.ID != x.ID, fmt.Sprintf("interrupts[%d].id", i), x.ID, "name each interrupt once")
		}
	}
	return c.err
}

// ValidateFrame checks all but the interrupts, each of which a unit judges alone.
func (o Orders) ValidateFrame() error {
	var c check
	c.address("address", o.Address)
	c.that(o.Revision > 0, "revision", o.Revision, "a snapshot's revision is at least 1")
	c.count("interrupts", len(o.Interrupts), MaxInterrupts)
	c.count("barred", len(o.Barred), 5000)
	each(&c, "barred", o.Barred)
	c.count("mutes", len(o.Mutes), 1000)
	each(&c, "mutes", o.Mutes)
	c.count("exceptions", len(o.Exceptions), MaxExceptions)
	each(&c, "exceptions", o.Exceptions)
	c.count("locked", len(o.Locked), MaxLocked)
	each(&c, "locked", o.Locked)
	c.count("revoked", len(o.Revoked), MaxLocked)
	each(&c, "revoked", o.Revoked)
	return c.err
}

// Validate checks one interrupt.
func (i Interrupt) Validate() error {
	var c check
	c.id("id", i.ID)
	c.id("issuer", i.Issuer)
	c.that(i.Level.Warning(), "level", i.Level, "use blue, yellow, orange or red")
	c.text("title", i.Title, 0, MaxTitle)
	c.items(i.Items)
	c.ids("except", i.Except, 1000)
	c.that(i.Issued > 0, "issued", i.Issued, remedyTime)
	c.time("issued", i.Issued)
	c.optTime("from", i.From)
	c.time("until", i.Until)
	c.that(i.Until > max(i.From, i.Issued), "until", i.Until, "use an end after its start")
	c.number("repeat", int64(i.Repeat), 0, 10000)
	c.number("pause", int64(i.Pause), 0, MaxGrace)
	c.number("volume", int64(i.Volume), 1, 100)
	c.optID("by", i.By)
	return c.err
}

// Validate checks one bar.
func (b Bar) Validate() error {
	var c check
	c.id("id", b.ID)
	c.number("version", int64(b.Version), 0, 1<<31-1)
	c.time("at", b.At)
	c.text("by", b.By, 0, MaxTitle)
	return c.err
}

// Validate checks one mute.
func (m Mute) Validate() error {
	var c check
	c.id("id", m.ID)
	c.time("from", m.From)
	c.time("until", m.Until)
	c.that(m.Until >= m.From, "until", m.Until, "use an end that is not before the start")
	c.text("why", m.Why, 0, MaxWords)
	return c.err
}
