package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

const (
	// saidWait is how long a tone waits for what it is to say; it sounds without it
	// then, as somebody stands at the pole.
	saidWait = 10 * time.Second
	// saidMost is the largest file that is fetched for it, in bytes.
	saidMost = 4 << 20
)

// saying are the files that a tone is to say and that no snapshot names. They are
// fetched as those of warnings are, behind them, and stay on the card until they
// have been said.
type saying struct {
	mu    sync.Mutex
	files []asset
	here  chan struct{} // closed when all are on the card
}

// say brings what is to be said onto the card; it waits a while for it. done lets
// the files go.
func (f *fetcher) say(ctx context.Context, items []wire.Item) (done func()) {
	var files []asset
	for _, it := range items {
		if s := it.Sound; s != nil && s.Size <= saidMost {
			files = append(files, asset{hash: media.Hash(s.Hash), size: s.Size, urgent: true})
		}
	}
	here := make(chan struct{})
	f.saying.set(files, here)
	done = func() { f.saying.set(nil, nil) }
	f.said("", nil)
	poke(f.wake)
	poke(f.urgent)
	ctx, cancel := context.WithTimeout(ctx, saidWait)
	defer cancel()
	select {
	case <-here:
	case <-ctx.Done():
	}
	return done
}

func (s *saying) set(files []asset, here chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files, s.here = files, here
}

// wanted are the files to be said.
func (s *saying) wanted() []asset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files
}

// said tells who waits that there is nothing more to wait for: all is on the card,
// or will not come. A file of which the server itself says so is given up; a bad
// line is tried again.
func (f *fetcher) said(hash media.Hash, err error) {
	s := &f.saying
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, line := errors.AsType[*serverError](err); err != nil && !line && !errors.Is(err, errAside) {
		s.files = slices.DeleteFunc(slices.Clone(s.files), func(a asset) bool { return a.hash == hash })
	}
	if s.here == nil || slices.ContainsFunc(s.files, func(a asset) bool { return !f.spool.Verified(a.hash) }) {
		return
	}
	close(s.here)
	s.here = nil
}
