package timetable

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// orders takes in what is in force now, whoever's it is.
func (c *compiler) orders() {
	type offer struct {
		wire.Interrupt
		depth int
	}
	var offers []offer
	for _, o := range c.in.Orders {
		d, ok := c.depth(o.Address)
		if !ok {
			c.note(ProblemAddress, key{}, fmt.Sprintf("orders for %s do not concern unit %s", o.Address, c.set.Unit))
			continue
		}
		for _, b := range o.Barred {
			c.t.barred[key{b.ID, b.Version, b.Version == 0}] = true
		}
		for _, m := range o.Mutes {
			if m.Until > m.From {
				c.t.mutes = append(c.t.mutes, span{m.From * 1e6, m.Until * 1e6})
			}
		}
		if d == 0 { // only the county knows everybody
			for _, l := range o.Locked {
				if since, ok := c.locked[l.ID]; !ok || l.Since < since {
					c.locked[l.ID] = l.Since
				}
			}
		}
		for _, i := range o.Interrupts {
			offers = append(offers, offer{i, d})
		}
	}
	slices.SortFunc(c.t.mutes, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, o := range offers {
		k := key{o.ID, 0, true}
		if c.t.barred[k] || c.t.byKey[k] != nil {
			continue
		}
		c.interrupt(k, o.Interrupt, o.depth)
	}
}

func (c *compiler) interrupt(k key, i wire.Interrupt, depth int) {
	switch {
	case c.excepted(k, i.Except):
		return
	case !c.mayIssue(k, i.Issuer, depth) || c.isLocked(k, i.By, i.Issued):
		return
	case !i.Level.Warning():
		c.note(ProblemContent, k, fmt.Sprintf("level %q: not a warning; use blue, yellow, orange or red", i.Level))
		return
	case !c.mayWarn(k, i.Issuer, i.Level):
		return
	case i.Repeat < 0 || i.Pause < 0 || i.Pause > MaxPause:
		c.note(ProblemContent, k, "repeat and pause: below 0 or too large")
		return
	}
	p := &prog{key: k, title: i.Title, level: i.Level, why: Reason{Code: WhyInterrupt}, volume: percent(i.Volume), class: class(i.Level),
		loud: c.t.loud[i.Level], grace: never, from: i.From * 1e6, until: i.Until * 1e6}
	if i.From == 0 {
		p.from = i.Issued * 1e6
	}
	p.rank = rankOf(i.Level, c.chain[i.Issuer], 0)
	if !c.content(p, i.Items, int64(i.Repeat), int64(i.Pause), false) {
		return
	}
	if c.in.HourUnknown && !p.loud {
		delete(p.bodies, wire.OutputSound) // it might be night
	}
	c.t.byKey[k] = p
	c.t.progs = append(c.t.progs, p)
	c.t.warned[p.class] = true
}

// mayWarn tells whether the area may warn at the level, as the county says.
func (c *compiler) mayWarn(k key, issuer string, l wire.Level) bool {
	if c.county == nil {
		return true
	}
	highest := c.county.MayWarn(issuer, c.chain[issuer])
	if l.Rank() <= highest.Rank() {
		return true
	}
	c.note(ProblemLevel, k, fmt.Sprintf("level %q: %s may warn up to %q by the county's settings", l, issuer, highest))
	return false
}

// isLocked tells whether the word of the person counted no more at the instant, in ms.
func (c *compiler) isLocked(k key, by string, at int64) bool {
	since, ok := c.locked[by]
	if !ok || at < since {
		return false
	}
	c.note(ProblemLocked, k, fmt.Sprintf("by %q: this account was closed before it was given", by))
	c.t.locked[k] = true
	return true
}

// closings reads quiet hours, dark hours and exceptions.
func (c *compiler) closings() {
	var screen, sound []closing
	if c.county != nil {
		for _, w := range windows(c.county.Dark) {
			screen = append(screen, closing{window: w, daily: true, life: always, why: Reason{Code: EndDark}})
		}
		for _, w := range windows(slices.Concat(c.county.Quiet, c.set.Quiet)) {
			sound = append(sound, closing{window: w, daily: true, life: always, loud: c.t.loud, why: Reason{Code: EndQuiet}})
		}
	} else { // a unit that has not heard of the county yet takes what most say
		c.t.loud[wire.LevelRed], c.t.loud[wire.LevelOrange] = true, true
	}
	for _, o := range c.in.Orders {
		if _, ok := c.depth(o.Address); !ok {
			continue
		}
		for _, e := range o.Exceptions {
			if x, ok := c.exception(e); ok {
				sound = append(sound, x)
			}
		}
	}
	c.t.quiet[wire.OutputSound] = closings(wire.OutputSound, sound)
	c.t.quiet[wire.OutputScreen] = closings(wire.OutputScreen, screen)
}

func (c *compiler) exception(e wire.Exception) (closing, bool) {
	x := closing{life: span{e.From * 1e6, e.Until * 1e6}, loud: c.t.loud, why: Reason{Code: EndException, By: e.ID, Item: e.Why}}
	if e.Until <= e.From || e.Window != nil && c.county == nil {
		return x, false
	}
	if len(e.Loud) > 0 {
		x.loud = map[wire.Level]bool{}
		for _, l := range e.Loud {
			x.loud[l] = true
		}
	}
	if e.Window == nil {
		return x, true
	}
	list := windows([]wire.Window{*e.Window})
	if len(list) == 0 {
		return x, false
	}
	x.daily, x.window = true, list[0]
	return x, true
}
