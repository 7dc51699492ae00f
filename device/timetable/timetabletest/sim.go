package timetabletest

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// job is something scheduled that may want the output.
type job interface {
	// wants moves the job to second t and tells whether it asks for the output.
	wants(t int64) bool
	// takes gives it the output for second t and says what plays.
	takes(t int64) Slot
	// loses tells it that something else has the output in second t.
	loses(t int64)
	// over tells that it will never want the output again.
	over() bool
	// scheduled is when the round that it is about was due.
	scheduled() int64
	of() *content
}

// sim is one output in time.
type sim struct {
	w      *world
	out    wire.Output
	quiets []silence
	jobs   []job
	onAir  job
	rank   map[string]int
	skips  []Skip
}

func newSim(w *world, o wire.Output) *sim {
	s := &sim{w: w, out: o, quiets: w.silences(o), rank: map[string]int{}}
	for i, id := range w.settings.Chain {
		s.rank[id] = i
	}
	return s
}

// second is what happens in [t, t+1).
func (s *sim) second(t int64) Slot {
	for i := range s.w.content {
		if c := &s.w.content[i]; slices.ContainsFunc(c.programme.Items, func(i wire.Item) bool { return i.For(s.out) }) {
			s.begin(c, t)
		}
	}
	var best job
	var asking []job
	for _, j := range s.jobs {
		if j.wants(t) {
			asking = append(asking, j)
			if best == nil || s.before(j, best) {
				best = j
			}
		}
	}
	for _, j := range asking {
		if j != best {
			j.loses(t)
		}
	}
	s.onAir = best
	slot := Slot{}
	if best != nil {
		slot = best.takes(t)
		if s.out == wire.OutputSound {
			slot.Volume = s.w.volume(best.of(), t)
		}
	}
	s.jobs = slices.DeleteFunc(s.jobs, job.over)
	return slot
}

// begin makes the jobs of a content that are due in second t.
func (s *sim) begin(c *content, t int64) {
	p := &c.programme
	switch {
	case c.interrupt:
		if t == max(c.life.from, s.w.from) && t < c.life.to {
			s.jobs = append(s.jobs, &chain{sim: s, c: c, start: c.life.from, end: c.life.to, due: t, rounds: p.Rule.Rounds})
		}
	case p.Rule.Kind == wire.RuleLoop:
		for _, w := range c.sched.windows {
			if t == max(w.from, s.w.from) && t < w.to {
				s.jobs = append(s.jobs, newLoop(s, c, w))
			}
		}
	default:
		s.replace(c, t-tapeOf(c).lead(s.out), t)
		w, ok := c.sched.starts[t]
		if !ok {
			return
		}
		s.jobs = append(s.jobs, &chain{sim: s, c: c, start: t, end: min(w.to, c.sched.valid.to), due: t, rounds: max(1, p.Rule.Rounds)})
	}
}

// replace gives up what still waits for its start when a later chain of the same
// content comes to its first item for the output.
func (s *sim) replace(c *content, next, t int64) {
	if _, due := c.sched.starts[next]; !due {
		return
	}
	for _, j := range s.jobs {
		if old, ok := j.(*chain); ok && old.c == c && old.start < next && !old.running && !old.cut {
			old.drop(t, "replaced by its next round")
		}
	}
}

// before tells whether a goes before b, by the order of the design.
func (s *sim) before(a, b job) bool {
	p, q := &a.of().programme, &b.of().programme
	switch {
	case p.Level.Rank() != q.Level.Rank():
		return p.Level.Rank() > q.Level.Rank()
	case s.rank[p.Issuer] != s.rank[q.Issuer]:
		return s.rank[p.Issuer] < s.rank[q.Issuer]
	case p.Priority != q.Priority:
		return p.Priority > q.Priority
	case (a == s.onAir) != (b == s.onAir):
		return a == s.onAir
	case a.scheduled() != b.scheduled():
		return a.scheduled() < b.scheduled()
	}
	return p.ID < q.ID
}

// closed tells whether a content is ended at t, by other than the order.
func (s *sim) closed(c *content, t int64) string {
	level := c.programme.Level // that of routine content is named nowhere
	if slices.ContainsFunc(s.quiets, func(q silence) bool { return t >= q.from && t < q.to && !slices.Contains(q.loud, level) }) {
		return "quiet hours"
	}
	if c.interrupt {
		return ""
	}
	if s.w.muted(t) {
		return "muted"
	}
	if s.w.forgotten(&c.programme, t) {
		return "no word of the centre"
	}
	return ""
}

// fits tells whether something that begins at t, lasts length and keeps the
// output for kept of it is cut neither by end nor by quiet hours nor by the programme's
// maximum play time.
func (s *sim) fits(c *content, t, length, kept, end int64) string {
	switch {
	case t+length > end:
		return "cannot finish"
	case c.programme.MaxPlay > 0 && kept > int64(c.programme.MaxPlay):
		return "longer than the maximum play time"
	case slices.ContainsFunc(s.quiets, func(q silence) bool { return t < q.to && q.from < t+length }):
		return "quiet hours"
	}
	return ""
}

// A tape is the course of a programme without anything in its way: rounds of
// items, with a pause between rounds.
type tape struct {
	items  []wire.Item
	length int64 // of a round
	pause  int64
}

func tapeOf(c *content) tape {
	t := tape{items: c.programme.Items, pause: int64(c.programme.Rule.Pause)}
	for _, i := range t.items {
		t.length += i.Frames() / wire.Rate
	}
	return t
}

// at is what stands at position x: which round, which item (−1 in the pause),
// and how far into it.
func (t tape) at(x int64) (round int64, item int, offset int64) {
	cycle := t.length + t.pause
	round, x = x/cycle, x%cycle
	for i, it := range t.items {
		n := it.Frames() / wire.Rate
		if x < n {
			return round, i, x
		}
		x -= n
	}
	return round, -1, x
}

// lead is how long a round leaves the output free at its beginning.
func (t tape) lead(o wire.Output) int64 {
	n := int64(0)
	for _, i := range t.items {
		if i.For(o) {
			break
		}
		n += i.Frames() / wire.Rate
	}
	return n
}

// holds tells whether the output belongs to the programme at position x.
func (t tape) holds(o wire.Output, x int64) bool {
	_, item, _ := t.at(x)
	if item < 0 { // a pause keeps the output only between two items that have it
		return t.pause <= 60 && t.items[0].For(o) && t.items[len(t.items)-1].For(o)
	}
	return t.items[item].For(o)
}

// back is where something that stopped at x goes on: two seconds earlier, but not
// beyond the beginning of its round or of what sounded without a break.
func (t tape) back(o wire.Output, x int64) int64 {
	for range 2 {
		if x%(t.length+t.pause) == 0 {
			break
		}
		if _, item, _ := t.at(x - 1); item < 0 || !t.items[item].For(o) {
			break
		}
		x--
	}
	return x
}

// kept is how much of n rounds the programme has for itself: all but the pauses
// that free the output.
func (t tape) kept(n int) int64 {
	if t.pause > 60 {
		return int64(n) * t.length
	}
	return t.total(n)
}

// total is the length of n rounds.
func (t tape) total(n int) int64 { return int64(n)*t.length + int64(n-1)*t.pause }
