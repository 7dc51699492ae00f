package timetable_test

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// TestAudioThatComesLate: a warning, a loop or a chain whose audio comes after its
// orders or bulletin is begun as soon as the audio is there.
func TestAudioThatComesLate(t *testing.T) {
	issued := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	sound := []wire.Item{{Sound: &wire.Sound{Hash: "aa", Size: 1, Type: "mp3", Frames: 4 * wire.Rate}}}
	warning := wire.Interrupt{ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w", Volume: 100, Items: sound,
		Issued: issued.UnixMilli(), Until: issued.Add(10 * time.Minute).UnixMilli(), Repeat: 2, Pause: 1}
	loop := wire.Programme{ID: "p", Version: 1, Title: "p", Issuer: "county", Level: wire.LevelBackground, Items: sound, Volume: 100,
		OnBlock: wire.BlockWait, Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}}}
	for _, onCut := range []string{wire.CutRejoin, wire.CutResume, wire.CutSkip} {
		loop.OnCut = onCut
		t.Run("loop "+onCut, func(t *testing.T) { comesLate(t, issued, []wire.Programme{loop}, nil) })
	}
	for _, rule := range []wire.Rule{
		{Kind: wire.RuleAt, Times: []wire.Clock{"12:00"}},
		{Kind: wire.RuleEvery, Every: 10, Window: &wire.Window{From: "12:00", To: "13:00"}},
		{Kind: wire.RuleOnce, Once: "2026-11-24T12:00:00", Rounds: 2, Pause: 90},
	} {
		chain := loop
		chain.Level, chain.OnCut, chain.Grace, chain.Rule = wire.LevelTimed, wire.CutResume, 60, rule
		t.Run(string(rule.Kind), func(t *testing.T) { comesLate(t, issued, []wire.Programme{chain}, nil) })
	}
	t.Run("warning", func(t *testing.T) { comesLate(t, issued, nil, []wire.Interrupt{warning}) })
}

func comesLate(t *testing.T, issued time.Time, programmes []wire.Programme, interrupts []wire.Interrupt) {
	here := false
	table := func() *timetable.Table {
		table, problems := timetable.Compile(timetable.Input{
			Bulletins: []wire.Bulletin{
				{Address: "area/county", Revision: 1, County: &wire.County{Name: "c", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}, Programmes: programmes},
				{Address: "unit/u", Revision: 1, Settings: &wire.Settings{Unit: "u", Chain: []string{"county"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80}},
			},
			Orders: []wire.Orders{{Address: "area/county", Revision: 1, Interrupts: interrupts}},
			Ready:  func(string) bool { return here },
		})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return table
	}
	line, state := table().Run(timetable.State{}, issued, issued.Add(3*time.Second))
	if len(line.Stretches) > 0 {
		t.Fatalf("sounds without its audio: %+v", line.Stretches)
	}
	here = true
	late := issued.Add(3 * time.Second)
	line, _ = table().Run(state, late, issued.Add(time.Minute))
	if len(line.Stretches) == 0 || line.Stretches[0].From.After(issued.Add(4*time.Second)) {
		t.Fatalf("does not begin when its audio is there: %+v, skips %+v", line.Stretches, line.Skips)
	}
}
