package timetable

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// trouble is what happens to a unit in TestAllThatWasDueIsTold: from is when it
// begins. Off until doubt, without the time until on; and what is on its card after that.
type trouble struct {
	from, doubt, on time.Time
	missing         map[string]bool
}

func randomTrouble(r *rand.Rand, in Input, from, to time.Time) (list []trouble) {
	span := func(most time.Duration) time.Duration { return time.Duration(r.Int64N(int64(most))) }
	var hashes []string
	for _, b := range in.Bulletins {
		for _, p := range b.Programmes {
			for _, i := range p.Items {
				if i.Sound != nil {
					hashes = append(hashes, i.Sound.Hash)
				}
			}
		}
	}
	for at := from.Add(span(5 * time.Hour)); at.Before(to); at = at.Add(span(5 * time.Hour)) {
		x := trouble{from: at, doubt: at, on: at, missing: map[string]bool{}}
		if r.IntN(2) == 0 {
			x.doubt = at.Add(span(20 * time.Minute))
			x.on = x.doubt
		}
		if r.IntN(2) == 0 {
			x.on = x.doubt.Add(span(20 * time.Minute))
		}
		for range min(r.IntN(4), len(hashes)) {
			x.missing[hashes[r.IntN(len(hashes))]] = true
		}
		list, at = append(list, x), x.on
	}
	return list
}

// portion is one item of one round on one output.
type portion struct {
	out       wire.Output
	programme string
	round     int64
	item      int
}

// TestAllThatWasDueIsTold: a unit is off, does not know the time, and has lost
// recordings of programmes that get in each other's way. All that would have
// played without that has played, or a skip tells of it; only what lies in the
// time in which the unit was off is told by that alone. A loop that resumes
// loses nothing: its rounds come later.
func TestAllThatWasDueIsTold(t *testing.T) {
	from, to := at(t, "24 00:00"), at(t, "25 06:00")
	seeds := uint64(40)
	if os.Getenv("VILLAGECAST_SOAK") != "" {
		seeds = 3000
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		in := randomInput(r)
		in.Ready = nil
		ideal, _ := compile(t, in).Run(State{}, from, to)
		var s State
		var told, tl Timeline
		add := func() { // stretches of one Table do not go on in those of another
			told.Stretches, told.Skips = append(told.Stretches, tl.Stretches...), append(told.Skips, tl.Skips...)
		}
		troubles := randomTrouble(r, in, from, to)
		var offs []trouble
		last := from
		for _, x := range troubles {
			tl, s = compile(t, in).Run(s, last, x.from)
			add()
			in.Ready = func(h string) bool { return !x.missing[h] }
			last = x.on
			if x.on.After(x.doubt) {
				s.Doubt = x.doubt.UnixNano()
			}
			if x.on.After(x.from) {
				offs = append(offs, x)
			}
		}
		tl, _ = compile(t, in).Run(s, last, to.Add(24*time.Hour))
		add()
		if bad := untold(in, ideal, told, offs, to.Add(-3*time.Hour)); bad != "" {
			t.Errorf("seed %d: %s\ntroubles %q", seed, bad, show(troubles))
		}
	}
}

// untold says what of the ideal is neither played nor told of, or nothing.
func untold(in Input, ideal, told Timeline, offs []trouble, until time.Time) string {
	resumes := map[string]bool{"w1": true} // a warning begins again
	for _, b := range in.Bulletins {
		for _, p := range b.Programmes {
			resumes[p.ID] = p.Rule.Kind == wire.RuleLoop && p.OnCut == wire.CutResume
		}
	}
	played := map[portion]int64{}
	for _, st := range told.Stretches {
		for _, sp := range st.Spans(st.From, st.To) {
			played[portion{sp.Output, sp.Programme, sp.Round.UnixNano(), sp.Item}] += sp.Frames
		}
	}
	due := map[portion]int64{}
	var order []portion
	for _, st := range ideal.Stretches {
		if resumes[st.Programme+st.Interrupt] {
			continue
		}
		for _, sp := range st.Spans(st.From, st.To) {
			if sp.Pause || !sp.To.Before(until) {
				continue
			}
			frames := sp.Frames
			for _, x := range offs { // the time in which it was off is told as a whole
				a, b := max(sp.From.UnixNano(), x.from.UnixNano()), min(sp.To.UnixNano(), x.doubt.UnixNano())
				frames -= max(0, framesIn(b)-framesIn(a))
			}
			k := portion{sp.Output, sp.Programme, sp.Round.UnixNano(), sp.Item}
			if due[k] == 0 {
				order = append(order, k)
			}
			due[k] += frames
		}
	}
	for _, k := range order {
		if most := whole(in, k); played[k]+10 < min(due[k], most) && !skips(told, k, offs) {
			return fmt.Sprintf("item %d of the round of %s of %s on %s: %d of %d frames played and nothing tells why",
				k.item, hm(at0(k.round)), k.programme, k.out, played[k], due[k])
		}
	}
	return ""
}

func at0(ns int64) time.Time { return time.Unix(0, ns).In(time.FixedZone("", 8*3600)) }

// skips tells whether a skip speaks of a portion, one that a unit reports.
func skips(told Timeline, k portion, offs []trouble) bool {
	for _, s := range told.Skips {
		within := false // the time in which the unit was off last tells it
		for _, x := range offs {
			if !s.At.Before(x.from) {
				within = s.Reason.Code == EndOff && !s.To.After(x.doubt)
			}
		}
		if s.Output == k.out && s.Programme == k.programme && !within && s.Start.UnixNano()-1000 <= k.round && k.round <= s.Until.UnixNano()+1000 {
			return true
		}
	}
	return false
}

func show(list []trouble) (out []string) {
	for _, x := range list {
		out = append(out, fmt.Sprintf("%s off until %s, clock at %s, missing %d", hm(x.from), hm(x.doubt), hm(x.on), len(x.missing)))
	}
	return out
}

// whole is the length of an item: what resumes goes back two seconds.
func whole(in Input, k portion) int64 {
	for _, b := range in.Bulletins {
		for _, p := range b.Programmes {
			if p.ID == k.programme {
				return p.Items[k.item].Frames()
			}
		}
	}
	return 0
}
