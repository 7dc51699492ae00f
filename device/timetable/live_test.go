package timetable

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// live is a unit with a loop from 07:00 and, if asked, a warning from 07:10,
// of which nothing or everything is ready.
func live(t *testing.T, ready, warning bool) *Table {
	t.Helper()
	item := func(seconds int64) []wire.Item {
		return []wire.Item{{Sound: &wire.Sound{Hash: "00", Size: 1, Type: "wav", Frames: seconds * wire.Rate}}}
	}
	o := wire.Orders{Address: "area/county"}
	if warning {
		from := time.Date(2026, 11, 24, 7, 10, 0, 1234567, time.UTC)
		o.Interrupts = []wire.Interrupt{{ID: "w", Issuer: "county", Level: wire.LevelRed, Title: "W",
			Items: item(20), Issued: from.UnixMilli(), Until: from.Add(time.Hour).UnixMilli(), Repeat: 1, Volume: 100}}
	}
	table, problems := Compile(Input{
		Ready:  func(string) bool { return ready },
		Orders: []wire.Orders{o},
		Bulletins: []wire.Bulletin{
			{Address: "area/county", County: &wire.County{Name: "c", Zone: "UTC", Loud: []wire.Level{wire.LevelRed}}, Programmes: []wire.Programme{{
				ID: "loop", Version: 1, Title: "L", Issuer: "county", Level: wire.LevelBackground, Items: item(120), OnCut: wire.CutRejoin, OnBlock: wire.BlockWait, Volume: 100,
				Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "09:00"}}}}},
			{Address: "unit/u", Settings: &wire.Settings{Unit: "u", Name: "u", Chain: []string{"county"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80}},
		},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return table
}

// A Run may end anywhere, a few nanoseconds before something ends too.
func TestRunEndsJustBeforeAnEnd(t *testing.T) {
	day := time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC)
	table := live(t, true, true)
	for before := range 30 * time.Microsecond / 100 {
		_, s := table.Run(State{}, day, day.Add(10*time.Minute+500*time.Microsecond))
		end := day.Add(10*time.Minute + 20*time.Second + time.Millisecond)
		_, s = table.Run(s, s.Time(), end.Add(-before*100))
		tl, _ := table.Run(s, s.Time(), end.Add(time.Minute))
		last := tl.Stretches[len(tl.Stretches)-1]
		if last.Programme != "loop" {
			t.Fatalf("%v before its end: a minute later %q is on air", before*100, last.Interrupt)
		}
	}
}
