package timetable_test

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// TestWarningWaitsForItsAudio: a warning whose audio comes after its orders is
// begun as soon as the audio is there.
func TestWarningWaitsForItsAudio(t *testing.T) {
	issued := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	here := false
	table := func() *timetable.Table {
		table, problems := timetable.Compile(timetable.Input{
			Bulletins: []wire.Bulletin{
				{Address: "area/county", Revision: 1, County: &wire.County{Name: "c", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}},
				{Address: "unit/u", Revision: 1, Settings: &wire.Settings{Unit: "u", Chain: []string{"county"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80}},
			},
			Orders: []wire.Orders{{Address: "area/county", Revision: 1, Interrupts: []wire.Interrupt{{
				ID: "w1", Issuer: "county", Level: wire.LevelRed, Title: "w", Volume: 100,
				Items:  []wire.Item{{Sound: &wire.Sound{Hash: "aa", Size: 1, Type: "mp3", Frames: 4 * wire.Rate}}},
				Issued: issued.UnixMilli(), Until: issued.Add(10 * time.Minute).UnixMilli(), Repeat: 2, Pause: 1,
			}}}},
			Ready: func(string) bool { return here },
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
	line, _ = table().Run(state, issued.Add(3*time.Second), issued.Add(time.Minute))
	if len(line.Stretches) == 0 || !line.Stretches[0].From.Equal(issued.Add(3*time.Second)) {
		t.Fatalf("does not begin when its audio is there: %+v, skips %+v", line.Stretches, line.Skips)
	}
}
