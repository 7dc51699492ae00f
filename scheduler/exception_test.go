package scheduler

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func TestExceptionsThatMakeNoSense(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	w := World{Tree: sampleTree(), Units: Known{Has: func(id string) bool { return id == "u1" }, All: func() []string { return []string{"u1"} }}}
	county := wire.County{Loud: []wire.Level{wire.LevelRed, wire.LevelOrange}}
	good := Exception{Address: "area/v1", From: now, Until: now.Add(time.Hour), Why: "高考"}
	for _, c := range []struct {
		field  string
		change func(*Exception)
	}{
		{"", func(e *Exception) {}},
		{"", func(e *Exception) { e.Address, e.Loud = "unit/u1", []wire.Level{wire.LevelRed} }},
		{"", func(e *Exception) { e.Daily = &wire.Window{From: "22:00", To: "06:00"} }},
		{"area", func(e *Exception) { e.Address = "area/nowhere" }},
		{"area", func(e *Exception) { e.Address = "keys" }},
		{"unit", func(e *Exception) { e.Address = "unit/u2" }},
		{"why", func(e *Exception) { e.Why = " " }},
		{"until", func(e *Exception) { e.Until = now }},
		{"until", func(e *Exception) { e.From, e.Until = now.Add(2*time.Hour), now.Add(time.Hour) }},
		{"until", func(e *Exception) { e.Until = now.AddDate(2, 0, 0) }},
		{"daily", func(e *Exception) { e.Daily = &wire.Window{From: "13:00", To: "13:00"} }},
		{"loud[0]", func(e *Exception) { e.Loud = []wire.Level{"purple"} }},
		{"loud", func(e *Exception) { e.Loud = []wire.Level{wire.LevelOrange} }},
	} {
		e := good
		c.change(&e)
		field := ""
		if err := e.Validate(w, county, now); err != nil {
			field = err.(*Error).Field
		}
		if field != c.field {
			t.Errorf("%+v: fault in %q, want %q", e, field, c.field)
		}
	}
}

func TestWhoMayWarnAtWhichLevel(t *testing.T) {
	c := County{County: wire.County{Highest: []wire.Level{wire.LevelRed, wire.LevelYellow}, HighestIn: map[string]wire.Level{"v2": wire.LevelNone}}}
	for _, x := range []struct {
		issuer string
		level  wire.Level
		says   string
	}{
		{"c", wire.LevelRed, ""}, {"t1", wire.LevelYellow, ""}, {"t1", wire.LevelOrange, `may warn up to yellow`}, {"v1", wire.LevelYellow, ""},
		{"v1", wire.LevelRed, "may warn up to yellow"}, {"v2", wire.LevelBlue, "may not warn"},
	} {
		says := ""
		if err := (Warning{Issuer: x.issuer, Level: x.level}).CheckLevel(c, sampleTree()); err != nil {
			says = err.Error()
		}
		if (says == "") != (x.says == "") || !strings.Contains(says, x.says) {
			t.Errorf("%s, %s: %q", x.issuer, x.level, says)
		}
	}
	if err := (Warning{Issuer: "v1", Level: wire.LevelRed}).CheckLevel(County{}, sampleTree()); err != nil {
		t.Errorf("without limits: %v", err)
	}
}

func TestChainsFitTheLongestPlay(t *testing.T) {
	for _, c := range []struct {
		kind          wire.RuleKind
		rounds, pause int
		maxPlay       int
		ok            bool
	}{
		{wire.RuleAt, 10, 0, 600, true}, {wire.RuleAt, 10, 1, 600, false}, {wire.RuleAt, 10, 1, 609, true}, {wire.RuleAt, 10, 61, 600, true},
		{wire.RuleLoop, 0, 0, 60, true}, {wire.RuleLoop, 0, 0, 59, false}, {wire.RuleAt, 0, 0, 60, true},
	} {
		p := Programme{MaxPlay: c.maxPlay, Rule: wire.Rule{Kind: c.kind, Rounds: c.rounds, Pause: c.pause}}
		if err := p.checkFits(60 * wire.Rate); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
