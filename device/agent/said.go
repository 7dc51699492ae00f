package agent

import (
	"context"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

const (
	// saidWait is how long a tone waits for what it is to say; it sounds without it
	// then, as somebody stands at the pole.
	saidWait = 20 * time.Second
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
	f.said()
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

// said tells who waits that all of them are on the card, once they are.
func (f *fetcher) said() {
	f.saying.mu.Lock()
	defer f.saying.mu.Unlock()
	if f.saying.here == nil {
		return
	}
	for _, a := range f.saying.files {
		if !f.spool.Verified(a.hash) {
			return
		}
	}
	close(f.saying.here)
	f.saying.here = nil
}
