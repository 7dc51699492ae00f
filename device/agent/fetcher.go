package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/media"
)

const (
	// lookAhead is how far the order in which files are needed is looked at.
	lookAhead = 24 * time.Hour
	// lookAgain is how soon it is looked at again.
	lookAgain = time.Minute
	// spareMedia is how many bytes of files stay that nothing names any more.
	spareMedia = 256 << 20
	// Failures wait longer and longer: those of the server, which concern every
	// file, up to serverMost, for the files of warnings up to warningMost. A file
	// that came whole and wrong costs the line a lot: a minute for each MB, up to
	// wrongMost.
	failedFirst = 2 * time.Second
	serverMost  = time.Minute
	warningMost = 15 * time.Second
	wrongMost   = time.Hour
	// goodProgress is how many bytes show that the server and the way to it work.
	goodProgress = 64 << 10
)

// fetcher brings the files that the view names onto the card, one at a time,
// those of warnings first, then what is needed soonest. But for changed,
// again and say everything belongs to its own goroutine.
type fetcher struct {
	centre func() *endpoint
	spool  *spool.Spool
	air    *airtime.Clock
	cond   *conditions
	log    *slog.Logger
	view   func() *view
	state  func() timetable.State
	isCut  func() bool
	// refuse is told of a file that is not what was signed.
	refuse func(why string)
	// ready is called after a file was verified, or was found damaged.
	ready func()
	wake  chan struct{}
	// urgent is poked when a warning's file is wanted: what is being fetched
	// steps aside.
	urgent chan struct{}
	// fresh: the way to the server may be another one now.
	fresh atomic.Bool

	pace     pace
	turns    map[media.Hash]turn
	failed   map[media.Hash]failure
	server   failure
	soon     time.Time // when a warning's file may be asked for although the server failed
	progress int64     // bytes of the transfer under way
	looked   look
	saying   saying
}

type failure struct {
	times int
	until time.Time
	err   error
}

// again forgets that the server failed: there is a new link, or a new address.
func (f *fetcher) again() {
	f.fresh.Store(true)
	poke(f.wake)
}

// changed makes the fetcher look at a new view.
func (f *fetcher) changed() {
	poke(f.wake)
	if slices.ContainsFunc(f.view().assets, func(a asset) bool { return a.urgent && !f.spool.Verified(a.hash) }) {
		poke(f.urgent)
	}
}

// run fetches until ctx ends.
func (f *fetcher) run(ctx context.Context) {
	f.failed, f.turns = map[media.Hash]failure{}, map[media.Hash]turn{}
	var seen *view
	for ctx.Err() == nil {
		if v := f.view(); seen == nil || !slices.EqualFunc(v.assets, seen.assets, func(a, b asset) bool { return a.hash == b.hash }) {
			seen = v
			f.prune() // what is not named any more may make room for what is
		}
		next, wait := f.next()
		if next == nil {
			f.idle(ctx, wait)
			continue
		}
		err := f.obtain(ctx, *next)
		f.note(*next, err)
		if err == nil {
			f.ready()
		}
		f.said(next.hash, err)
	}
}

// idle waits for a new view, or until a failed file may be tried again.
func (f *fetcher) idle(ctx context.Context, wait time.Duration) {
	f.prune()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-f.wake:
	case <-t.C:
	}
}

// next is the file to get now; nil with a time to wait when there is none.
func (f *fetcher) next() (*asset, time.Duration) {
	if f.fresh.Swap(false) && f.server.times > 0 {
		f.server = failure{until: time.Now().Add(jitter(0, failedFirst, failedFirst))}
		f.soon = time.Time{}
	}
	wait, now, air := time.Hour, time.Now(), f.air.Now()
	for _, w := range f.order(f.view()) {
		at := f.failed[w.hash].until
		switch {
		case f.spool.HasAsset(w.hash): // it is only to be verified
		case w.urgent:
			at = later(at, f.soon)
		default:
			at = later(later(at, f.server.until), f.turn(w, now, air))
		}
		if pause := at.Sub(now); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		return &w.asset, 0
	}
	return nil, wait
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// turn is when the file may be begun, so that a county does not come at once.
// One that was begun goes on.
func (f *fetcher) turn(w wanted, now, air time.Time) time.Time {
	t, known := f.turns[w.hash]
	if !known {
		t = turn{now, rand.Float64()}
		f.turns[w.hash] = t
	}
	return t.at(w.size, now, w.until(air))
}

// wanted is a file that is not here, and when it is needed first.
type wanted struct {
	asset
	need int64 // unix ns of air time; never, if the timetable does not say
}

const never = int64(1<<63 - 1)

func (w wanted) until(air time.Time) time.Duration {
	if w.need == never {
		return lookAhead
	}
	return max(0, time.Duration(w.need-air.UnixNano()))
}

// order are the files that are not here, by when they are needed.
func (f *fetcher) order(v *view) []wanted {
	var missing []wanted
	for _, a := range slices.Concat(v.assets, f.saying.wanted()) {
		if !f.spool.Verified(a.hash) {
			missing = append(missing, wanted{a, never})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	first := f.needs(v)
	for i := range missing {
		w := &missing[i]
		for _, p := range w.programmes {
			if at, known := first[p]; known {
				w.need = min(w.need, at)
			}
		}
		if w.urgent {
			w.need = -1
		}
	}
	slices.SortStableFunc(missing, func(a, b wanted) int { return cmp.Compare(a.need, b.need) })
	return missing
}

// needs is when each programme is on air next, by its id. It is worked out once
// for what the centre says, not for each file, and anew when it has aged.
func (f *fetcher) needs(v *view) map[string]int64 {
	now := f.air.Now()
	if f.looked.ideal == v.ideal && now.Sub(f.looked.at).Abs() < lookAgain {
		return f.looked.first
	}
	tl, _ := v.ideal.Run(f.state(), now, now.Add(lookAhead))
	first := map[string]int64{}
	for _, s := range tl.Stretches {
		id := s.Programme + s.Interrupt
		if at, known := first[id]; !known || s.From.UnixNano() < at {
			first[id] = s.From.UnixNano()
		}
	}
	f.looked = look{v.ideal, now, first}
	return first
}

// look is what was seen of the timetable.
type look struct {
	ideal *timetable.Table
	at    time.Time
	first map[string]int64
}

// note remembers how it went.
func (f *fetcher) note(a asset, err error) {
	if f.progress >= goodProgress {
		f.server = failure{}
	}
	f.progress = 0
	failed, isServer := errors.AsType[*serverError](err)
	switch {
	case err == nil:
		delete(f.failed, a.hash)
		f.server, f.soon = failure{}, time.Time{}
	case errors.Is(err, errAside):
	case isServer:
		n, now := f.server.times, time.Now()
		pause := max(failed.after, time.Second+jitter(n, failedFirst, serverMost))
		f.server = failure{n + 1, now.Add(pause), err}
		f.soon = now.Add(min(pause, time.Second+jitter(n, failedFirst, warningMost)))
		f.log.Warn("cannot fetch", "file", a.hash.Short(), "err", err)
	default:
		n, most := f.failed[a.hash].times, serverMost
		if errors.Is(err, errWrong) {
			most = min(wrongMost, max(serverMost, time.Duration(a.size>>20)*time.Minute))
			f.refuse(a.hash.Short() + ": " + err.Error())
		}
		f.failed[a.hash] = failure{n + 1, time.Now().Add(time.Second + jitter(n, failedFirst, most)), err}
		f.log.Warn("cannot fetch", "file", a.hash.Short(), "err", err)
	}
	f.complain()
}

// complain says what cannot be fetched now.
func (f *fetcher) complain() {
	switch {
	case f.server.err != nil:
		f.cond.raise(CodeFetch, fmt.Sprintf("the centre's server: %v", f.server.err))
	case len(f.failed) > 0:
		one := slices.Sorted(maps.Keys(f.failed))[0]
		f.cond.raise(CodeFetch, fmt.Sprintf("%d files; %s: %v", len(f.failed), one.Short(), f.failed[one].err))
	default:
		f.cond.clear(CodeFetch)
	}
}

// errAside says that a download made way for a warning's.
var errAside = errors.New("made way for a warning")

// obtain verifies the file, or fetches it.
func (f *fetcher) obtain(ctx context.Context, a asset) error {
	if f.spool.HasAsset(a.hash) {
		err := f.spool.Verify(a.hash)
		if err == nil {
			return nil
		}
		f.log.Warn("a file on the card is damaged", "file", a.hash.Short(), "err", err)
		f.ready() // it is planned no more, however long a whole one takes to come
	}
	if f.isCut() {
		return errors.New("the link was cut by hand")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer func() { <-done }()
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		defer close(done)
		if a.urgent {
			return
		}
		select {
		case <-f.urgent:
			cancel(errAside)
		case <-finished:
		}
	}()
	err := f.download(ctx, cancel, a)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// prune frees the card of files that nothing names any more.
func (f *fetcher) prune() {
	keep := map[media.Hash]bool{}
	for _, a := range slices.Concat(f.view().assets, f.saying.wanted()) {
		keep[a.hash] = true
	}
	gone := func(h media.Hash) bool { return !keep[h] }
	maps.DeleteFunc(f.failed, func(h media.Hash, _ failure) bool { return gone(h) })
	maps.DeleteFunc(f.turns, func(h media.Hash, _ turn) bool { return gone(h) })
	if len(keep) == 0 {
		f.server = failure{} // there is nothing that it could fail to give
	}
	f.complain()
	if err := f.spool.Prune(keep, spareMedia); err != nil {
		f.log.Warn("cannot remove old files", "err", err)
	}
}
