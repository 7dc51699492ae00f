package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

func bulletinOf(address string) Target { return Target{wire.Address(address), wire.KindBulletin} }

func wantTargets(t *testing.T, what string, got []Target, want ...Target) {
	t.Helper()
	sort := func(a, b Target) int {
		return strings.Compare(string(a.Kind+"/")+string(a.Address), string(b.Kind+"/")+string(b.Address))
	}
	slices.SortFunc(got, sort)
	slices.SortFunc(want, sort)
	if !slices.Equal(got, want) {
		t.Errorf("%s published %v, want %v", what, got, want)
	}
}

func TestChangesCostOnePublishPerAddressTouched(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	must(t)(s.PutCalendar(ctx, scheduler.Calendar{ID: "market", Dates: []wire.Date{"2027-01-05"}}))
	must(t)(s.PutGroup(ctx, scheduler.Group{ID: "river", Areas: []string{"liu1"}, Units: []string{"shi1-1"}}))
	r := release(t, s, loop("county-loop", "qinghe"))
	if r.Units != 8 || r.Villages != 4 {
		t.Errorf("reach %+v, want 8 units in 4 villages", r)
	}
	wantTargets(t, "a release to the county", publish(t, s), bulletinOf("area/qinghe"))

	p := loop("river-notice")
	p.Targets.Groups = []string{"river"}
	release(t, s, p)
	wantTargets(t, "a release to a group", publish(t, s), bulletinOf("area/liu1"), bulletinOf("unit/shi1-1"))

	must(t)(s.PutGroup(ctx, scheduler.Group{ID: "river", Areas: []string{"liu1", "shi2"}}))
	wantTargets(t, "a changed group", publish(t, s), bulletinOf("area/shi2"), bulletinOf("unit/shi1-1"))

	must(t)(s.PutGroup(ctx, scheduler.Group{ID: "river", Name: "沿河", Areas: []string{"liu1", "shi2"}}))
	wantTargets(t, "a renamed group", publish(t, s))

	p = loop("market-loop", "shiqiao")
	p.Rule.On = []string{"market"}
	release(t, s, p)
	publish(t, s)
	must(t)(s.PutCalendar(ctx, scheduler.Calendar{ID: "market", Dates: []wire.Date{"2027-01-05", "2027-01-10"}}))
	wantTargets(t, "a changed calendar", publish(t, s), bulletinOf("area/shiqiao"))

	must(t)(s.SetCounty(ctx, scheduler.County{County: wire.County{Name: "青禾县", Zone: "Asia/Shanghai", Quiet: []wire.Window{{From: "22:00", To: "06:00"}}}}))
	wantTargets(t, "quiet hours", publish(t, s), bulletinOf("area/qinghe"))

	u, _ := s.Unit(ctx, "liu1-1")
	u.Unit.Area, u.Rev = "liu2", 0
	must(t)(s.UpdateUnit(ctx, u.Unit))
	wantTargets(t, "a moved unit", publish(t, s), bulletinOf("unit/liu1-1"))

	must(t)(s.Withdraw(ctx, "county-loop"))
	wantTargets(t, "a withdrawal", publish(t, s), bulletinOf("area/qinghe"))
	must(t)(s.Withdraw(ctx, "county-loop"))
	wantTargets(t, "a second withdrawal", publish(t, s))
}

func TestManyUnitsChangedCostOnePublishEach(t *testing.T) {
	s := open(t, t.TempDir()+"/many.db")
	ctx := t.Context()
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
	var units []scheduler.Unit
	for n := range 1000 {
		units = append(units, scheduler.Unit{ID: fmt.Sprintf("u%04d", n), Area: "c", Volume: 50, State: scheduler.UnitInstalled})
	}
	must(t)(s.AddUnits(ctx, units))
	publish(t, s)
	list, _, err := s.Units(ctx, UnitFilter{Page: Page{Limit: 1000}})
	if err != nil || len(list) != 1000 {
		t.Fatalf("%d units, %v", len(list), err)
	}
	units = nil
	for _, v := range list {
		v.Unit.Volume, v.Rev = 60, 0
		units = append(units, v.Unit)
	}
	if n, err := s.UpdateUnits(ctx, units); n != 1000 || err != nil {
		t.Fatalf("changed %d, %v", n, err)
	}
	if n, err := s.UpdateUnits(ctx, units); n != 0 || err != nil {
		t.Fatalf("the same again changed %d, %v", n, err)
	}
	got := publish(t, s)
	if len(got) != 1000 {
		t.Errorf("%d publishes for a change to 1,000 units", len(got))
	}
	release(t, s, func() scheduler.Programme { seedPlaylist(t, s); return loop("all", "c") }())
	wantTargets(t, "a release to 1,000 units", publish(t, s), bulletinOf("area/c"))
}

func seedPlaylist(t testing.TB, s *Store) {
	t.Helper()
	a := add(t, s, scheduler.Asset{Kind: scheduler.AssetText, Title: "t", Text: "通知"})
	must(t)(s.PutPlaylist(t.Context(), scheduler.Playlist{ID: "notice", Items: []scheduler.PlaylistItem{{Text: a.ID}}}))
}

func TestRevisionsRiseAndNameContent(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	g := bulletinOf("area/liu1")
	release(t, s, loop("a", "liu1"))
	first, err := s.Compose(ctx, g)
	if err != nil || !first.Changed || first.Bulletin == nil || first.Bulletin.Revision != first.Revision {
		t.Fatalf("first composition: %+v, %v", first, err)
	}
	// It was never saved, so it is given again, under a higher revision.
	second, err := s.Compose(ctx, g)
	if err != nil || !second.Changed || second.Revision <= first.Revision {
		t.Fatalf("second composition: %+v after %d, %v", second, first.Revision, err)
	}
	wantKind(t, s.SaveEnvelope(ctx, Sealed{Target: g, Revision: first.Revision, Bytes: []byte("x")}), scheduler.Conflict, "revision")
	must(t)(s.SaveEnvelope(ctx, Sealed{Target: g, Revision: second.Revision, Bytes: []byte("x")}))
	must(t)(s.SaveEnvelope(ctx, Sealed{Target: g, Revision: second.Revision, Bytes: []byte("x")}))
	wantKind(t, s.SaveEnvelope(ctx, Sealed{Target: g, Revision: second.Revision, Bytes: []byte("y")}), scheduler.Conflict, "revision")
	if c, err := s.Compose(ctx, g); err != nil || c.Changed {
		t.Errorf("the same content is given again: %+v, %v", c, err)
	}
	left, err := s.Envelopes(ctx, true)
	if err != nil || len(left) != 1 || left[0].Revision != second.Revision {
		t.Errorf("unpublished: %v, %v", left, err)
	}
	must(t)(s.MarkPublished(ctx, g, second.Revision))
	if left, _ := s.Envelopes(ctx, true); len(left) != 0 {
		t.Errorf("still unpublished: %v", left)
	}
	if all, _ := s.Envelopes(ctx, false); len(all) != 10 { // county, 8 units, and this one
		t.Errorf("%d envelopes to fill a broker with", len(all))
	}
}

func TestChangeWhileSealingIsNotLost(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	release(t, s, loop("a", "liu1"))
	g := bulletinOf("area/liu1")
	c, err := s.Compose(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	release(t, s, loop("b", "liu1"))
	must(t)(s.SaveEnvelope(ctx, Sealed{Target: g, Revision: c.Revision, Bytes: []byte("x")}))
	wantTargets(t, "the later change", publish(t, s), g)
}

func TestStaleAllGivesEverythingANewRevision(t *testing.T) {
	s := county(t)
	before, _ := s.Envelopes(t.Context(), false)
	must(t)(s.StaleAll(t.Context()))
	if got := publish(t, s); len(got) != len(before) {
		t.Errorf("%d published, want all %d", len(got), len(before))
	}
	if got := publish(t, s); len(got) != 0 {
		t.Errorf("and again %v", got)
	}
}

func TestDirtyWakesThePublisher(t *testing.T) {
	s := county(t)
	dirty := s.Dirty()
	select {
	case <-dirty:
		t.Fatal("dirty without a change")
	default:
	}
	release(t, s, loop("a", "liu1"))
	select {
	case <-dirty:
	case <-time.After(5 * time.Second):
		t.Fatal("not woken by a release")
	}
}

func TestSettingsListWhatAUnitMustHold(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	release(t, s, loop("a", "liu1"))
	publish(t, s)
	must(t)(s.NewSecret(ctx, "liu1-1"))
	u, _ := s.Unit(ctx, "liu1-1")
	u.Unit.Volume, u.Rev = 33, 0
	must(t)(s.UpdateUnit(ctx, u.Unit))
	c, err := s.Compose(ctx, bulletinOf("unit/liu1-1"))
	if err != nil || !c.Changed {
		t.Fatalf("%+v, %v", c, err)
	}
	set := c.Bulletin.Settings
	if set.Volume != 33 || !slices.Equal(set.Chain, []string{"qinghe", "liushu", "liu1"}) {
		t.Errorf("settings %+v", set)
	}
	var named []string
	for _, h := range set.Addresses {
		named = append(named, fmt.Sprintf("%s %t", h.Address, h.Bulletin > 0))
	}
	if want := []string{"area/qinghe true", "area/liushu false", "area/liu1 true", "unit/liu1-1 false"}; !slices.Equal(named, want) {
		t.Errorf("addresses %v, want %v", named, want)
	}
}

func TestMediaIsServedOnlyWhilePublishedContentNamesIt(t *testing.T) {
	s := county(t)
	ctx := context.Background()
	hash := strings.Repeat("cd", 32)
	served := func() bool {
		_, _, ok, err := s.Media(ctx, hash)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if served() {
		t.Error("served before a release")
	}
	release(t, s, loop("a", "liu1"))
	publish(t, s)
	if typ, size, ok, _ := s.Media(ctx, hash); !ok || typ != "mp3" || size != 900 {
		t.Errorf("after release: %s %d %t", typ, size, ok)
	}
	must(t)(s.Withdraw(ctx, "a"))
	publish(t, s)
	if served() {
		t.Error("still served after the withdrawal was published")
	}
}
