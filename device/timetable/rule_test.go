package timetable

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/villagecast/villagecast/device/wire"
)

func TestValidateRule(t *testing.T) {
	w := &wire.Window{From: "07:00", To: "21:00"}
	for _, c := range []struct {
		name  string
		rule  wire.Rule
		field string // empty: valid
	}{
		{"loop", wire.Rule{Kind: "loop", Window: w, Pause: 30}, ""},
		{"over midnight", wire.Rule{Kind: "loop", Window: &wire.Window{From: "22:00", To: "02:00"}}, ""},
		{"the whole day", wire.Rule{Kind: "loop", Window: &wire.Window{From: "00:00", To: "24:00"}}, ""},
		{"empty window", wire.Rule{Kind: "loop", Window: &wire.Window{From: "07:00", To: "07:00"}}, "window"},
		{"no window", wire.Rule{Kind: "every", Every: 30}, "window"},
		{"no time", wire.Rule{Kind: "loop", Window: &wire.Window{From: "7am", To: "21:00"}}, "window"},
		{"every 0", wire.Rule{Kind: "every", Window: w}, "every"},
		{"every too long", wire.Rule{Kind: "every", Window: w, Every: 1441}, "every"},
		{"kind", wire.Rule{Kind: "sometimes"}, "kind"},
		{"at", wire.Rule{Kind: "at", Times: []wire.Clock{"07:00", "12:00:30"}, Rounds: 2, Pause: 5}, ""},
		{"at without times", wire.Rule{Kind: "at"}, "times"},
		{"at 24:00", wire.Rule{Kind: "at", Times: []wire.Clock{"24:00"}}, "times"},
		{"rounds of a loop", wire.Rule{Kind: "loop", Window: w, Rounds: 2}, "rounds"},
		{"cron", wire.Rule{Kind: "at", Cron: "0 7 * * 1-5"}, ""},
		{"29 February", wire.Rule{Kind: "at", Cron: "0 7 29 2 *"}, ""},
		{"31 February", wire.Rule{Kind: "at", Cron: "0 7 31 2 *"}, "cron"},
		{"garbage", wire.Rule{Kind: "at", Cron: "every day"}, "cron"},
		{"commas", wire.Rule{Kind: "at", Cron: ", , , , ,"}, "cron"},
		{"zone prefix", wire.Rule{Kind: "at", Cron: "TZ=UTC 0 7 * * *"}, "cron"},
		{"zone prefix alone", wire.Rule{Kind: "at", Cron: "CRON_TZ=UTC"}, "cron"},
		{"descriptor", wire.Rule{Kind: "at", Cron: "@daily"}, "cron"},
		{"cron days of a loop", wire.Rule{Kind: "loop", Window: w, Cron: "* * * * 1-5"}, ""},
		{"cron hours of a loop", wire.Rule{Kind: "loop", Window: w, Cron: "0 7 * * *"}, "cron"},
		{"weekday 8", wire.Rule{Kind: "loop", Window: w, Days: []int{8}}, "days"},
		{"skip", wire.Rule{Kind: "loop", Window: w, Skip: []wire.Date{"2026-02-30"}}, "skip"},
		{"from", wire.Rule{Kind: "loop", Window: w, From: "tomorrow"}, "from"},
		{"validity", wire.Rule{Kind: "loop", Window: w, From: "2026-11-25T00:00:00", Until: "2026-11-24T00:00:00"}, "until"},
		{"once", wire.Rule{Kind: "once", Once: "2026-11-24T07:00:00"}, ""},
		{"once nowhere", wire.Rule{Kind: "once", Once: "2026-11-31T07:00:00"}, "once"},
		{"once outside", wire.Rule{Kind: "once", Once: "2026-11-24T07:00:00", Until: "2026-11-24T07:00:00"}, "once"},
	} {
		err := ValidateRule(c.rule)
		var re *RuleError
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.field != "" && (!errors.As(err, &re) || re.Field != c.field || slices.Contains(re.Remedy[:], "") || slices.Contains(re.Message[:], "")):
			t.Errorf("%s: got %v, want a fault of field %s", c.name, err, c.field)
		}
	}
	if err := ValidateCalendars(wire.Rule{Off: []string{"holidays"}}, nil); err == nil || !strings.Contains(err.Error(), "holidays") {
		t.Errorf("unknown calendar: %v", err)
	}
}

// TestNext covers civil time: gaps and folds of daylight saving, leap days,
// month and year ends, calendars.
func TestNext(t *testing.T) {
	calendars := map[string][]wire.Date{"market": {"2026-12-01", "2026-12-05"}, "holidays": {"2026-12-05"}}
	for _, c := range []struct {
		name, zone, from string
		rule             wire.Rule
		want             []string
	}{
		{"gap: the first instant after", "Europe/Berlin", "2026-03-28T12:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"02:30"}},
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}},
		{"fold: the first", "Europe/Berlin", "2026-10-24T12:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"02:30"}},
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
		{"half an hour of fold", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"01:45"}},
			[]string{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"}},
		{"a day that begins at one", "America/Santiago", "2026-09-05T12:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"00:00"}},
			[]string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"}},
		{"leap day", "Asia/Shanghai", "2026-01-01T00:00:00Z", wire.Rule{Kind: "at", Cron: "0 7 29 2 *"}, []string{"2028-02-29T07:00:00+08:00"}},
		{"month and year end", "Asia/Shanghai", "2026-12-31T10:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"23:59:59"}},
			[]string{"2026-12-31T23:59:59+08:00", "2027-01-01T23:59:59+08:00"}},
		{"calendars, whatever the weekday", "Asia/Shanghai", "2026-11-24T00:00:00Z", wire.Rule{Kind: "at", Times: []wire.Clock{"08:00"}, Days: []int{7}, On: []string{"market"}, Off: []string{"holidays"}},
			[]string{"2026-12-01T08:00:00+08:00"}},
		{"weekdays and skipped days", "Asia/Shanghai", "2026-11-24T00:00:00Z", wire.Rule{Kind: "loop", Window: &wire.Window{From: "22:00", To: "01:00"}, Days: []int{2, 7}, Skip: []wire.Date{"2026-11-29"}},
			[]string{"2026-11-24T22:00:00+08:00", "2026-12-01T22:00:00+08:00"}},
		{"every in a window over midnight", "Asia/Shanghai", "2026-11-24T15:00:00Z", wire.Rule{Kind: "every", Every: 45, Window: &wire.Window{From: "23:30", To: "00:30"}},
			[]string{"2026-11-24T23:30:00+08:00", "2026-11-25T00:15:00+08:00", "2026-11-25T23:30:00+08:00"}},
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Next(c.rule, c.zone, calendars, from, len(c.want))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, g := range got {
			lines = append(lines, g.Format(time.RFC3339))
		}
		same(t, c.name, lines, c.want)
	}
}

// TestCronDays compares our reading of cron's day fields with its own Next.
func TestCronDays(t *testing.T) {
	for _, expr := range []string{"0 7 * * *", "30 6,18 1-7 * 1", "0 0 31 * *", "5 4 */2 */3 0", "0 12 29 2 1-5", "0 9 * 11 6"} {
		r, err := parseRule(wire.Rule{Kind: "at", Cron: expr})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []int64
		first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		for d := range int64(800) {
			r.starts(first.Unix()/daySeconds+d, func(c int64) { got = append(got, c) })
		}
		s, _ := cron.ParseStandard(expr)
		for n := s.Next(first.Add(-time.Second)); n.Before(first.Add(800 * 24 * time.Hour)); n = s.Next(n) {
			want = append(want, n.Unix())
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d starts, cron has %d", expr, len(got), len(want))
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("%s: %v, cron says %v", expr, time.Unix(got[i], 0).UTC(), time.Unix(want[i], 0).UTC())
			}
		}
	}
}

// TestOncePerLocalDay: a daily notice comes once each civil day in zones with
// daylight saving.
func TestOncePerLocalDay(t *testing.T) {
	for _, zone := range []string{"Europe/London", "America/New_York", "Asia/Tehran", "Africa/Casablanca", "Pacific/Chatham", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []wire.Clock{"00:00", "01:30", "02:00", "02:30", "03:00"} {
			got, err := Next(wire.Rule{Kind: "at", Times: []wire.Clock{c}}, zone, nil, time.Date(2026, 1, 1, 0, 0, 0, 0, loc), 365)
			if err != nil || len(got) != 365 {
				t.Fatalf("%s: %d starts, %v", zone, len(got), err)
			}
			for i, g := range got {
				if want := time.Date(2026, 1, 1+i, 12, 0, 0, 0, loc); g.YearDay() != want.YearDay() {
					t.Fatalf("%s %s: start %d is %v", zone, c, i, g)
				}
			}
		}
	}
}

func FuzzRule(f *testing.F) {
	f.Add("at", "0 7 31 2 *", "07:00", "21:00", "2026-11-24T07:00:00", 5, 30)
	f.Add("loop", "* * * * 1-5", "22:00", "02:00", "", 0, 0)
	f.Add("every", "TZ=", "00:00", "24:00", "", 1, 0)
	f.Add("once", "", "", "", "2026-11-24T07:00:00", 0, 61)
	f.Fuzz(func(t *testing.T, kind, expr, from, to, once string, n, pause int) {
		r := wire.Rule{Kind: wire.RuleKind(kind), Cron: expr, Once: wire.DateTime(once), Pause: pause}
		switch r.Kind {
		case wire.RuleLoop, wire.RuleEvery:
			r.Window = &wire.Window{From: wire.Clock(from), To: wire.Clock(to)}
			if r.Kind == wire.RuleEvery {
				r.Every, r.Pause = n, 0
			}
		case wire.RuleAt:
			r.Rounds = n
			if expr == "" {
				r.Times = []wire.Clock{wire.Clock(from), wire.Clock(to)}
			}
		}
		in := input(with(notice("p", "07:00", both(1+n&63), text(3)), func(p *wire.Programme) { p.Rule = r }))
		table, problems := Compile(in)
		if (ValidateRule(r) == nil) != (len(problems) == 0) {
			t.Fatalf("ValidateRule says %v, Compile %v", ValidateRule(r), problems)
		}
		start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		table.Run(State{}, start, start.Add(30*time.Hour))
	})
}
