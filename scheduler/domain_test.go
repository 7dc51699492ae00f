package scheduler

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func sampleTree() *Tree {
	return NewTree([]Area{{ID: "c", Name: "县"}, {ID: "t1", Parent: "c", Name: "镇一"}, {ID: "t2", Parent: "c", Name: "镇二"},
		{ID: "v1", Parent: "t1", Name: "村一"}, {ID: "v2", Parent: "t1", Name: "村二"}, {ID: "v3", Parent: "t2", Name: "村三"}})
}

func TestNearest(t *testing.T) {
	all := []string{"liushu", "shiqiao", "qinghe", "qinghe-east", "红"}
	for word, want := range map[string]string{"liushuo": "liushu", "lisuhu": "liushu", "QINGHE": "qinghe", "qin": "qinghe", "xyz": "", "shqiao": "shiqiao"} {
		if got := Nearest(word, all); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	if got := Nearest("anything", nil); got != "" {
		t.Errorf("nearest of none is %q", got)
	}
}

func TestTree(t *testing.T) {
	tree := sampleTree()
	if got := tree.Chain("v1"); !slices.Equal(got, []string{"c", "t1", "v1"}) {
		t.Errorf("chain %v", got)
	}
	if !tree.Within("v1", "c") || !tree.Within("v1", "v1") || tree.Within("t1", "v1") || tree.Within("v1", "t2") {
		t.Error("within is wrong")
	}
	if got := tree.Subtree("t1"); !slices.Equal(got, []string{"t1", "v1", "v2"}) {
		t.Errorf("subtree %v", got)
	}
	if tree.Chain("x") != nil || tree.Subtree("x") != nil || tree.Root() != "c" {
		t.Error("an unknown area is somewhere")
	}
}

func TestExpand(t *testing.T) {
	groups := map[string]Group{"g": {Areas: []string{"v2"}, Units: []string{"u1", "u3"}}}
	areaOf := func(u string) (string, bool) {
		a, ok := map[string]string{"u1": "v1", "u2": "v2", "u3": "v3"}[u]
		return a, ok
	}
	for _, c := range []struct {
		name   string
		t      Targets
		issuer string
		want   string
	}{
		{"one area", Targets{Areas: []string{"t1"}}, "c", "area/t1"},
		{"what is under it is dropped", Targets{Areas: []string{"v1", "t1"}, Units: []string{"u1"}}, "c", "area/t1"},
		{"a group's members", Targets{Groups: []string{"g"}}, "c", "area/v2 unit/u1 unit/u3"},
		{"a group beside an area", Targets{Groups: []string{"g"}, Areas: []string{"t1"}}, "c", "area/t1 unit/u3"},
		{"not under the issuer", Targets{Groups: []string{"g"}}, "t2", "unit/u3"},
		{"named twice", Targets{Areas: []string{"v1", "v1"}, Units: []string{"u3", "u3"}}, "c", "area/v1 unit/u3"},
		{"unknown ones", Targets{Areas: []string{"x"}, Units: []string{"y"}, Groups: []string{"z"}}, "c", ""},
	} {
		var got []string
		for _, a := range Expand(c.t, c.issuer, sampleTree(), groups, areaOf) {
			got = append(got, string(a))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	loop := Programme{ID: "a", Rule: wire.Rule{Kind: wire.RuleLoop}}.WithDefaults("c")
	if loop.Level != wire.LevelBackground || loop.OnCut != wire.CutRejoin || loop.Issuer != "c" || loop.Title != "a" {
		t.Errorf("loop %+v", loop)
	}
	for _, kind := range []wire.RuleKind{wire.RuleEvery, wire.RuleAt, wire.RuleOnce} {
		p := Programme{ID: "a", Rule: wire.Rule{Kind: kind}}.WithDefaults("c")
		if p.Level != wire.LevelTimed || p.OnCut != wire.CutResume || p.OnBlock != wire.BlockWait || p.Grace != 600 || p.Volume != 100 {
			t.Errorf("%s: %+v", kind, p)
		}
	}
	if p := (Programme{Grace: NoGrace}).WithDefaults("c"); p.Grace != NoGrace || p.Wire().Grace != 0 {
		t.Errorf("no grace becomes %d", p.Grace)
	}
	zone := time.FixedZone("", 8*3600)
	now := time.Date(2026, 2, 28, 23, 30, 0, 0, time.UTC) // 1 March there
	p := Programme{Rule: wire.Rule{Kind: wire.RuleAt}}.Bounded(now, zone)
	if p.Rule.From != "2026-03-01T00:00:00" || p.Rule.Until != "2026-03-09T00:00:00" || !p.EndAssumed || p.MaxPlay != 4*3600 {
		t.Errorf("validity %s to %s, assumed %v, at most %d s", p.Rule.From, p.Rule.Until, p.EndAssumed, p.MaxPlay)
	}
	p = Programme{Rule: wire.Rule{Kind: wire.RuleAt, From: "2026-05-01T00:00:00"}}.Bounded(now, zone)
	if p.Rule.Until != "2026-05-09T00:00:00" {
		t.Errorf("one that begins later ends %s", p.Rule.Until)
	}
	p = Programme{MaxPlay: 60, Rule: wire.Rule{Kind: wire.RuleAt, Until: "2026-12-01T00:00:00"}}.Bounded(now, zone)
	if p.Rule.Until != "2026-12-01T00:00:00" || p.EndAssumed || p.MaxPlay != 60 {
		t.Errorf("what was given becomes %+v", p)
	}
	p = Programme{Rule: wire.Rule{Kind: wire.RuleOnce, Once: "2026-12-31T23:50:00"}}.Bounded(now, zone)
	if p.Rule.From != "" || p.Rule.Until != "2027-01-01T23:50:00" {
		t.Errorf("validity of a once %s to %s", p.Rule.From, p.Rule.Until)
	}
}

func TestCheckWindow(t *testing.T) {
	for w, want := range map[wire.Window]string{
		{From: "07:00", To: "21:00"}:    "",
		{From: "22:00", To: "06:00"}:    "",
		{From: "00:00", To: "24:00"}:    "",
		{From: "07:00:30", To: "07:01"}: "",
		{From: "07:00", To: "07:00"}:    "w",
		{From: "24:00", To: "07:00"}:    "w.from",
		{From: "7:00", To: "21:00"}:     "w.from",
		{From: "07:00", To: "25:00"}:    "w.to",
		{From: "07:00", To: ""}:         "w.to",
	} {
		field := ""
		if err := CheckWindow("w", w); err != nil {
			field = err.(*Error).Field
		}
		if field != want {
			t.Errorf("%v: fault in %q, want %q", w, field, want)
		}
	}
}

func TestComposeOrdersLeavesOutWhatIsOver(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	o := ComposeOrders("area/c",
		[]wire.Interrupt{{ID: "old", Until: now.UnixMilli()}, {ID: "new", Until: now.UnixMilli() + 1}},
		[]Barred{{Bar: wire.Bar{ID: "a"}, Until: now.Add(-91 * 24 * time.Hour)}, {Bar: wire.Bar{ID: "b"}, Until: now.Add(-89 * 24 * time.Hour)}},
		[]Mute{{ID: "m", Until: now.Add(time.Hour)}, {ID: "over", Until: now}, {ID: "ended", Until: now.Add(time.Hour), Ended: now}}, now)
	if len(o.Interrupts) != 1 || o.Interrupts[0].ID != "new" || len(o.Barred) != 1 || o.Barred[0].ID != "b" || len(o.Mutes) != 1 || o.Mutes[0].ID != "m" {
		t.Errorf("orders %+v", o)
	}
}

func TestShows(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	w := Watch{Since: now.Add(-time.Hour)}
	unit := Unit{ID: "u", State: UnitInstalled, Outputs: []wire.Output{wire.OutputSound}}
	on := Presence{Online: true, LastSeen: now}
	playing := on
	playing.OnAir = []wire.OnAir{{Output: wire.OutputSound, Programme: "a"}}
	silent := on
	silent.Conditions = []wire.Condition{{Code: "no-sound"}}
	muted := playing
	muted.Conditions = []wire.Condition{{Code: "muted-here"}}
	planned := unit
	planned.State = UnitPlanned
	for _, c := range []struct {
		name   string
		u      Unit
		p      Presence
		paused bool
		w      Watch
		want   Shows
	}{
		{"playing", unit, playing, false, w, ShowsOnAir},
		{"idle", unit, on, false, w, ShowsIdle},
		{"no sound", unit, silent, false, w, ShowsSilent},
		{"muted by hand", unit, muted, false, w, ShowsSilent},
		{"gone", unit, Presence{Cause: CauseWill}, false, w, ShowsOffline},
		{"never seen", unit, Presence{}, false, w, ShowsOffline},
		{"nobody listens", unit, playing, false, Watch{}, ShowsUnknown},
		{"not heard since the start", unit, Presence{Online: true, LastSeen: now.Add(-2 * time.Hour)}, false, w, ShowsUnknown},
		{"under work", unit, playing, true, w, ShowsPaused},
		{"planned", planned, on, false, w, ShowsPlanned},
	} {
		if got := ShowsOf(c.u, c.p, nil, c.paused, c.w, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestJudgedFromTheFirstMinute: a unit that was heard since the centre listens is
// judged like any other; one that was not has a minute to come back.
func TestJudgedFromTheFirstMinute(t *testing.T) {
	since := time.UnixMilli(1_800_000_000_000)
	w := Watch{Since: since}
	unit := Unit{ID: "u", State: UnitInstalled, Outputs: []wire.Output{wire.OutputSound}}
	heard := Presence{Online: true, LastSeen: since.Add(5 * time.Second)}
	muted := heard
	muted.Conditions = []wire.Condition{{Code: "muted-here", Since: since.UnixMilli() + 6000}}
	for _, c := range []struct {
		name   string
		p      Presence
		after  time.Duration
		online bool
		opened string
	}{
		{"heard, then quiet for less than 40 s", heard, 44 * time.Second, true, ""},
		{"heard, then quiet for 40 s", heard, 45 * time.Second, false, "unreachable: " + CauseHeartbeat},
		{"heard, and muted by hand", muted, 7 * time.Second, true, "silent: " + CauseMuted},
		{"not heard since the start", Presence{Online: true, LastSeen: since.Add(-time.Second)}, WatchGrace - time.Second, true, ""},
		{"not heard for its grace", Presence{Online: true, LastSeen: since.Add(-time.Second)}, WatchGrace, false, "unreachable: " + CauseHeartbeat},
		{"never heard", Presence{}, WatchGrace - time.Second, false, ""},
	} {
		j := Judge(c.p, Scene{Unit: unit, Watch: w}, since.Add(c.after))
		opened := ""
		for _, o := range j.Opened {
			opened += string(o.Kind) + ": " + o.Cause
		}
		if j.Presence.Online != c.online || opened != c.opened {
			t.Errorf("%s: online %v, outages %q; want %v, %q", c.name, j.Presence.Online, opened, c.online, c.opened)
		}
	}
}
