package agenttest

import (
	"fmt"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
)

// Board is a board's clocks, for an agent in a bubble whose own time is the
// truth. Its system clock, its elapsed time and its clock chip all run on one
// oscillator, which is off by PPM.
type Board struct {
	PPM float64
	// Chip says that a clock chip keeps the time while the power is off.
	Chip bool

	mu     sync.Mutex
	boots  int
	on     time.Time     // when the power came, in truth
	system time.Time     // the system's clock at that moment
	moved  time.Duration // how far it was set since
	synced bool
	within time.Duration
}

// NewBoard is a board that is switched on now, with its system's clock at an instant.
func NewBoard(ppm float64, chip bool, system time.Time) *Board {
	b := &Board{PPM: ppm, Chip: chip}
	b.Boot(system)
	return b
}

// Boot switches the power on now. A clock chip has gone on; without one the
// system's clock begins at an instant.
func (b *Board) Boot(system time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Chip && b.boots > 0 {
		system = b.now()
	}
	b.boots++
	b.on, b.system, b.moved, b.synced = time.Now(), system, 0, false
}

// Step sets the system's clock forward, or back.
func (b *Board) Step(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved += d
}

// Sync lets a time service set the system's clock to the truth plus off, and
// say so.
func (b *Board) Sync(off, within time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved += time.Now().Add(off).Sub(b.now())
	b.synced, b.within = true, within
}

func (b *Board) elapsed() time.Duration {
	d := time.Since(b.on)
	return d + time.Duration(float64(d)*b.PPM*1e-6)
}

func (b *Board) now() time.Time { return b.system.Add(b.elapsed() + b.moved) }

// System is what the board tells the agent that runs in this boot.
func (b *Board) System() airtime.System {
	b.mu.Lock()
	defer b.mu.Unlock()
	return airtime.System{
		Boot: fmt.Sprintf("boot-%d", b.boots), Chip: b.Chip,
		Now:     func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now() },
		Elapsed: func() time.Duration { b.mu.Lock(); defer b.mu.Unlock(); return b.elapsed() },
		Synced:  func() (time.Duration, bool) { b.mu.Lock(); defer b.mu.Unlock(); return b.within, b.synced },
	}
}
