package agent

import (
	"sync"
	"time"

	"github.com/villagecast/villagecast/media"
)

// unplayableFor is how long a file is left out that failed although it is whole.
const unplayableFor = time.Hour

// suspects are files that could not be played. After the first time a file is
// verified again, which finds one that the card has damaged. One that is whole
// and fails again would be planned and fail for ever: it is left out for a while.
type suspects struct {
	mu    sync.Mutex
	files map[media.Hash]suspect
}

type suspect struct {
	times int
	last  time.Time
}

// failed notes a failure; it answers whether the file is left out from now on.
func (s *suspects) failed(h media.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[media.Hash]suspect{}
	}
	f := s.files[h]
	if time.Since(f.last) > unplayableFor {
		f.times = 0
	}
	f.times, f.last = f.times+1, time.Now()
	s.files[h] = f
	return f.times > 1
}

// has tells whether the file is left out.
func (s *suspects) has(h media.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[h]
	return f.times > 1 && time.Since(f.last) <= unplayableFor
}
