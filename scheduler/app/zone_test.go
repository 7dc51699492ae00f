package app_test

import (
	"os"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestTheMachinesOwnZoneChangesNothing: the county's one zone decides, wherever
// centre and unit are told that they stand; preview, unit and log agree.
func TestTheMachinesOwnZoneChangesNothing(t *testing.T) {
	t.Setenv("PATH", "")
	own := time.Local
	defer func() { time.Local = own }()
	places := []string{"America/New_York"}
	if os.Getenv("VILLAGECAST_SOAK") != "" {
		places = append(places, "UTC", "Pacific/Kiritimati")
	}
	for _, name := range places {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		time.Local = loc
		inCounty(t, func(t *testing.T, c *county) {
			op := c.operator()
			c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
			sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 20), "news")
			playlist(t, op, "news", [2]string{sound.ID, ""})
			release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}},
				Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00", "20:30"}, Until: "2027-01-01T00:00:00"}})
			due := []time.Time{dawn.Add(12*time.Hour + 30*time.Minute), dawn.Add(23 * time.Hour)} // in Shanghai 20:30 and 07:00
			said, err := op.Timetables(t.Context(), client.TimetableQuery{Unit: "horn", From: dawn.Add(time.Hour), To: dawn.Add(24 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
			runs := c.asruns("horn")
			if len(said) != 1 || len(said[0].Stretches) != len(due) || len(runs) != len(due) {
				t.Fatalf("%s: the preview says %+v, the log %+v", name, said, runs)
			}
			for i, at := range due {
				if !said[0].Stretches[i].From.Equal(at) || time.UnixMilli(runs[i].From).Sub(at).Abs() > time.Second {
					t.Errorf("%s: the preview says %v, the log %v; want %v", name, said[0].Stretches[i].From, time.UnixMilli(runs[i].From), at)
				}
			}
		})
	}
}
