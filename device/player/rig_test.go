package player

import (
	"errors"
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tape is an output without a card that records what it takes, in steps that
// its test makes.
type tape struct {
	chunk   int
	latency time.Duration
	fill    func([]float32)
	fault   func(error)
	got     []float32
}

func (t *tape) Name() string           { return "tape" }
func (t *tape) Latency() time.Duration { return t.latency }
func (t *tape) Close() error           { return nil }
func (t *tape) Start(fill func([]float32), fault func(error)) error {
	t.fill, t.fault = fill, fault
	return nil
}

// run takes chunks for d, each when it is due.
func (t *tape) run(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		t.take()
		time.Sleep(duration(int64(t.chunk)))
	}
}

func (t *tape) take() {
	synctest.Wait() // decoders have done what they can
	buf := make([]float32, t.chunk)
	t.fill(buf)
	t.got = append(t.got, buf...)
}

// sound is a clip in memory; it can fail on command.
type sound struct {
	frames  []float32
	openErr error
	failAt  int // frame at which decoding fails; 0: never
	wait    time.Duration
	mu      sync.Mutex
	opened  int
	closed  int
}

func (s *sound) Open() (Stream, error) {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	time.Sleep(s.wait)
	if s.openErr != nil {
		return nil, s.openErr
	}
	return WithClose(&soundStream{sound: s}, closer(func() { s.mu.Lock(); s.closed++; s.mu.Unlock() })), nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

type soundStream struct {
	sound *sound
	at    int
}

var errDamaged = errors.New("frame is damaged")

func (s *soundStream) Read(p []float32) (int, error) {
	rest := s.sound.frames[s.at:]
	if f := s.sound.failAt; f > 0 {
		if s.at >= f {
			return 0, errDamaged
		}
		rest = s.sound.frames[s.at:f]
	}
	if len(rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1000)], rest)
	s.at += n
	return n, nil
}

// sweep is n frames of a tone that rises and is loud from its first frame,
// from another phase for each seed: every place in it is unlike any other.
func sweep(n int, seed float64) *sound {
	f := make([]float32, n)
	k := math.Log(80)
	for i := range f {
		t := float64(i) / Rate / 10
		f[i] = float32(0.37 * math.Cos(seed+2*math.Pi*1000/k*(math.Exp(t*k)-1)))
	}
	return &sound{frames: f}
}

// stage runs test in a bubble with a player on a tape of 50 ms chunks.
func stage(t *testing.T, opts Options, test func(p *Player, out *tape, start time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		out := &tape{chunk: 2400, latency: 200 * time.Millisecond}
		if opts.Logger == nil {
			opts.Logger = slog.New(slog.DiscardHandler)
		}
		p := New(out, opts)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(p, out, time.Now().Add(out.latency)) // frame 0 sounds then
	})
}

// wantSound fails the test unless got[at:] is want times gain, exactly, with
// silence before it from frame from on.
func wantSound(t *testing.T, got []float32, at int, want []float32, gain float32) {
	t.Helper()
	for i, s := range want {
		if at+i >= len(got) {
			t.Fatalf("captured %d frames, want at least %d", len(got), at+len(want))
		}
		if got[at+i] != s*gain {
			t.Fatalf("frame %d (%d of the sound) is %v, want %v", at+i, i, got[at+i], s*gain)
		}
	}
}

// wantSilence fails the test unless got[from:to] is silent.
func wantSilence(t *testing.T, got []float32, from, to int) {
	t.Helper()
	for i := from; i < min(to, len(got)); i++ {
		if got[i] != 0 {
			t.Fatalf("frame %d is %v, want silence from %d to %d", i, got[i], from, to)
		}
	}
}

// wantPlayed fails the test unless the stretches are these, times aside.
func wantPlayed(t *testing.T, got []Played, want ...Played) {
	t.Helper()
	for i := range got {
		g := got[i]
		if i >= len(want) {
			t.Errorf("played %+v too", g)
			continue
		}
		w := want[i]
		if g.ID != w.ID || g.Offset != w.Offset || g.Frames != w.Frames || g.Silent != w.Silent || g.Cut != w.Cut || !errors.Is(g.Err, w.Err) {
			t.Errorf("played %+v, want %+v", g, w)
		}
		if !w.At.IsZero() && g.At.Sub(w.At).Abs() > 21*time.Microsecond {
			t.Errorf("%s sounded at %v, want %v", g.ID, g.At, w.At)
		}
		if !w.At.IsZero() && (g.Late-w.Late).Abs() > 21*time.Microsecond {
			t.Errorf("%s was late by %v, want %v", g.ID, g.Late, w.Late)
		}
	}
	for _, w := range want[min(len(got), len(want)):] {
		t.Errorf("not played: %+v", w)
	}
}
