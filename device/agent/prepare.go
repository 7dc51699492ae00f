package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/media/audio"
)

const (
	// prepareTimes is how often a recording must begin in the next 24 h to be worth
	// preparing. To prepare an hour of MP3 costs 31 s of processor time and writes 346
	// MB to the card, to decode it as it plays 20 s, to read it prepared 0.3 s: twice is
	// about even, from the third time on it is a gain.
	prepareTimes = 3
	// prepareSettle is how long nothing may have changed: a start and a change have
	// work of their own.
	prepareSettle = 10 * time.Second
	// prepareEvery is how often the next 24 h are looked at where nothing changes.
	prepareEvery = time.Hour
	// prepareRest is how many times as long as it works the preparer rests: it takes
	// a quarter of one processor, and a quarter of the card's time.
	prepareRest = 3
	// prepareBlock is how many frames are decoded between two rests.
	prepareBlock = wire.Rate / 2
)

// preparer decodes what will play often once, ahead of time, so that playing it
// costs little. Nobody waits for it.
type preparer struct {
	spool *spool.Spool
	air   *airtime.Clock
	view  func() *view
	state func() timetable.State
	onAir func() []wire.OnAir
	limit int64
	log   *slog.Logger
	wake  chan struct{}

	later map[media.Hash]time.Time // what failed, until when it is left alone
}

// run prepares until ctx ends.
func (p *preparer) run(ctx context.Context) {
	p.later = map[media.Hash]time.Time{}
	for sleep(ctx, prepareSettle) {
		v := p.view()
		list := p.list(v)
		for p.view() == v {
			next, ok := p.next(list)
			if !ok || ctx.Err() != nil {
				break
			}
			if err := p.prepare(ctx, next); err != nil && ctx.Err() == nil {
				p.later[media.Hash(next.Hash)] = time.Now().Add(prepareEvery)
				p.log.Info("sound is not prepared; it plays from its recording", "file", media.Hash(next.Hash).Short(), "err", err)
			}
		}
		wait := prepareEvery
		if !p.air.Trusted() { // nobody says when it will be
			wait = time.Minute
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// frequent are the recordings that play often in the next 24 h, those that
// play most often first, then those that play soonest.
func frequent(table *timetable.Table, state timetable.State, now time.Time) []wire.Sound {
	type use struct {
		wire.Sound
		times int
		first int64
	}
	var list []use
	at := map[string]int{}
	ahead, _ := table.Run(state, now, now.Add(lookAhead))
	for _, stretch := range ahead.Stretches {
		if stretch.Output != wire.OutputSound {
			continue
		}
		for hour := stretch.From; hour.Before(stretch.To); hour = hour.Add(time.Hour) { // a day of short items is a long list
			for _, s := range stretch.Spans(hour, hour.Add(time.Hour)) {
				if s.Sound == nil || s.Offset > 0 {
					continue
				}
				i, known := at[s.Sound.Hash]
				if !known {
					i, at[s.Sound.Hash] = len(list), len(list)
					list = append(list, use{*s.Sound, 0, s.From.UnixNano()})
				}
				list[i].times++
			}
		}
	}
	list = slices.DeleteFunc(list, func(u use) bool { return u.times < prepareTimes })
	slices.SortStableFunc(list, func(a, b use) int {
		return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.first, b.first))
	})
	out := make([]wire.Sound, len(list))
	for i, u := range list {
		out[i] = u.Sound
	}
	return out
}

// list is what plays often by the view.
func (p *preparer) list(v *view) []wire.Sound {
	if !p.air.Trusted() || v.table == nil || p.limit == 0 {
		return nil
	}
	return frequent(v.table, p.state(), p.air.Now())
}

// next is what of the list to prepare now. What is prepared and still plays often
// is not given up for what plays more often: that would wear the card for nothing.
func (p *preparer) next(list []wire.Sound) (wire.Sound, bool) {
	have := p.spool.Prepared()
	left, wanted := p.limit, map[media.Hash]bool{}
	for _, s := range list {
		if size, ok := have[media.Hash(s.Hash)]; ok {
			left -= size
			wanted[media.Hash(s.Hash)] = true
		}
	}
	p.spool.WantPrepared(wanted)
	for _, s := range list {
		h := media.Hash(s.Hash)
		if wanted[h] || time.Now().Before(p.later[h]) || !p.spool.Verified(h) {
			continue
		}
		if preparedSize(s) <= left {
			return s, true
		}
	}
	return wire.Sound{}, false
}

func preparedSize(s wire.Sound) int64 { return audio.PreparedSize(s.Lead+s.Frames, audio.Narrow) }

// prepare decodes one recording, in 16 bit if those hold it.
func (p *preparer) prepare(ctx context.Context, s wire.Sound) (err error) {
	defer func() { // what plays without being prepared must not end the agent
		if r := recover(); r != nil {
			err = fmt.Errorf("prepare sound: %v", r)
		}
	}()
	err = p.write(ctx, s, audio.Narrow)
	if errors.Is(err, audio.ErrNarrow) {
		err = p.write(ctx, s, audio.Wide)
	}
	return err
}

// errDirect says that decoding costs nothing.
var errDirect = errors.New("it is not compressed")

func (p *preparer) write(ctx context.Context, s wire.Sound, width int) error {
	h := media.Hash(s.Hash)
	f, err := p.spool.OpenAsset(h)
	if err != nil {
		return err
	}
	defer f.Close()
	stream, err := audio.Open(f, s.Type)
	if err != nil {
		return err
	}
	if audio.Direct(stream) {
		return errDirect
	}
	d, err := p.spool.Prepare(h, preparedSize(s)*int64(width)/audio.Narrow)
	if err != nil {
		return err
	}
	if err := audio.Prepare(d, &gently{Stream: stream, ctx: ctx, busy: p.busy, since: time.Now()}, d.Key(), width); err != nil {
		d.Drop()
		return err
	}
	return d.Finish()
}

// busy tells whether a warning plays, or is on its way: it has the processor and
// the card to itself.
func (p *preparer) busy() bool {
	return slices.ContainsFunc(p.onAir(), func(o wire.OnAir) bool { return o.Interrupt != "" }) ||
		slices.ContainsFunc(p.view().assets, func(a asset) bool { return a.urgent && !p.spool.Verified(a.hash) })
}

// gently is a stream that rests between reading, and waits while busy.
type gently struct {
	audio.Stream
	ctx   context.Context
	busy  func() bool
	since time.Time
	done  int
}

// Read implements audio.Stream.
func (g *gently) Read(p []float32) (int, error) {
	if g.done >= prepareBlock {
		rest := max(prepareRest*time.Since(g.since), time.Millisecond)
		for first := true; first || g.busy(); first = false {
			if !sleep(g.ctx, rest) {
				return 0, context.Cause(g.ctx)
			}
			rest = time.Second
		}
		g.done, g.since = 0, time.Now()
	}
	n, err := g.Stream.Read(p)
	g.done += n
	return n, err
}

// prepareSound makes the preparer, and clears what it may not use away.
func (a *agent) prepareSound() {
	a.preparer = &preparer{
		spool: a.spool, air: a.air, view: a.keeper.view.Load, limit: a.o.Settings.prepared(), log: a.log.With("part", "preparer"),
		state: func() timetable.State { return *a.conductor.shadow.Load() },
		onAir: func() []wire.OnAir { return a.conductor.shared.Load().onAir }, wake: make(chan struct{}, 1),
	}
	a.spool.BoundPrepared(a.preparer.limit, a.o.Software)
}

// DefaultPrepared is how much of the card prepared sound may take, in MB: an hour
// and a half of it.
const DefaultPrepared = 512

// prepared is how many bytes prepared sound may take.
func (s Settings) prepared() int64 {
	if s.Prepared == nil {
		return DefaultPrepared * 1e6
	}
	return int64(*s.Prepared) * 1e6
}
