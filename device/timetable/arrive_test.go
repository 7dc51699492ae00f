package timetable

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// What nothing of could be played when it was first heard of plays as soon as
// its files are there: a loop in the middle of its window, and a warning.
func TestFilesThatComeLater(t *testing.T) {
	now := at(t, "12:43:20")
	warning := wire.Interrupt{ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w1", Items: []wire.Item{sound(7)}, Repeat: 2, Volume: 100,
		From: now.Add(-time.Minute).UnixMilli(), Until: now.Add(time.Hour).UnixMilli()}
	for name, in := range map[string]Input{
		"loop":    input(with(loop("l", "12:13", "18:43", 0, sound(5), sound(6)), func(p *wire.Programme) { p.OnCut = wire.CutRejoin })),
		"resumed": input(with(loop("l", "12:13", "18:43", 0, sound(5), sound(6)), func(p *wire.Programme) { p.OnCut = wire.CutResume })),
		"whole":   input(with(loop("l", "12:13", "18:43", 0, sound(5), sound(6)), func(p *wire.Programme) { p.OnCut = wire.CutSkip })),
		"warning": func() Input {
			in := input()
			in.Orders = []wire.Orders{{Address: wire.AreaAddress("county"), Interrupts: []wire.Interrupt{warning}}}
			return in
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			in.Ready = func(string) bool { return false }
			empty, _ := Compile(in)
			_, state := empty.Run(State{}, now, now)
			tl, state := empty.Run(state, now, now.Add(10*time.Second))
			if len(tl.Stretches) > 0 {
				t.Fatalf("played without files: %+v", tl.Stretches)
			}
			in.Ready = nil
			full, _ := Compile(in)
			from := now.Add(10 * time.Second)
			tl, _ = full.Run(state, from, from.Add(time.Minute))
			if len(tl.Stretches) == 0 || tl.Stretches[0].From.Sub(from) > 12*time.Second {
				t.Errorf("once the files are there: %+v, want it to begin within a round", tl.Stretches)
			}
		})
	}
}

// An item that turns out to be damaged while it plays gives way to the next one
// at once; what played before it is not played again.
func TestItemThatIsLostWhileItPlays(t *testing.T) {
	items := []wire.Item{sound(5), sound(20), sound(30)}
	twice := notice("n", "12:00", items...)
	twice.Rule.Rounds, twice.Rule.Pause = 2, 10
	for name, c := range map[string]struct {
		in   Input
		lost int // item
		want []string
	}{
		"notice, in the middle": {input(notice("n", "12:00", items...)), 1, []string{"12:00:10 item 2 from 0", "12:00:40 nothing"}},
		"notice, the first":     {input(notice("n", "12:00", items...)), 0, []string{"12:00:03 item 1 from 0", "12:00:23 item 2 from 0", "12:00:53 nothing"}},
		"notice, the last":      {input(notice("n", "12:00", items...)), 2, []string{"12:00:30 nothing"}},
		"rounds, the last":      {input(twice), 2, []string{"12:00:40 item 0 from 0", "12:00:45 item 1 from 0", "12:01:05 nothing"}},
		"loop, in the middle":   {input(loop("l", "12:00", "13:00", 0, items...)), 1, []string{"12:00:10 item 2 from 0", "12:00:40 nothing", "12:00:55 item 0 from 0", "12:01:00 item 2 from 0", "12:01:50 item 0 from 0"}},
		"warning": {func() Input {
			in := input()
			in.Orders = []wire.Orders{{Address: wire.AreaAddress("county"), Interrupts: []wire.Interrupt{{ID: "w", Issuer: "county", Level: wire.LevelRed, Title: "w",
				Items: items, Repeat: 1, Volume: 100, Issued: at(t, "12:00").UnixMilli(), Until: at(t, "13:00").UnixMilli()}}}}
			return in
		}(), 1, []string{"12:00:10 item 2 from 0", "12:00:40 nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			whole := compile(t, c.in)
			lost := []int{at(t, "12:00:03").Second(), 10, 30}[c.lost]
			now := at(t, "12:00").Add(time.Duration(lost) * time.Second)
			_, state := whole.Run(State{}, at(t, "11:59"), now)
			c.in.Ready = func(h string) bool { return h != items[c.lost].Sound.Hash }
			part := compile(t, c.in)
			for _, want := range c.want {
				when, what, _ := strings.Cut(want, " ")
				got := "nothing"
				for _, sp := range part.Plan(state, now, now.Add(2*time.Minute)) {
					if sp.Output == wire.OutputSound && !sp.Pause && !sp.From.After(at(t, when)) && sp.To.After(at(t, when)) {
						got = fmt.Sprintf("item %d from %d", sp.Item, sp.Offset/wire.Rate+int64(at(t, when).Sub(sp.From)/time.Second))
					}
				}
				if got != what {
					t.Errorf("at %s: %s, want %s", when, got, what)
				}
			}
		})
	}
}
