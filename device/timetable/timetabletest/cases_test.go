package timetabletest

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// day0 is an ordinary day in Shanghai, by its date.
const day0 = "2026-11-24"

// shanghai is a scenario from one time of day0 to another.
func shanghai(from, to string, programmes ...wire.Programme) Scenario {
	z := time.FixedZone("CST", 8*3600)
	at := func(clock string) time.Time {
		t, err := time.ParseInLocation("2006-01-02 15:04", day0+" "+clock, z)
		if err != nil {
			panic(err)
		}
		return t
	}
	return Scenario{From: at(from), To: at(to), Bulletins: []wire.Bulletin{
		{Address: "area/county", Revision: 1, County: &wire.County{Name: "c", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}},
		{Address: "area/village", Revision: 1, Programmes: programmes},
		{Address: "unit/u1", Revision: 1, Settings: &wire.Settings{
			Unit: "u1", Chain: []string{"county", "village"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 80,
		}},
	}}
}

func sound(seconds int64) wire.Item {
	return wire.Item{Sound: &wire.Sound{Hash: strings.Repeat("ab", 32), Size: 1, Type: "mp3", Frames: seconds * wire.Rate}}
}

func loopOf(id, onCut string, from, to wire.Clock, pause int, items ...wire.Item) wire.Programme {
	return wire.Programme{ID: id, Version: 1, Issuer: "village", Level: wire.LevelBackground, OnCut: onCut, OnBlock: wire.BlockWait, Volume: 100,
		Grace: 600, Items: items, Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: from, To: to}, Pause: pause}}
}

func noticeAt(id, onCut string, grace, rounds, pause int, item wire.Item, times ...wire.Clock) wire.Programme {
	return wire.Programme{ID: id, Version: 1, Issuer: "village", Level: wire.LevelTimed, OnCut: onCut, OnBlock: wire.BlockWait, Volume: 100,
		Grace: grace, Items: []wire.Item{item}, Rule: wire.Rule{Kind: wire.RuleAt, Times: times, Rounds: rounds, Pause: pause}}
}

func warning(s Scenario, after, seconds int64) Scenario {
	start := s.From.Add(time.Duration(after) * time.Second).UnixMilli()
	s.Orders = []wire.Orders{{Address: "area/county", Revision: 1, Interrupts: []wire.Interrupt{{
		ID: "w", Issuer: "county", Level: wire.LevelRed, Items: []wire.Item{sound(seconds)}, Issued: start, Until: start + 3600_000, Repeat: 1, Volume: 100,
	}}}}
	return s
}

// Each case is a sentence of the design, worked out by hand.
func TestOracleByHand(t *testing.T) {
	quiet := func(s Scenario, from, to wire.Clock) Scenario {
		s.Bulletins[0].County.Quiet = []wire.Window{{From: from, To: to}}
		return s
	}
	skipping := noticeAt("n", wire.CutSkip, 60, 1, 0, sound(60), "07:00", "07:02")
	skipping.OnBlock = wire.BlockSkip
	higher := noticeAt("h", wire.CutResume, 60, 1, 0, sound(100), "07:01")
	higher.Issuer = "county"
	cases := []struct {
		name string
		s    Scenario
		want string
	}{
		{"a loop's rounds stand on a grid, and one that cannot finish is not begun",
			shanghai("06:59", "07:10", loopOf("l", wire.CutRejoin, "07:00", "07:05", 30, sound(60), sound(20))), `
07:00:00–07:01:00 l item 0 from 0 s
07:01:00–07:01:20 l item 1 from 0 s
07:01:20–07:01:50 l pause
07:01:50–07:02:50 l item 0 from 0 s
07:02:50–07:03:10 l item 1 from 0 s
07:03:10–07:03:40 l pause
07:03:40–07:04:40 l item 0 from 0 s
07:04:40–07:05:00 l item 1 from 0 s`},
		{"a chain of rounds, each a pause after the former ended",
			shanghai("06:59", "07:10", noticeAt("n", wire.CutResume, 600, 3, 90, sound(60), "07:00")), `
07:00:00–07:01:00 n item 0 from 0 s
07:02:30–07:03:30 n item 0 from 0 s
07:05:00–07:06:00 n item 0 from 0 s`},
		{"a loop that is cut goes on where the clock is",
			shanghai("06:59", "07:05", loopOf("l", wire.CutRejoin, "07:00", "07:04", 0, sound(60)), noticeAt("n", wire.CutResume, 600, 1, 0, sound(40), "07:00:30")), `
07:00:00–07:00:30 l item 0 from 0 s
07:00:30–07:01:10 n item 0 from 0 s
07:01:10–07:02:00 l item 0 from 10 s
07:02:00–07:03:00 l item 0 from 0 s
07:03:00–07:04:00 l item 0 from 0 s`},
		{"a loop that resumes goes on two seconds earlier, and later rounds follow from there",
			shanghai("06:59", "07:05", loopOf("l", wire.CutResume, "07:00", "07:04", 0, sound(60)), noticeAt("n", wire.CutResume, 600, 1, 0, sound(40), "07:00:30")), `
07:00:00–07:00:30 l item 0 from 0 s
07:00:30–07:01:10 n item 0 from 0 s
07:01:10–07:01:42 l item 0 from 28 s
07:01:42–07:02:42 l item 0 from 0 s
07:02:42–07:03:42 l item 0 from 0 s`},
		{"a notice that is cut resumes two seconds earlier",
			warning(shanghai("07:00", "07:05", noticeAt("n", wire.CutResume, 600, 1, 0, sound(60), "07:00")), 20, 30), `
07:00:00–07:00:20 n item 0 from 0 s
07:00:20–07:00:50 w item 0 from 0 s
07:00:50–07:01:32 n item 0 from 18 s`},
		{"a notice that is cut for longer than its grace is lost",
			warning(shanghai("07:00", "07:05", noticeAt("n", wire.CutResume, 20, 1, 0, sound(60), "07:00")), 20, 30), `
07:00:00–07:00:20 n item 0 from 0 s
07:00:20–07:00:50 w item 0 from 0 s`},
		{"two notices of one rank never cut each other; the later waits, the third is replaced by none",
			shanghai("07:00", "07:10", noticeAt("a", wire.CutResume, 600, 1, 0, sound(90), "07:00"), noticeAt("b", wire.CutResume, 600, 1, 0, sound(30), "07:01")), `
07:00:00–07:01:30 a item 0 from 0 s
07:01:30–07:02:00 b item 0 from 0 s`},
		{"blocked at its start for longer than its grace, it is skipped with its whole chain",
			shanghai("07:00", "07:10", noticeAt("a", wire.CutResume, 600, 1, 0, sound(90), "07:00"), noticeAt("b", wire.CutResume, 20, 3, 0, sound(30), "07:01")), `
07:00:00–07:01:30 a item 0 from 0 s
skip b of 07:01:00`},
		{"an unbegun round is replaced when its next is due",
			shanghai("07:00", "07:10", noticeAt("a", wire.CutResume, 600, 1, 0, sound(200), "07:00"), noticeAt("b", wire.CutResume, 600, 1, 0, sound(30), "07:01", "07:02")), `
07:00:00–07:03:20 a item 0 from 0 s
07:03:20–07:03:50 b item 0 from 0 s
skip b of 07:01:00`},
		{"a pause of up to a minute keeps the output, a longer one frees it",
			shanghai("07:00", "07:06", noticeAt("a", wire.CutResume, 600, 2, 60, sound(30), "07:00"), noticeAt("b", wire.CutResume, 600, 2, 61, sound(30), "07:00:40"),
				noticeAt("c", wire.CutResume, 600, 1, 0, sound(10), "07:03")), `
07:00:00–07:00:30 a item 0 from 0 s
07:00:30–07:01:30 a pause
07:01:30–07:02:00 a item 0 from 0 s
07:02:00–07:02:30 b item 0 from 0 s
07:03:00–07:03:10 c item 0 from 0 s
07:03:31–07:04:01 b item 0 from 0 s`},
		{"nothing is begun that quiet hours would cut",
			quiet(shanghai("07:00", "07:10", noticeAt("n", wire.CutResume, 600, 1, 0, sound(70), "07:00", "07:01", "07:03")), "07:02", "07:04"), `
07:00:00–07:01:10 n item 0 from 0 s
skip n of 07:01:00
skip n of 07:03:00`},
		{"a county's notice cuts the village's; skip drops the rest",
			shanghai("06:59", "07:10", skipping, higher, noticeAt("m", wire.CutResume, 600, 1, 0, sound(5), "07:02")), `
07:00:00–07:01:00 n item 0 from 0 s
07:01:00–07:02:40 h item 0 from 0 s
07:02:40–07:02:45 m item 0 from 0 s
skip n of 07:02:00`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Describe(Oracle(c.s), wire.OutputSound, time.FixedZone("CST", 8*3600))
			if want := strings.TrimPrefix(c.want, "\n") + "\n"; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// Civil times are those of the clock on the wall: a jump forward is passed at
// once, an hour that comes twice counts once.
func TestOracleCivilTime(t *testing.T) {
	for _, c := range []struct{ zone, civil, want string }{
		{"Europe/Berlin", "2026-03-29T01:59:00", "2026-03-29T00:59:00Z"},
		{"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:10:00", "2026-10-03T15:30:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"},
		{"America/New_York", "2026-11-01T01:30:30", "2026-11-01T05:30:30Z"},
	} {
		z, err := newZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Unix(z.instant(momentOf(wire.DateTime(c.civil))), 0).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.civil, c.zone, got, c.want)
		}
	}
}

func TestOracleCron(t *testing.T) {
	for _, c := range []struct {
		expr, civil string
		want        bool
	}{
		{"30 7 * * 1-5", "2026-11-24T07:30:00", true}, {"30 7 * * 1-5", "2026-11-22T07:30:00", false}, {"*/15 * * * *", "2026-11-24T07:45:00", true},
		{"10-50/20 * * * *", "2026-11-24T07:30:00", true}, {"10-50/20 * * * *", "2026-11-24T07:20:00", false}, {"0 0 29 2 *", "2028-02-29T00:00:00", true},
		{"0 0 1 * SUN", "2026-11-22T00:00:00", true}, {"0 0 1 * SUN", "2026-12-01T00:00:00", true}, {"0 0 1 * SUN", "2026-11-24T00:00:00", false},
		{"0 0 * FEB,NOV *", "2026-11-24T00:00:00", true},
	} {
		if got := cronMatches(c.expr, momentOf(wire.DateTime(c.civil))); got != c.want {
			t.Errorf("%s at %s: %v", c.expr, c.civil, got)
		}
	}
	if cronDayMatches("* * 1-15 * *", momentOf("2026-11-24T00:00:00")) {
		t.Error("day of month ignored")
	}
}
