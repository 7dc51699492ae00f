package player

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	meterFrames = Rate / 20 // what Level looks at: 50 ms
	meterStale  = time.Second
	tapFrames   = Rate // what a slow reader of Tap can be behind
)

// meter keeps the last frames taken and gives them to whoever listens in.
type meter struct {
	mu   sync.Mutex
	last [meterFrames]float32
	next int // where in last the next frame goes
	at   time.Time
	taps []*tap
	shut bool
}

type tap struct{ chunks chan []float32 }

func (m *meter) take(buf []float32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = time.Now()
	recent := buf[max(0, len(buf)-meterFrames):]
	for len(recent) > 0 {
		n := copy(m.last[m.next:], recent)
		m.next, recent = (m.next+n)%meterFrames, recent[n:]
	}
	if len(m.taps) == 0 || len(buf) == 0 {
		return
	}
	chunk := slices.Clone(buf)
	for _, t := range m.taps {
		if len(t.chunks) >= max(1, tapFrames/len(buf)) {
			continue
		}
		select {
		case t.chunks <- chunk:
		default:
		}
	}
}

func (m *meter) level() (peak, rms float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) > meterStale {
		return 0, 0
	}
	sum := 0.0
	for _, s := range m.last {
		v := float64(s)
		peak = max(peak, math.Abs(v))
		sum += v * v
	}
	return peak, math.Sqrt(sum / meterFrames)
}

// add begins a tap unless the meter is closed; watch starts what will end it.
func (m *meter) add(t *tap, watch func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return false
	}
	m.taps = append(m.taps, t)
	watch()
	return true
}

// remove ends a tap; the channel is closed here, under the lock that its only
// sender holds.
func (m *meter) remove(t *tap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.taps, t); i >= 0 {
		m.taps = slices.Delete(m.taps, i, i+1)
		close(t.chunks)
	}
}

// Level returns the peak and the root mean square of the last 50 ms that the
// output took, full scale 1; nothing when it takes none or is counting.
func (p *Player) Level() (peak, rms float64) { return p.meter.level() }

// Tap returns what the output takes, in chunks, until ctx is done or the player
// closed; then the channel is closed. A reader that is more than a second
// behind loses chunks, and never slows the output. Chunks may be kept but not
// changed: other readers have the same.
func (p *Player) Tap(ctx context.Context) <-chan []float32 {
	t := &tap{chunks: make(chan []float32, 100)}
	watch := func() {
		p.wg.Go(func() {
			select {
			case <-ctx.Done():
			case <-p.stopping.Done():
			}
			p.meter.remove(t)
		})
	}
	if !p.meter.add(t, watch) {
		close(t.chunks)
	}
	return t.chunks
}

// close lets no tap begin any more.
func (m *meter) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = true
}
