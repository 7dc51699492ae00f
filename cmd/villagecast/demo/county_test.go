package demo

import (
	"testing"
	"time"

	_ "time/tzdata"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client/countyfile"
)

// TestAtAnyHour holds what the demonstration promises: whatever the time of its
// start, something sounds within 20 s, and the town cuts in within two minutes.
func TestAtAnyHour(t *testing.T) {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for after := time.Duration(0); after < 24*time.Hour; after += 3*time.Minute + 17*time.Second {
		now := day.Add(after)
		f, err := county(now, true, "melodies")
		if err != nil {
			t.Fatal(err)
		}
		line, problems := timetable.Preview(unit(f), now, now.Add(3*time.Minute))
		if len(problems) > 0 {
			t.Fatalf("%v: %v", now, problems)
		}
		first := map[string]time.Duration{}
		for _, s := range line.Stretches {
			if _, seen := first[s.Programme]; !seen && s.Output == wire.OutputSound {
				first[s.Programme] = s.From.Sub(now)
			}
		}
		if d, ok := first["county-loop"]; !ok || d > 20*time.Second {
			t.Errorf("started at %v: the county's loop sounds after %v (%v)", now, d, ok)
		}
		if d, ok := first["town-water"]; !ok || d > 2*time.Minute || d < 30*time.Second {
			t.Errorf("started at %v: the town cuts in after %v (%v)", now, d, ok)
		}
	}
}

// unit is what a loudspeaker of the town holds, every recording being eight
// seconds long.
func unit(f countyfile.File) timetable.Input {
	items := map[string][]wire.Item{}
	for _, p := range f.Playlists {
		for _, it := range p.Items {
			items[p.ID] = append(items[p.ID], wire.Item{Title: it.Title, Sound: &wire.Sound{Hash: "00", Size: 1, Type: "mp3", Frames: 8 * wire.Rate}})
		}
	}
	programmes := map[wire.Address][]wire.Programme{}
	for _, p := range f.Programmes {
		w := wire.Programme{ID: p.ID, Version: 1, Title: p.Title, Issuer: p.Issuer, Level: wire.LevelTimed, Rule: p.Rule, Items: items[p.Playlist],
			OnCut: wire.CutResume, OnBlock: wire.BlockWait, Grace: 600, Volume: 100}
		if p.Rule.Kind == wire.RuleLoop {
			w.Level, w.OnCut = wire.LevelBackground, wire.CutRejoin
		}
		to := wire.AreaAddress(p.Targets.Areas[0])
		programmes[to] = append(programmes[to], w)
	}
	return timetable.Input{Bulletins: []wire.Bulletin{
		{Address: "area/qinghe", Revision: 1, County: &wire.County{Name: f.County.Name, Zone: f.County.Zone, Quiet: f.County.Quiet}, Programmes: programmes["area/qinghe"]},
		{Address: "area/liushu", Revision: 1, Programmes: programmes["area/liushu"]},
		{Address: "unit/u", Revision: 1, Settings: &wire.Settings{Unit: "u", Chain: []string{"qinghe", "liushu"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80}},
	}}
}
