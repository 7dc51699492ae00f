package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

func TestBadInputGetsOneClearErrorAndChangesNothing(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	must(t)(s.PutPlaylist(ctx, scheduler.Playlist{ID: "empty"}))
	must(t)(s.AddAsset(ctx, scheduler.Asset{ID: strings.Repeat("12", 32), Kind: scheduler.AssetAudio, Title: "raw", Size: 1}))
	must(t)(s.PutPlaylist(ctx, scheduler.Playlist{ID: "raw", Items: []scheduler.PlaylistItem{{Audio: strings.Repeat("12", 32)}}}))
	draft := func(f func(*scheduler.Programme)) func() error {
		return func() error {
			p := loop("x", "liu1")
			f(&p)
			_, _, err := s.PutDraft(ctx, p)
			if err == nil {
				_, _, err = s.Release(ctx, "x", 0)
				if e := s.RemoveDraft(ctx, "x"); e != nil {
					t.Error(e)
				}
			}
			return err
		}
	}
	for name, c := range map[string]struct {
		do    func() error
		kind  scheduler.ErrorKind
		words []string
	}{
		"unknown area":     {draft(func(p *scheduler.Programme) { p.Targets.Areas = []string{"liushuo"} }), scheduler.Invalid, []string{"targets.areas[0]", "liushuo", `nearest is "liushu"`}},
		"nobody":           {draft(func(p *scheduler.Programme) { p.Targets.Areas = nil }), scheduler.Invalid, []string{"targets"}},
		"unknown group":    {draft(func(p *scheduler.Programme) { p.Targets.Groups = []string{"g"} }), scheduler.Invalid, []string{"targets.groups[0]"}},
		"unknown playlist": {draft(func(p *scheduler.Programme) { p.Playlist = "notise" }), scheduler.Invalid, []string{"playlist", `"notice"`}},
		"empty playlist":   {draft(func(p *scheduler.Programme) { p.Playlist = "empty" }), scheduler.Invalid, []string{"playlist", "empty"}},
		"no rendition":     {draft(func(p *scheduler.Programme) { p.Playlist = "raw" }), scheduler.Invalid, []string{"items[0].audio", "rendition"}},
		"empty window":     {draft(func(p *scheduler.Programme) { p.Rule.Window.To = p.Rule.Window.From }), scheduler.Invalid, []string{"rule.window"}},
		"short window":     {draft(func(p *scheduler.Programme) { p.Rule.Window = &wire.Window{From: "07:00", To: "07:00:30"} }), scheduler.Invalid, []string{"rule.window", "longer"}},
		"impossible cron":  {draft(func(p *scheduler.Programme) { p.Rule = wire.Rule{Kind: wire.RuleAt, Cron: "0 7 30 2 *"} }), scheduler.Invalid, []string{"rule.cron", "0 7 30 2 *"}},
		"broken cron":      {draft(func(p *scheduler.Programme) { p.Rule = wire.Rule{Kind: wire.RuleAt, Cron: "7 o'clock"} }), scheduler.Invalid, []string{"rule.cron"}},
		"over already":     {draft(func(p *scheduler.Programme) { p.Rule.Until = "2020-01-01T00:00:00" }), scheduler.Invalid, []string{"rule.until", "ended"}},
		"unknown calendar": {draft(func(p *scheduler.Programme) { p.Rule.Off = []string{"holidays"} }), scheduler.Invalid, []string{"rule.off[0]", "holidays"}},
		"warning level":    {draft(func(p *scheduler.Programme) { p.Level = wire.LevelRed }), scheduler.Invalid, []string{"level", "warn"}},
		"no authority":     {draft(func(p *scheduler.Programme) { p.Issuer = "shiqiao" }), scheduler.Invalid, []string{"targets.areas[0]", "shiqiao"}},
		"unit twice":       {func() error { _, _, err := s.AddUnit(ctx, scheduler.Unit{ID: "liu1-1", Area: "liu1"}); return err }, scheduler.Conflict, []string{"liu1-1"}},
		"unit id":          {func() error { _, _, err := s.AddUnit(ctx, scheduler.Unit{ID: "Liu 1", Area: "liu1"}); return err }, scheduler.Invalid, []string{"id", "Liu 1"}},
		"unit's area":      {func() error { _, _, err := s.AddUnit(ctx, scheduler.Unit{ID: "n", Area: "liu11"}); return err }, scheduler.Invalid, []string{"area", `"liu1"`}},
		"second county":    {func() error { _, _, err := s.PutArea(ctx, scheduler.Area{ID: "c2", Name: "x"}); return err }, scheduler.Invalid, []string{"parent", "qinghe"}},
		"circle": {func() error {
			_, _, err := s.PutArea(ctx, scheduler.Area{ID: "liushu", Name: "x", Parent: "liu1"})
			return err
		}, scheduler.Invalid, []string{"parent"}},
		"zone": {func() error {
			_, _, err := s.SetCounty(ctx, scheduler.County{County: wire.County{Zone: "Asia/Shangai"}})
			return err
		}, scheduler.Invalid, []string{"zone", "Asia/Shangai"}},
		"area in use":       {func() error { return s.RemoveArea(ctx, "liu1") }, scheduler.Conflict, []string{"liu1-1"}},
		"asset in use":      {func() error { _, err := s.RemoveAsset(ctx, strings.Repeat("ab", 32)); return err }, scheduler.Conflict, []string{"playlist", "notice"}},
		"no such unit":      {func() error { _, err := s.Unit(ctx, "liu1-11"); return err }, scheduler.NotFound, []string{`nearest is "liu1-1"`}},
		"no such programme": {func() error { _, _, err := s.Release(ctx, "nothing", 0); return err }, scheduler.NotFound, []string{"nothing"}},
		"warning over": {func() error {
			_, _, err := s.Warn(ctx, scheduler.Warning{Area: "liu1", Level: wire.LevelRed, Text: "x", Until: time.Now().Add(-time.Minute)})
			return err
		}, scheduler.Invalid, []string{"until"}},
		"warning level word": {func() error {
			_, _, err := s.Warn(ctx, scheduler.Warning{Area: "liu1", Level: "rad", Text: "x", Until: time.Now().Add(time.Minute)})
			return err
		}, scheduler.Invalid, []string{"level", `"red"`}},
	} {
		t.Run(name, func(t *testing.T) {
			wantKind(t, c.do(), c.kind, c.words...)
			if got := publish(t, s); len(got) > 0 {
				t.Errorf("an error published %v", got)
			}
		})
	}
}

func TestPutsAreIdempotentAndKnowLaterChanges(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	a, change, err := s.PutArea(ctx, scheduler.Area{ID: "liu1", Parent: "liushu", Name: "柳一村"})
	if err != nil || change != Unchanged {
		t.Errorf("same area: %s, %v", change, err)
	}
	a.Name = "柳树一村"
	if _, change, err = s.PutArea(ctx, a); err != nil || change != Updated {
		t.Errorf("renamed area: %s, %v", change, err)
	}
	a.Name = "another"
	_, _, err = s.PutArea(ctx, a) // a.Rev is the one before the renaming
	wantKind(t, err, scheduler.Stale)

	p := loop("a", "liu1")
	if _, change, _ = s.PutDraft(ctx, p); change != Created {
		t.Errorf("new draft: %s", change)
	}
	if _, change, _ = s.PutDraft(ctx, p); change != Unchanged {
		t.Errorf("same draft: %s", change)
	}
	got, _, err := s.Release(ctx, "a", 0)
	if err != nil || got.Rule.Until == "" || len(got.Items) != 1 || got.Level != wire.LevelBackground || got.OnCut != wire.CutRejoin || got.Grace != 600 || got.Volume != 100 || got.Issuer != "qinghe" {
		t.Errorf("released %+v, %v", got, err)
	}
	if _, change, _ = s.PutDraft(ctx, p); change != Unchanged {
		t.Errorf("what was released, drafted again: %s", change)
	}
	if _, change, _ = s.PutDraft(ctx, got); change != Unchanged {
		t.Errorf("what the release made of it, drafted again: %s", change)
	}
	p.Title = "new title"
	next, change, err := s.PutDraft(ctx, p)
	if err != nil || change != Updated || next.Version != 2 || next.State != scheduler.ProgrammeDraft {
		t.Errorf("an edit of a released version: %+v %s %v", next, change, err)
	}
	must(t)(s.Release(ctx, "a", 0))
	list, err := s.Versions(ctx, "a")
	if err != nil || len(list) != 2 || list[0].State != scheduler.ProgrammeReleased || list[1].State != scheduler.ProgrammeSuperseded || list[1].Title != got.Title {
		t.Errorf("versions %+v, %v", list, err)
	}
	released, _, err := s.Programmes(ctx, ProgrammeFilter{State: scheduler.ProgrammeReleased, Area: "liu1"})
	if err != nil || len(released) != 1 || released[0].Version != 2 {
		t.Errorf("released for liu1: %+v, %v", released, err)
	}
	if none, _, _ := s.Programmes(ctx, ProgrammeFilter{Area: "shiqiao"}); len(none) != 0 {
		t.Errorf("reaching shiqiao: %+v", none)
	}
}

func TestReleasedItemsStayWhenThePlaylistChanges(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	release(t, s, loop("a", "liu1"))
	text := add(t, s, scheduler.Asset{Kind: scheduler.AssetText, Text: "别的"})
	must(t)(s.PutPlaylist(ctx, scheduler.Playlist{ID: "notice", Items: []scheduler.PlaylistItem{{Text: text.ID[:8]}}}))
	p, err := s.Programme(ctx, "a", 0)
	if err != nil || len(p.Items) != 1 || p.Items[0].Sound == nil {
		t.Errorf("released items changed: %+v, %v", p.Items, err)
	}
	_, err = s.RemoveAsset(ctx, strings.Repeat("ab", 32))
	wantKind(t, err, scheduler.Conflict, "programme", `"a"`)
	must(t)(s.Withdraw(ctx, "a"))
	publish(t, s)
	gone, err := s.RemoveAsset(ctx, strings.Repeat("ab", 32))
	if err != nil || !slices.Contains(gone, strings.Repeat("cd", 32)) {
		t.Errorf("files to remove: %v, %v", gone, err)
	}
}

func TestWarningsMutesAndStop(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	release(t, s, loop("all-day", "qinghe"))
	town := loop("town", "liushu")
	town.Issuer = "liushu"
	release(t, s, town)
	evening := loop("later", "liushu")
	start := time.Now().In(time.FixedZone("", 8*3600)).Add(2 * time.Hour)
	evening.Rule.Window = &wire.Window{From: wire.Clock(start.Format("15:04")), To: wire.Clock(start.Add(time.Hour).Format("15:04"))}
	release(t, s, evening)
	publish(t, s)

	w, r, err := s.Warn(ctx, scheduler.Warning{ID: "flood", Area: "liushu", Level: wire.LevelRed, Text: "河水上涨，立即转移", Until: time.Now().Add(time.Hour)})
	if err != nil || r.Units != 4 || w.Title == "" || w.Issuer != "liushu" {
		t.Fatalf("%+v %+v %v", w, r, err)
	}
	orders := Target{"area/liushu", wire.KindOrders}
	wantTargets(t, "a warning", publish(t, s), orders)
	if _, _, err = s.Warn(ctx, w); err != nil {
		t.Errorf("the same warning again: %v", err)
	}
	wantTargets(t, "the same warning again", publish(t, s))

	stopped, err := s.Stop(ctx, "liushu", "test")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, b := range stopped.Programmes {
		ids = append(ids, b.ID)
	}
	if !slices.Equal(ids, []string{"all-day", "town"}) || !slices.Equal(stopped.Warnings, []string{"flood"}) || stopped.Units != 4 {
		t.Errorf("stopped %+v", stopped)
	}
	wantTargets(t, "STOP", publish(t, s), orders, bulletinOf("area/liushu"))
	for id, want := range map[string]scheduler.ProgrammeState{"all-day": scheduler.ProgrammeReleased, "town": scheduler.ProgrammeStopped, "later": scheduler.ProgrammeReleased} {
		if p, _ := s.Programme(ctx, id, 0); p.State != want {
			t.Errorf("%s is %s, want %s", id, p.State, want)
		}
	}
	if w, _ = s.Warning(ctx, "flood"); w.End != "stopped" {
		t.Errorf("the warning is %q", w.End)
	}
	if w, err = s.Lift(ctx, "flood"); err != nil || w.End != "stopped" {
		t.Errorf("lifting what was stopped: %+v, %v", w, err)
	}

	m, err := s.Mute(ctx, scheduler.Mute{Address: "unit/shi1-1", Until: time.Now().Add(time.Hour), Why: "repair", Pause: true})
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := s.Unit(ctx, "shi1-1"); u.Shows != scheduler.ShowsPaused || u.Mute == nil {
		t.Errorf("a paused unit shows %s", u.Shows)
	}
	wantTargets(t, "a pause", publish(t, s), Target{"unit/shi1-1", wire.KindOrders})
	must(t)(s.Unmute(ctx, m.ID))
	wantTargets(t, "its end", publish(t, s), Target{"unit/shi1-1", wire.KindOrders})
	_, err = s.Mute(ctx, scheduler.Mute{Address: "area/liu1", Until: time.Now().Add(time.Hour), Why: "x", Pause: true})
	wantKind(t, err, scheduler.Invalid, "pause")
}

func TestRemovedUnitsAreOutOfEverything(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	_, secret, err := s.AddUnit(ctx, scheduler.Unit{ID: "extra", Area: "liu1"})
	if err != nil {
		t.Fatal(err)
	}
	p := loop("own")
	p.Targets.Units = []string{"extra", "liu2-1"}
	release(t, s, p)
	publish(t, s)
	must(t)(s.RemoveUnit(ctx, "extra"))
	if ok, _ := s.SecretOK(ctx, "extra", secret); ok {
		t.Error("a removed unit can log in")
	}
	list, _, _ := s.Units(ctx, UnitFilter{Area: "liu1"})
	if len(list) != 2 {
		t.Errorf("%d units listed", len(list))
	}
	if r, err := s.Reach(ctx, "own", 0); err != nil || r.Units != 1 || !slices.Equal(r.Addresses, []wire.Address{"unit/liu2-1"}) {
		t.Errorf("reach %+v, %v", r, err)
	}
	wantTargets(t, "a removal", publish(t, s), bulletinOf("unit/extra")) // the last word to its device
	_, _, err = s.AddUnit(ctx, scheduler.Unit{ID: "extra", Area: "liu1"})
	wantKind(t, err, scheduler.Conflict, "removed")
}
