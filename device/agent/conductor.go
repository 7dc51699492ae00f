package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

const (
	// beatEvery is the distance of heartbeats, markEvery that of alive marks.
	beatEvery = 15 * time.Second
	markEvery = time.Minute
	// planAhead is how much the outputs are told at a time; it outlasts the
	// longest sleep of the loop.
	planAhead = 30 * time.Second
	// tellAhead is how far the local page looks.
	tellAhead = 10 * time.Minute
	// standstill is how long the loop may have stood before that counts as off.
	standstill = time.Minute
	// unopenedFor is how long an agent lives whose sound output could not be
	// opened, before it asks to be started anew.
	unopenedFor = 5 * time.Minute
)

// conductor is the playing loop. Everything but status, state and the hooks of
// the demonstration belongs to its own goroutine.
type conductor struct {
	unit, boot string
	lang       string
	started    time.Time
	spool      *spool.Spool
	air        *airtime.Clock
	link       *link
	cond       *conditions
	reporter   *reporter
	view       func() *view
	word       *word
	// doubt is told of a file that could not be played, refuse of a warning that
	// was kept silent.
	doubt  func(media.Hash)
	refuse func(what, code, why string)
	// alive is called at every turn of the loop.
	alive  func()
	player *player.Player // nil without a sound output
	screen *screen.Screen // nil without a panel
	// unopened: there is a sound output that could not be opened.
	unopened bool
	log      *slog.Logger
	wake     chan struct{}

	// last is the alive mark of the run before, born the elapsed time at the start.
	last  spool.Alive
	born  time.Duration
	begun bool // the time is known, and the run before is accounted for

	state    timetable.State
	table    *timetable.Table // what state was told with last
	settled  bool             // the first advance is done
	leapt    bool             // the clock was set forward since the last advance
	resume   time.Time        // where state goes on, if not where it ended; else zero
	offTo    time.Time        // the end of the time in which it was off last
	stepped  time.Duration    // elapsed time of the last advance
	planner  *planner
	account  *account
	later    []player.Played // handed out, but not sounding yet
	current  *view
	cardSeen time.Time // when the card was looked for last
	nextBeat time.Time
	nextMark time.Time
	turned   bool // something began, ended or was given up since the last mark
	onAir    []wire.OnAir
	lost     bool // the sound output, as last reported
	beat     atomic.Bool
	shared   atomic.Pointer[status]
	shadow   atomic.Pointer[timetable.State]
	gate     gate
}

// status is what the rest of the agent may see of the loop.
type status struct {
	at      time.Time
	onAir   []wire.OnAir
	next    []timetable.Stretch
	volume  int
	muted   bool
	entries int
}

// errGivenUp ends the agent: its supervisor starts it anew.
var errGivenUp = errors.New("the sound output is given up")

// run plays until ctx ends, and proves what played. It fails only when the
// sound output is given up.
func (c *conductor) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var notify <-chan struct{}
	if c.player != nil {
		notify = c.player.Notify()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-c.wake:
		case <-notify:
		}
		if !c.gate.pass(ctx) {
			return nil
		}
		if err := c.devices(); err != nil {
			return err
		}
		timer.Reset(c.step())
		c.alive()
	}
}

// step brings everything to the present and says how long to sleep.
func (c *conductor) step() time.Duration {
	c.settle()
	trusted := c.air.Trusted()
	now := c.present()
	if trusted {
		c.begin(now)
	}
	c.sayClock(c.air.State())
	edge := now.Add(beatEvery)
	if v := c.view(); c.rules(v) != nil {
		edge = c.play(v, now)
	} else {
		c.current, c.table = v, nil
		c.perform(nil, now)
		c.tell(now, nil, nil)
	}
	if c.write() {
		c.turned = true
	}
	if c.beat.Swap(false) || !now.Before(c.nextBeat) || c.nextBeat.Sub(now) > beatEvery {
		c.heartbeat()
		c.nextBeat = now.Add(beatEvery)
	}
	// What has ended must not begin again after a power cut, and what was cut is to
	// be known by its place; so every turn is marked.
	if trusted && (c.turned || !now.Before(c.nextMark) || c.nextMark.Sub(now) > markEvery) {
		c.mark(now, false)
		c.nextMark, c.turned = now.Add(markEvery), false
	}
	for _, at := range []time.Time{c.nextBeat, c.nextMark} {
		if at.After(now) && at.Before(edge) {
			edge = at
		}
	}
	if at, ok := c.account.due(); ok && at.Before(edge) {
		edge = at
	}
	return max(edge.Sub(now), time.Millisecond)
}

// play does what the timetable says and gives the next edge.
func (c *conductor) play(v *view, now time.Time) time.Time {
	table := c.rules(v)
	if c.table != nil && c.table != table {
		c.advance(c.table, now) // up to here the old one held
	}
	c.current, c.table = v, table
	c.advance(table, now)
	// What the centre says now holds from now on.
	c.state.Heard = min(max(c.state.Heard, c.word.latest(now)), now.UnixNano())
	c.drain(now)
	c.account.expire(now, false)
	c.account.finish(now, false)

	from := now
	if !c.resume.IsZero() {
		from = c.resume
	}
	ahead, _ := table.Run(c.state, from, now.Add(tellAhead))
	var spans []timetable.Span
	edge := now.Add(beatEvery)
	for _, s := range ahead.Stretches {
		spans = append(spans, s.Spans(now, now.Add(planAhead))...)
		if !s.Continues && s.From.Equal(now) || s.End != wire.OutcomeGoesOn && s.To.Equal(now) {
			edge = now.Add(time.Millisecond) // what turns at this instant is told by the next
		}
		for _, at := range []time.Time{s.From, s.To} {
			if at.After(now) && at.Before(edge) {
				edge = at
			}
		}
	}
	if at := now.Add(settle); at.Before(edge) && c.account.leaving(ahead.Stretches, now) {
		edge = at
	}
	c.perform(spans, now)
	c.tell(now, ahead.Stretches, spans)
	return edge
}

// advance tells the state what happened up to now, and the account with it.
func (c *conductor) advance(t *timetable.Table, now time.Time) {
	from := c.state.Time()
	if !c.resume.IsZero() {
		from = c.resume
	}
	stood := c.air.Elapsed() - c.stepped
	c.stepped += stood
	switch gap := now.Sub(from); {
	case !c.settled, c.leapt, !c.begun && gap > standstill:
		c.resume = now // whatever was before, the unit was off or did not know the time
		c.settled, c.leapt = true, false
	case stood > standstill && gap > 0:
		c.log.Error("the playing loop stood still", "for", gap)
		c.reporter.record(wire.Entry{At: now.UnixMilli(), Off: &wire.Off{From: from.UnixMilli(), To: now.UnixMilli()}},
			event(now, CodeStalled, "the playing loop stood still for "+gap.Round(time.Second).String()))
		c.resume = now
	case gap < 0: // the clock was set back
		c.resume = now
	}
	if !c.resume.IsZero() {
		from = c.resume
	}
	if was := c.state.Time(); !now.After(from) && (was.IsZero() || !was.Before(now)) {
		return // a Run of nothing would forget what was before
	}
	if c.resume = (time.Time{}); from.After(c.state.Time()) {
		if c.offTo = from; c.state.Doubt != 0 {
			c.offTo = time.Unix(0, c.state.Doubt)
		}
	}
	var tl timetable.Timeline
	tl, c.state = t.Run(c.state, from, now)
	shadow := c.state
	c.shadow.Store(&shadow)
	for _, s := range tl.Stretches {
		c.account.stretch(s)
		c.turned = c.turned || !s.Continues || s.End != wire.OutcomeGoesOn
	}
	c.turned = c.turned || len(tl.Skips) > 0
	for _, s := range joinSkips(tl.Skips) {
		c.skipped(s)
	}
}

// perform hands the plan to the outputs.
func (c *conductor) perform(spans []timetable.Span, now time.Time) {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s timetable.Span) bool {
		return s.Output == wire.OutputSound && c.player == nil || s.Output == wire.OutputScreen && c.screen == nil
	})
	named := c.planner.plan(spans, now)
	if c.player != nil {
		c.player.SetPlan(forPlayer(named, c.spool))
		if slices.ContainsFunc(named, func(s *span) bool { return s.key.interrupt != "" && s.what.Sound != nil && !s.at.After(now) }) {
			c.player.Hush()
		}
	}
	if c.screen != nil {
		c.screen.SetPlan(forScreen(named))
	}
}

// drain takes in what the outputs took.
func (c *conductor) drain(now time.Time) {
	if c.player != nil {
		list := append(c.later, c.player.Drain()...)
		c.later = nil
		for _, p := range list {
			if p.Frames > 0 && !p.At.Before(now) { // frames are handed out before they sound
				c.later = append(c.later, p)
				continue
			}
			c.failed(p)
			c.account.took(p, true)
		}
		if p, ok := c.player.Running(); ok && p.At.Before(now) {
			c.account.took(p, false)
		}
	}
	if c.screen != nil {
		for _, x := range c.screen.Drain() {
			c.account.shown(x, true)
		}
		if x, ok := c.screen.Open(); ok {
			c.account.shown(x, false)
		}
	}
}

// failed looks at why a stretch of sound ended before its time.
func (c *conductor) failed(p player.Played) {
	if p.Err == nil || errors.Is(p.Err, player.ErrGap) || errors.Is(p.Err, player.ErrMissed) {
		return
	}
	s := c.planner.spans[p.ID]
	if s == nil {
		return
	}
	if errors.Is(p.Err, player.ErrShort) && s.end-p.Offset-p.Frames < wire.Rate {
		return // less than a second is missing at its end: nobody would do without it for that
	}
	c.reporter.record(event(c.air.Now(), CodeDamagedAsset, s.title+" item "+itoa(s.item+1)+": "+p.Err.Error()))
	c.doubt(s.hash)
}

// write puts what is proven on the card; it answers whether an interrupt has
// ended or gone on.
func (c *conductor) write() (interrupt bool) {
	done, cues := c.account.harvest()
	if len(cues) > 0 {
		if err := c.spool.AddDetail(cues...); err != nil {
			c.log.Error("item detail cannot be written", "err", err)
		}
	}
	entries := make([]wire.Entry, 0, len(done))
	for i := range done {
		entries = append(entries, wire.Entry{AsRun: &done[i]})
		interrupt = interrupt || done[i].Interrupt != ""
	}
	if len(entries) > 0 {
		c.reporter.record(entries...)
	}
	return interrupt
}

// errCardBack ends the agent: started anew it works from its card.
var errCardBack = errors.New("the memory card can be opened again")

// cardBack tells whether an agent that lives in memory alone could do better,
// and nothing would be lost by it.
func (c *conductor) cardBack() bool {
	if !c.spool.Lost() || time.Since(c.cardSeen) < markEvery {
		return false
	}
	c.cardSeen = time.Now()
	return c.spool.Back() && c.reporter.pending() == 0
}

// devices looks at the card and the outputs themselves.
func (c *conductor) devices() error {
	if c.cardBack() {
		return errCardBack
	}
	v := c.view()
	c.cond.when((c.player == nil || c.account.absent) && v.has(wire.OutputSound), CodeNoSound, "the unit should have sound; this agent has no sound output")
	if c.player == nil {
		if c.unopened && time.Since(c.started) > unopenedFor {
			return errGivenUp
		}
		return nil
	}
	s := c.player.Status()
	c.cond.when(s.Muted, CodeMuted, "the output was muted at the unit itself")
	switch {
	case s.Fault != nil && !c.lost:
		c.cond.raise(CodeOutputLost, s.Fault.Error())
		c.reporter.record(event(c.air.Now(), CodeOutputLost, s.Output+": "+s.Fault.Error()))
		c.beat.Store(true)
	case s.Fault != nil: // another fault than before, perhaps
		c.cond.raise(CodeOutputLost, s.Fault.Error())
	case s.Fault == nil && c.lost:
		c.cond.clear(CodeOutputLost)
		c.reporter.record(event(c.air.Now(), CodeOutputBack, s.Output))
		c.beat.Store(true)
	}
	c.lost = s.Fault != nil
	if errors.Is(s.Fault, player.ErrGivenUp) {
		return fmt.Errorf("%w: %w", errGivenUp, s.Fault)
	}
	return nil
}
