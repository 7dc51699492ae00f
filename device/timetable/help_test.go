package timetable

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// at reads "24 07:00:05" as a day and time of November 2026 in Shanghai.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s, " ") {
		s = "24 " + s
	}
	if strings.Count(s, ":") == 1 {
		s += ":00"
	}
	v, err := time.ParseInLocation("2006-01-2 15:04:05", "2026-11-"+s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sound(seconds int) wire.Item {
	return wire.Item{Sound: &wire.Sound{Hash: fmt.Sprintf("%064x", seconds), Type: "flac", Frames: int64(seconds) * wire.Rate}}
}

func text(seconds int) wire.Item {
	return wire.Item{Text: &wire.Text{Body: "通知", Stay: int64(seconds) * 1000}}
}

func both(seconds int) wire.Item {
	i := sound(seconds)
	i.Text = &wire.Text{Body: "通知", Stay: 1}
	return i
}

// loop, notice and every are programmes of the county with usual defaults.
func loop(id, from, to string, pause int, items ...wire.Item) wire.Programme {
	return wire.Programme{ID: id, Version: 1, Title: id, Issuer: "county", Level: wire.LevelBackground, Items: items, Volume: 100,
		Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: wire.Clock(from), To: wire.Clock(to)}, Pause: pause}}
}

func notice(id, when string, items ...wire.Item) wire.Programme {
	return wire.Programme{ID: id, Version: 1, Title: id, Issuer: "county", Level: wire.LevelTimed, Items: items, Volume: 100, Grace: 600,
		Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{wire.Clock(when)}}}
}

func with(p wire.Programme, change func(*wire.Programme)) wire.Programme {
	change(&p)
	return p
}

// input is a unit in county > town > village with both outputs; programmes
// travel in the bulletin of their issuer.
func input(progs ...wire.Programme) Input {
	b := map[string]*wire.Bulletin{}
	in := Input{}
	for _, id := range []string{"county", "town", "village"} {
		b[id] = &wire.Bulletin{Address: wire.AreaAddress(id)}
	}
	b["county"].County = &wire.County{Name: "County", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}
	for _, p := range progs {
		b[p.Issuer].Programmes = append(b[p.Issuer].Programmes, p)
	}
	for _, id := range []string{"county", "town", "village"} {
		in.Bulletins = append(in.Bulletins, *b[id])
	}
	in.Bulletins = append(in.Bulletins, wire.Bulletin{Address: wire.UnitAddress("u1"), Settings: &wire.Settings{Unit: "u1",
		Chain: []string{"county", "town", "village"}, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 80}})
	return in
}

func compile(t testing.TB, in Input) *Table {
	t.Helper()
	table, problems := Compile(in)
	if len(problems) > 0 {
		t.Fatalf("problems: %+v", problems)
	}
	return table
}

// say writes a timeline of one output as lines: "07:00:00–07:01:00 loop ended".
func say(tl Timeline, o wire.Output) []string {
	var out []string
	for _, s := range tl.Stretches {
		if s.Output == o {
			line := fmt.Sprintf("%s–%s %s%s %s %s", hm(s.From), hm(s.To), s.Programme, s.Interrupt, s.Reason.Code, s.End)
			if s.By != "" {
				line += " by " + s.By
			}
			out = append(out, line)
		}
	}
	return out
}

func saySkips(tl Timeline, o wire.Output) []string {
	var out []string
	for _, s := range tl.Skips {
		if s.Output == o {
			line := fmt.Sprintf("%s %s%s %s×%d %s", hm(s.At), s.Programme, s.Interrupt, hm(s.Start), s.Rounds, s.Reason.Code)
			if s.Part {
				line += " part"
			}
			out = append(out, line)
		}
	}
	return out
}

func hm(t time.Time) string { return t.Format("15:04:05") }

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s:\n got\n%s\nwant\n%s", what, g, w)
	}
}

// firstDiff shows two lists of lines around where they part.
func firstDiff(a, b []string) string {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			lo := max(0, i-2)
			return fmt.Sprintf("a: %q\nb: %q", a[min(lo, len(a)):min(i+2, len(a))], b[min(lo, len(b)):min(i+2, len(b))])
		}
	}
	return ""
}
