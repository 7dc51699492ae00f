package player

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestRandomPlans gives random plans at random times and holds what came out
// against what the player says of it and against the last plan.
func TestRandomPlans(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
				rng := rand.New(rand.NewPCG(seed, 0))
				out.chunk = []int{480, 2400, 4800, 1111}[rng.IntN(4)]
				d := &director{rng: rng, start: start, clips: map[string]*sound{}, short: map[string]bool{}}
				for range 2 + rng.IntN(8) {
					p.SetPlan(d.direct(time.Now()))
					out.run(time.Duration(rng.IntN(4000)) * time.Millisecond)
				}
				if len(d.plan) > 0 {
					out.run(time.Until(d.plan[len(d.plan)-1].End()) + time.Second)
				}
				d.check(t, p.Drain(), out.got)
			})
		})
	}
}

// director makes plans as an agent does: what is over is left out, what
// sounds now is there with what remains of it.
type director struct {
	rng   *rand.Rand
	start time.Time // when frame 0 sounds
	clips map[string]*sound
	plan  []Span
	since time.Time // when the plan was given
	// short are the spans that began so late in their clips that their time may
	// be over before they can sound where the clock is.
	short map[string]bool
}

func (d *director) direct(now time.Time) []Span {
	var plan []Span
	at := now
	if d.rng.IntN(4) > 0 {
		for _, s := range d.plan {
			if !s.End().After(now) {
				continue
			}
			if d.rng.IntN(4) == 0 {
				break
			}
			if s.At.Before(now) {
				gone := nearest(now.Sub(s.At))
				s.At, s.Offset, s.Frames = s.At.Add(duration(gone)), s.Offset+gone, s.Frames-gone
			}
			plan, at = append(plan, s), s.End()
		}
	}
	for range d.rng.IntN(4) {
		n := 100 + d.rng.IntN(4*Rate)
		id := fmt.Sprint(len(d.clips))
		d.clips[id] = sweep(n, float64(len(d.clips)))
		s := Span{ID: id, At: at, Clip: d.clips[id], Frames: int64(n), Gain: 1}
		if d.rng.IntN(3) == 0 {
			s.At = at.Add(time.Duration(d.rng.Int64N(int64(2 * time.Second))))
		}
		if d.rng.IntN(3) == 0 {
			s.Offset = int64(d.rng.IntN(n / 2))
			s.Frames -= s.Offset
		}
		plan, at = append(plan, s), s.End()
	}
	for _, s := range plan {
		d.short[s.ID] = d.short[s.ID] || s.Offset > 0 && s.Frames < 4*Rate/10
	}
	d.plan, d.since = plan, now
	return plan
}

func (d *director) check(t *testing.T, played []Played, got []float32) {
	t.Helper()
	explained := make([]int8, len(got)) // by how many stretches
	first := func(r Played) int { return int(nearest(r.At.Sub(d.start))) }
	for _, r := range played {
		if errors.Is(r.Err, ErrMissed) && d.short[r.ID] {
			continue
		}
		if r.Err != nil || r.Silent != 0 {
			t.Errorf("played %+v, want no error and no silence", r)
			continue
		}
		for i := range int(r.Frames) {
			explained[first(r)+i]++
		}
	}
	for i, n := range explained {
		if n == 0 && got[i] != 0 {
			t.Fatalf("frame %d is %v and no stretch holds it", i, got[i])
		}
		if abs(got[i]) > 1 {
			t.Fatalf("frame %d is %v", i, got[i])
		}
	}
	for _, r := range played {
		from, to := 0, int(r.Frames)
		if r.Offset > 0 {
			from = edgeFrames
		}
		if r.Cut {
			to -= int(fadeFrames)
		}
		for i := from; i < to; i++ {
			at := first(r) + i
			want := d.clips[r.ID].frames[int(r.Offset)+i]
			if explained[at] == 1 && got[at] != want {
				t.Fatalf("%+v: frame %d of it is %v, want %v", r, i, got[at], want)
			}
		}
	}
	d.checkLast(t, played)
}

// checkLast wants what the last plan says to be on time, as far as it was
// given early enough and nothing before it ran late.
func (d *director) checkLast(t *testing.T, played []Played) {
	t.Helper()
	for _, s := range d.plan {
		ok := false
		for _, r := range played {
			end := r.Offset + r.Frames
			ok = ok || r.ID == s.ID && !r.Cut && end == s.Offset+s.Frames && r.Late < 400*time.Millisecond
		}
		if !ok && !d.short[s.ID] {
			t.Errorf("span %s of the last plan (%v, offset %d, %d frames) did not play to its end: %+v", s.ID, s.At.Sub(d.start), s.Offset, s.Frames, played)
		}
	}
}
