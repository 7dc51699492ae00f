package airtime

import "time"

// System is what a board can tell of its own clocks. The zero value is a
// process that knows nothing but time.Now.
type System struct {
	// Now is the system's clock, which may be wrong and may step; nil is time.Now.
	Now func() time.Time
	// Elapsed never steps and goes on while the board sleeps; it counts from
	// anywhere. Nil is the time since New.
	Elapsed func() time.Duration
	// Boot names the boot of the board during which Elapsed counts; empty says
	// that it begins anew with each process.
	Boot string
	// Synced tells whether a time service keeps the system's clock right now, and
	// within what; nil is never.
	Synced func() (within time.Duration, ok bool)
	// Chip says that a clock chip with a battery gave the system's clock its
	// time when the board began.
	Chip bool
}

func (s *System) fill() {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Elapsed == nil {
		begin := time.Now()
		s.Elapsed = func() time.Duration { return time.Since(begin) }
	}
	if s.Synced == nil {
		s.Synced = func() (time.Duration, bool) { return 0, false }
	}
}
