package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/media"
)

const (
	// stall is how long a download may bring nothing.
	stall = 30 * time.Second
	// fetchBlock is how much is read at a time.
	fetchBlock = 32 << 10
	// lookAhead is how far the order in which files are needed is looked at.
	lookAhead = 24 * time.Hour
	// spareMedia is how many bytes of files stay that nothing names any more.
	spareMedia = 256 << 20
)

// Throttle is asked before every n bytes of a download and may wait.
type Throttle func(ctx context.Context, n int) error

// fetcher brings the files that the view names onto the card, one at a time,
// those of warnings first, then what is needed soonest.
type fetcher struct {
	base     string
	client   *http.Client
	throttle Throttle
	spool    *spool.Spool
	air      *airtime.Clock
	cond     *conditions
	log      *slog.Logger
	view     func() *view
	state    func() timetable.State
	isCut    func() bool
	// ready is called after a file was verified, or was found damaged.
	ready func()
	wake  chan struct{}
	// urgent is poked when a warning's file is wanted: what is being fetched
	// steps aside.
	urgent chan struct{}
	failed map[media.Hash]failure
}

type failure struct {
	times int
	until time.Time
	err   error
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
	f.failed = map[media.Hash]failure{}
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
		f.note(next.hash, err)
		if err == nil {
			f.ready()
		}
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
	v := f.view()
	wait := time.Hour
	for _, a := range f.order(v) {
		if f.spool.Verified(a.hash) {
			continue
		}
		if pause := time.Until(f.failed[a.hash].until); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		return &a, 0
	}
	return nil, wait
}

// order sorts the files by when they are needed.
func (f *fetcher) order(v *view) []asset {
	missing := slices.DeleteFunc(slices.Clone(v.assets), func(a asset) bool { return f.spool.Verified(a.hash) })
	if len(missing) < 2 {
		return missing
	}
	now := f.air.Now()
	tl, _ := v.ideal.Run(f.state(), now, now.Add(lookAhead))
	first := map[string]int64{}
	for _, s := range tl.Stretches {
		id := s.Programme + s.Interrupt
		if at, known := first[id]; !known || s.From.UnixNano() < at {
			first[id] = s.From.UnixNano()
		}
	}
	need := func(a asset) int64 {
		soonest := int64(1<<63 - 1)
		for _, p := range a.programmes {
			if at, known := first[p]; known {
				soonest = min(soonest, at)
			}
		}
		if a.urgent {
			soonest = -1
		}
		return soonest
	}
	slices.SortStableFunc(missing, func(a, b asset) int {
		if x, y := need(a), need(b); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return 0
	})
	return missing
}

func (f *fetcher) note(h media.Hash, err error) {
	switch {
	case err == nil:
		delete(f.failed, h)
	case errors.Is(err, errAside):
	default:
		n := f.failed[h].times
		f.failed[h] = failure{n + 1, time.Now().Add(time.Second + jitter(n, 2*time.Second, time.Minute)), err}
		f.log.Warn("cannot fetch", "file", h.Short(), "err", err)
	}
	if len(f.failed) == 0 {
		f.cond.clear(CodeFetch)
		return
	}
	one := slices.Sorted(maps.Keys(f.failed))[0]
	f.cond.raise(CodeFetch, fmt.Sprintf("%d files; %s: %v", len(f.failed), one.Short(), f.failed[one].err))
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

func (f *fetcher) download(ctx context.Context, cancel context.CancelCauseFunc, a asset) error {
	d, err := f.spool.Download(a.hash, a.size)
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished {
			_ = d.Close()
		}
	}()
	if d.Size() > a.size && a.size > 0 {
		if err := d.Reset(); err != nil {
			return err
		}
	}
	if d.Size() == 0 || d.Size() < a.size {
		if err := f.transfer(ctx, cancel, d, a); err != nil {
			return err
		}
	}
	finished = true
	return d.Finish()
}

// transfer asks for the rest of the file.
func (f *fetcher) transfer(ctx context.Context, cancel context.CancelCauseFunc, d *spool.Download, a asset) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(f.base, "/")+"/media/"+string(a.hash), nil)
	if err != nil {
		return err
	}
	if d.Size() > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.Size()))
	}
	watchdog := time.AfterFunc(stall, func() { cancel(errors.New("the download stands still")) })
	defer watchdog.Stop()
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		if d.Size() > 0 { // the server knows no ranges
			if err := d.Reset(); err != nil {
				return err
			}
		}
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", d.Size())):
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(errors.New("the server has less of the file than we do"), d.Reset())
	default:
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	return f.copy(ctx, d, resp.Body, a.size, watchdog)
}

func (f *fetcher) copy(ctx context.Context, d *spool.Download, body io.Reader, size int64, watchdog *time.Timer) error {
	buf := make([]byte, fetchBlock)
	for {
		if f.throttle != nil {
			if err := f.throttle(ctx, len(buf)); err != nil {
				return err
			}
		}
		n, err := body.Read(buf)
		watchdog.Reset(stall)
		if d.Size()+int64(n) > size && size > 0 {
			return errors.Join(fmt.Errorf("more than the %d bytes announced", size), d.Reset())
		}
		if _, err := d.Write(buf[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// prune frees the card of files that nothing names any more.
func (f *fetcher) prune() {
	keep := map[media.Hash]bool{}
	for _, a := range f.view().assets {
		keep[a.hash] = true
	}
	if err := f.spool.Prune(keep, spareMedia); err != nil {
		f.log.Warn("cannot remove old files", "err", err)
	}
}
