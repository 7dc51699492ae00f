package timetable

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// allZones are all names of the tz database that the program embeds: those of the
// Go that tests it.
func allZones(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	if len(names) < 500 {
		t.Fatalf("only %d zones", len(names))
	}
	return names
}

// daily are rules that come once on each civil day. The times are those that
// changes of clocks skip and repeat: midnight, half past one, half past two.
func daily(long bool) map[string]wire.Rule {
	rules := map[string]wire.Rule{"at 02:30": {Kind: wire.RuleAt, Times: []wire.Clock{"02:30"}}}
	if !long {
		return rules
	}
	for _, c := range []wire.Clock{"00:00", "00:30", "01:30", "03:00", "21:30"} {
		rules["at "+string(c)] = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{c}}
		rules["loop from "+string(c)] = wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: c, To: "06:00"}}
	}
	rules["cron 02:30"] = wire.Rule{Kind: wire.RuleAt, Cron: "30 2 * * *"}
	rules["cron 00:00"] = wire.Rule{Kind: wire.RuleAt, Cron: "0 0 * * *"}
	rules["every, once in its window"] = wire.Rule{Kind: wire.RuleEvery, Every: 60, Window: &wire.Window{From: "02:10", To: "03:10"}}
	rules["weekdays and the weekend"] = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"02:30"}, Days: []int{1, 2, 3, 4, 5, 6, 7}}
	return rules
}

// TestEveryZone: what is due once a day comes once on each day of the local
// calendar, in every zone of the tz database, over leap day and year ends; not
// twice where the clocks go back, and not left out where they go forward.
func TestEveryZone(t *testing.T) {
	long := os.Getenv("VILLAGECAST_SOAK") != ""
	days := 2*366 + 90 // from 2027 into 2029, with the leap day of 2028
	all := allZones(t)
	for name, rule := range daily(long) {
		for _, zone := range all {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Next(rule, zone, nil, time.Date(2026, 12, 31, 0, 0, 0, 0, loc), days)
			if err != nil || len(got) != days {
				t.Fatalf("%s in %s: %d starts, %v", name, zone, len(got), err)
			}
			for i, at := range got {
				want := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly)
				if at.Format(time.DateOnly) != want {
					t.Fatalf("%s in %s: start %d is at %v, want %s", name, zone, i, at, want)
				}
			}
		}
	}
	t.Logf("%d zones, %d rules, %d days each", len(all), len(daily(long)), days)
}
