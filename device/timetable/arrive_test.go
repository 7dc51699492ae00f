package timetable

import (
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
