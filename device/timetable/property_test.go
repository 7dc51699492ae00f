package timetable

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// randomInput makes a unit whose programmes get in each other's way.
func randomInput(r *rand.Rand) Input {
	pick := func(n ...int) int { return n[r.IntN(len(n))] }
	var progs []wire.Programme
	for i := range 2 + r.IntN(7) {
		var items []wire.Item
		for range 1 + r.IntN(3) {
			items = append(items, []wire.Item{sound(pick(5, 20, 61, 200)), both(pick(5, 30, 90)), text(pick(7, 45))}[r.IntN(3)])
		}
		c := func() wire.Clock { return wire.Clock(fmt.Sprintf("%02d:%02d", r.IntN(24), pick(0, 0, 15, 30, 31))) }
		p := notice(fmt.Sprintf("p%d", i), "07:00", items...)
		p.Issuer = []string{"county", "town", "village"}[r.IntN(3)]
		p.Priority, p.Grace, p.MaxPlay = r.IntN(2), pick(0, 30, 600), pick(0, 0, 0, 100)
		p.OnCut, p.OnBlock = []string{"", "rejoin", "resume", "skip"}[r.IntN(4)], []string{"wait", "wait", "skip"}[r.IntN(3)]
		w := &wire.Window{From: c(), To: c()}
		for w.From == w.To {
			w.To = c()
		}
		switch r.IntN(4) {
		case 0, 1:
			p.Rule = wire.Rule{Kind: wire.RuleLoop, Window: w, Pause: pick(0, 0, 20, 60, 61, 300)}
			p.Level = wire.LevelBackground
		case 2:
			p.Rule = wire.Rule{Kind: wire.RuleEvery, Window: w, Every: pick(5, 17, 60)}
		case 3:
			p.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{c(), c(), c()}, Rounds: r.IntN(4), Pause: pick(0, 10, 90)}
		}
		progs = append(progs, p)
	}
	in := input(progs...)
	if r.IntN(2) == 0 {
		in.Bulletins[0].County.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
		in.Bulletins[0].County.Dark = []wire.Window{{From: "22:00", To: "05:00"}, {From: "12:00", To: "13:00"}}
	}
	if r.IntN(3) == 0 {
		missing := progs[0].Items[0].Sound
		in.Ready = func(h string) bool { return missing == nil || h != missing.Hash }
	}
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.FixedZone("", 8*3600)).UnixMilli()
	if r.IntN(2) == 0 {
		from := day + int64(r.IntN(86400))*1000
		in.Orders = []wire.Orders{{Address: wire.AreaAddress("town"), Interrupts: []wire.Interrupt{{ID: "w1", Issuer: "town", Level: []wire.Level{wire.LevelRed, wire.LevelBlue}[r.IntN(2)],
			Items: []wire.Item{both(20)}, Issued: from, Until: from + 3600_000, Repeat: r.IntN(4), Pause: pick(5, 100)}},
			Mutes: []wire.Mute{{ID: "m", From: from + 7200_000, Until: from + 9000_000}}}}
	}
	return in
}

// TestSplitting holds Run's promise, with the State saved as JSON in between.
func TestSplitting(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		table := compile(t, randomInput(r))
		from, to := at(t, "24 00:00"), at(t, "26 03:00")
		whole, end := table.Run(State{}, from, to)
		var parts Timeline
		var s State
		for a := from; a.Before(to); {
			b := a.Add(time.Duration(r.Int64N(int64(7 * time.Hour))))
			if r.IntN(3) == 0 {
				b = a.Add(time.Duration(r.IntN(100)) * time.Second)
			}
			if b.After(to) {
				b = to
			}
			data, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = ParseState(data); err != nil {
				t.Fatal(err)
			}
			var tl Timeline
			tl, s = table.Run(s, a, b)
			parts = Join(parts, tl)
			a = b
		}
		for _, o := range []wire.Output{wire.OutputSound, wire.OutputScreen} {
			if d := firstDiff(say(parts, o), say(whole, o)); d != "" {
				t.Fatalf("seed %d, %s: a in parts, b whole:\n%s", seed, o, d)
			}
			if d := firstDiff(saySkips(parts, o), saySkips(whole, o)); d != "" {
				t.Fatalf("seed %d, %s: skips, a in parts, b whole:\n%s", seed, o, d)
			}
		}
		x, _ := json.Marshal(end)
		y, _ := json.Marshal(s)
		if string(x) != string(y) {
			t.Fatalf("seed %d: the states differ:\n%s\n%s", seed, x, y)
		}
	}
}

// TestOneAtATime: stretches of an output never overlap, spans neither and they
// fill their stretch; whoever is cut is cut by something higher.
func TestOneAtATime(t *testing.T) {
	for seed := range uint64(100) {
		table := compile(t, randomInput(rand.New(rand.NewPCG(seed, 2))))
		tl, _ := table.Run(State{}, at(t, "24 00:00"), at(t, "26 00:00"))
		last := map[wire.Output]time.Time{}
		for _, st := range tl.Stretches {
			if st.From.Before(last[st.Output]) || !st.To.After(st.From) {
				t.Fatalf("seed %d: %v begins before %v", seed, say(Timeline{Stretches: []Stretch{st}}, st.Output), last[st.Output])
			}
			last[st.Output] = st.To
			edge := st.From
			for _, sp := range st.Spans(st.From, st.To) {
				if !sp.From.Equal(edge) || !sp.To.After(sp.From) || len(st.plan.b.missing) == 0 && sp.Round.After(sp.From) {
					t.Fatalf("seed %d: span %+v does not follow %v", seed, sp, edge)
				}
				edge = sp.To
			}
			if !edge.Equal(st.To) {
				t.Fatalf("seed %d: spans of %+v end at %v", seed, st, edge)
			}
			if st.End == wire.OutcomeCut {
				loser, winner := rankOfStretch(table, st.Programme+st.Interrupt), rankOfStretch(table, st.By)
				if winner <= loser {
					t.Fatalf("seed %d: %s cut by %s", seed, st.Programme, st.By)
				}
			}
		}
	}
}

func rankOfStretch(t *Table, id string) int64 {
	for _, p := range t.progs {
		if p.id == id {
			return p.rank
		}
	}
	return -1
}

// TestEveryRoundIsAccountedFor: each scheduled chain of a timed programme is
// on air or in the skips, or both when a part is lost.
func TestEveryRoundIsAccountedFor(t *testing.T) {
	for seed := range uint64(100) {
		in := randomInput(rand.New(rand.NewPCG(seed, 3)))
		in.Ready = nil
		table := compile(t, in)
		from, to := at(t, "24 00:00"), at(t, "26 00:00")
		tl, _ := table.Run(State{}, from, to.Add(24*time.Hour))
		heard := map[string]int64{}
		for _, st := range tl.Stretches {
			if st.Output == wire.OutputSound {
				for _, sp := range st.Spans(st.From, st.To) {
					heard[fmt.Sprint(sp.Programme, sp.Round.Unix())] += sp.Frames
				}
			}
		}
		for _, sk := range tl.Skips {
			if sk.Output == wire.OutputSound && sk.Reason.Code != EndItem {
				for _, p := range table.progs {
					if p.id == sk.Programme && !p.interrupt && p.rule.kind != wire.RuleLoop {
						for i := range sk.Rounds {
							heard[fmt.Sprint(p.id, sk.Start.Add(time.Duration(nsOf(int64(i)*p.bodies[wire.OutputSound].nominal))).Unix())] += 1 << 40
						}
					}
				}
			}
		}
		for _, p := range table.progs {
			b := p.bodies[wire.OutputSound]
			if p.interrupt || b == nil || p.rule.kind == wire.RuleLoop {
				continue
			}
			var whole int64
			for _, g := range b.segs {
				whole += g.to - g.from
			}
			for _, a := range table.arrivals(newZone(table.loc), from.UnixNano(), to.UnixNano()) {
				for k := int64(0); a.p == p && k < b.rounds; k++ {
					at := a.start + nsOf(k*b.nominal)
					if got := heard[fmt.Sprint(p.id, at/second)]; got < whole {
						t.Fatalf("seed %d: %s round of %s: heard %d of %d frames and no skip", seed, p.id, hm(time.Unix(0, at)), got, whole)
					}
				}
			}
		}
	}
}

// TestDeterministic runs the same twice.
func TestDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		a, _ := compile(t, randomInput(rand.New(rand.NewPCG(seed, 4)))).Run(State{}, at(t, "24 00:00"), at(t, "25 00:00"))
		b, _ := compile(t, randomInput(rand.New(rand.NewPCG(seed, 4)))).Run(State{}, at(t, "24 00:00"), at(t, "25 00:00"))
		if !reflect.DeepEqual(say(a, wire.OutputSound), say(b, wire.OutputSound)) {
			t.Fatal("two runs differ")
		}
	}
}
