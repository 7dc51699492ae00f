package store

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestAUnitWithoutAPlaceIsLeftInPeace: it hears its own settings and nothing of an
// area, nothing is due on it, its silence is no outage; once placed it is a unit
// as any other.
func TestAUnitWithoutAPlaceIsLeftInPeace(t *testing.T) {
	s, now := watched(t)
	ctx := t.Context()
	release(t, s, loop("all-day", "qinghe"))
	made, err := s.AddUnplaced(ctx, "", 3, nil)
	must(t)(err)
	id := made[0].Unit
	publish(t, s)
	own := settingsOf(t, s, id)
	if a := own.Addresses; len(a) != 1 || a[0].Address != wire.UnitAddress(id) {
		t.Errorf("it is told to hear %v", a)
	}
	must(t)(s.Born(ctx, birth(id, 1), now))
	if u, _ := s.Unit(ctx, id); u.State != scheduler.UnitUnplaced || u.Shows != scheduler.ShowsUnplaced || !u.Presence.Online {
		t.Errorf("heard of, it is %s and shows %s", u.State, u.Shows)
	}
	must(t)(s.Sweep(ctx, now.Add(time.Hour)))
	if u, _ := s.Unit(ctx, id); u.Presence.Online {
		t.Error("silent for an hour, it is still online")
	}
	if len(outages(t, s, id)) > 0 || len(outages(t, s, "liu1-1")) == 0 {
		t.Error("its silence is an outage, or that of an installed one is none")
	}
	tables, err := s.Timetable(ctx, scheduler.TimetableQuery{Unit: id, From: now, To: now.Add(24 * time.Hour)})
	if err != nil || len(tables) != 0 {
		t.Errorf("its timetable has %d units: %v", len(tables), err)
	}

	before, _ := s.Unit(ctx, made[1].Unit)
	if _, err := s.BindUnit(ctx, scheduler.Placing{Unit: id, Area: "nowhere"}); scheduler.KindOf(err) != scheduler.Invalid {
		t.Errorf("bound to an area that is not there: %v", err)
	}
	u, err := s.BindUnit(ctx, scheduler.Placing{Unit: id, Area: "liu1", Name: "柳一村口", Position: &scheduler.Position{Lat: 30, Lon: 120}})
	if err != nil || u.State != scheduler.UnitInstalled || u.Area != "liu1" || u.Name != "柳一村口" || u.Position == nil {
		t.Errorf("placed, it is %+v, %v", u, err)
	}
	u, err = s.BindUnit(ctx, scheduler.Placing{Unit: before.ID, Area: "liu1"})
	if err != nil || u.State != scheduler.UnitPlanned {
		t.Errorf("one never heard of is %s once placed, %v", u.State, err)
	}
	publish(t, s)
	if own = settingsOf(t, s, id); len(own.Addresses) != 4 || !slices.Equal(own.Chain, []string{"qinghe", "liushu", "liu1"}) {
		t.Errorf("placed, it is told %+v", own)
	}
}

// TestAClaimIsOfOneUnit: a newer one takes the place of an older, and the database
// holds neither.
func TestAClaimIsOfOneUnit(t *testing.T) {
	s, ctx := county(t), t.Context()
	first, err := s.IssueClaims(ctx, []string{"liu1-1", "liu1-2"})
	must(t)(err)
	again, err := s.IssueClaims(ctx, []string{"liu1-1"})
	must(t)(err)
	if len(first[0].Code) < 26 || first[0].Code == again[0].Code {
		t.Errorf("codes %q, %q", first[0].Code, again[0].Code)
	}
	if life := time.Until(again[0].Ends); life < 89*24*time.Hour || life > 91*24*time.Hour {
		t.Errorf("a claim is good for %v", life)
	}
	all, err := s.Claims(ctx, "liushu")
	must(t)(err)
	if len(all) != 2 || all[0].Unit != "liu1-1" || !all[0].Created.Equal(again[0].Created) {
		t.Errorf("claims %+v", all)
	}
	if other, _ := s.Claims(ctx, "shiqiao"); len(other) != 0 {
		t.Errorf("another town sees %+v", other)
	}
	if _, err := s.IssueClaims(ctx, []string{"liu2-1", "nobody"}); scheduler.KindOf(err) != scheduler.NotFound {
		t.Errorf("a claim of no unit: %v", err)
	}
	if all, _ := s.Claims(ctx, ""); len(all) != 2 {
		t.Errorf("of a list with a fault in it %d claims were made", len(all)-2)
	}
	var hash []byte
	must(t)(s.w.QueryRow("SELECT hash FROM claim WHERE unit = 'liu1-1' AND ended = 0").Scan(&hash))
	if !bytes.Equal(hash, digest(again[0].Code)) || !bytes.Equal(digest(plainClaim(" "+again[0].Code[:10]+"-"+again[0].Code[10:])), hash) {
		t.Error("what is kept is not the hash of the code")
	}
}

// settingsOf are the settings that a unit gets now.
func settingsOf(t *testing.T, s *Store, unit string) (out wire.Settings) {
	t.Helper()
	must(t)(s.read(t.Context(), func(t *tx) error {
		b, err := t.bulletin(wire.UnitAddress(unit), time.Now(), nil)
		if err == nil {
			out = *b.Settings
		}
		return err
	}))
	return out
}
