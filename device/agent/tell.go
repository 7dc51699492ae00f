package agent

import (
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// tell publishes what is on air, to the centre when it has changed.
func (c *conductor) tell(now time.Time, ahead []timetable.Stretch, spans []timetable.Span) {
	s := &status{at: now, entries: c.reporter.pending()}
	if v := c.current; v != nil {
		s.volume, s.muted = v.volume(), v.muted(now.UnixMilli())
	}
	for _, x := range ahead {
		switch {
		case c.current == nil || !c.current.has(x.Output):
		case x.From.After(now):
			s.next = append(s.next, x)
		case x.To.After(now):
			s.onAir = append(s.onAir, c.describe(x, now, spans))
		}
	}
	if len(s.onAir) > 2 {
		s.onAir = s.onAir[:2]
	}
	s.onAir = c.untilSilent(s.onAir)
	c.shared.Store(s)
	if same(c.onAir, s.onAir) {
		return
	}
	c.onAir = s.onAir
	if session := c.link.session(); session > 0 {
		c.link.post(wire.ChannelOnAir, wire.OnAirReport{Unit: c.unit, Session: session, At: c.air.Stamp(), OnAir: s.onAir}, true)
	}
}

// untilSilent keeps among what is on air the sound that was cut, if nothing took
// its place, until its last frame is handed out: who waits for silence waits for
// that.
func (c *conductor) untilSilent(now []wire.OnAir) []wire.OnAir {
	sound := func(o wire.OnAir) bool { return o.Output == wire.OutputSound }
	was := slices.IndexFunc(c.onAir, sound)
	if c.player == nil || was < 0 || slices.ContainsFunc(now, sound) || !c.player.Fading() {
		return now
	}
	return append([]wire.OnAir{c.onAir[was]}, now...)
}

func (c *conductor) describe(x timetable.Stretch, now time.Time, spans []timetable.Span) wire.OnAir {
	o := wire.OnAir{
		Output: x.Output, Programme: x.Programme, Version: x.Version, Interrupt: x.Interrupt,
		Title: words(x.Title, wire.MaxTitle), Level: x.Level, Since: x.From.UnixMilli(), Why: words(x.Why(c.lang), wire.MaxWords),
	}
	if e := c.account.open(key{x.Output, x.Programme, x.Version, x.Interrupt}); e != nil {
		o.Since = e.from.UnixMilli()
	}
	if x.End != wire.OutcomeGoesOn {
		o.Until = x.To.UnixMilli()
	}
	for _, s := range spans {
		if s.Output == x.Output && s.Text != nil && !s.From.After(now) && s.To.After(now) {
			o.Text = words(s.Text.Body, wire.MaxBody)
		}
	}
	return o
}

// same tells whether two reports say the same; Until and Since come and go.
func same(a, b []wire.OnAir) bool {
	return slices.EqualFunc(a, b, func(x, y wire.OnAir) bool {
		x.Since, x.Until, y.Since, y.Until = 0, 0, 0, 0
		return x == y
	})
}

// heartbeat says that the loop runs, and how it is.
func (c *conductor) heartbeat() {
	c.cond.sync(spool.Codes(), c.spool.Conditions())
	for _, n := range c.spool.News() {
		c.reporter.record(event(c.air.Now(), n.Code, n.Text))
	}
	session := c.link.session()
	if session == 0 {
		return
	}
	s := c.shared.Load()
	var air *wire.AirTime
	if c.link.centreKnows(wire.FeatureClock) {
		state := c.air.State()
		air = &state
	}
	c.link.post(wire.ChannelHeartbeat, wire.Heartbeat{
		Unit: c.unit, Session: session, Boot: c.boot, At: c.air.Stamp(),
		Uptime: int64(time.Since(c.started) / time.Second), Outbox: s.entries,
		Volume: s.volume, Muted: s.muted || c.mutedHere(), OnAir: s.onAir, Issues: c.cond.list(), Air: air,
	}, true)
}

func (c *conductor) mutedHere() bool { return c.player != nil && c.player.Status().Muted }

// skipped reports what did not play; a skip that says so is proof as well.
func (c *conductor) skipped(s timetable.Skip) {
	if !c.current.has(s.Output) || s.Reason.Code == timetable.EndOff && !s.To.After(c.offTo) { // the time when it was off is told as a whole
		return
	}
	if s.Interrupt != "" { // a Skip is of a programme
		if !s.Known {
			c.refuse("interrupt", s.Reason.Code, fmt.Sprintf("%s of %s (%s): %s", s.Output, s.Interrupt, s.Title, s.Reason.Text(c.lang)))
		}
		return
	}
	w := s.Wire(c.lang)
	w.Why = words(w.Why, wire.MaxWords)
	entries := []wire.Entry{{At: s.At.UnixMilli(), Skip: &w}}
	if !s.Known && (s.Reason.Code == timetable.EndMissing || s.Reason.Code == timetable.EndItem) {
		entries = append(entries, event(s.At, CodeMissing, s.Title+": "+s.Reason.Text(c.lang)))
	}
	c.reporter.record(entries...)
}
