package store

import (
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// TestACorrectionGoesToWhoPlayedIt: to the units that prove that they played the
// version, one that proves it later too, and to nobody else; and the record names
// them with their times.
func TestACorrectionGoesToWhoPlayedIt(t *testing.T) {
	s := county(t)
	rules(t, s, scheduler.ApprovalRule{Steps: 0})
	s = s.As(scheduler.Actor{ID: "li", Name: "李四", Via: scheduler.ViaSession})
	ctx := t.Context()
	release(t, s, loop("water", "liushu"))
	now := time.Now()
	seq := map[string]uint64{}
	plays := func(unit string, version int, from time.Time) {
		t.Helper()
		seq[unit]++
		r := wire.Report{Unit: unit, Spool: "s1", After: seq[unit] - 1, Entries: []wire.Entry{{Seq: seq[unit], At: ms(from), AsRun: &wire.AsRun{Output: wire.OutputSound, Programme: "water", Version: version,
			Title: "x", Level: wire.LevelBackground, From: ms(from), To: ms(from.Add(time.Minute)), Outcome: wire.OutcomeStopped, Grade: wire.GradePlayed,
			Rounds: []wire.RoundPart{{Start: ms(from), Frames: 50 * wire.Rate}}}}}}
		if _, err := s.Record(ctx, r, now); err != nil {
			t.Fatal(err)
		}
	}
	p := loop("water")
	p.Title, p.Targets = "put right", scheduler.Targets{Heard: "water@1"}
	must(t)(s.PutDraft(ctx, p))
	_, _, err := s.Release(ctx, "water", 0)
	wantKind(t, err, scheduler.Invalid, "targets.heard", "proved")
	p.Targets.Heard = "water"
	_, _, err = s.PutDraft(ctx, p)
	wantKind(t, err, scheduler.Invalid, "targets.heard", "water@2")

	plays("liu1-1", 1, now.Add(-time.Minute))
	_, r, err := s.Release(ctx, "water", 0)
	if err != nil || r.Units != 1 {
		t.Fatalf("%+v (%v)", r, err)
	}
	publish(t, s)
	plays("liu1-2", 1, now.Add(-2*time.Minute)) // it was cut off, and proves it now
	plays("shi1-1", 2, now)                     // of another version: that is nobody's matter
	if got := publish(t, s); !slices.Equal(got, []Target{{wire.UnitAddress("liu1-2"), wire.KindBulletin}}) {
		t.Errorf("a later proof publishes %v", got)
	}
	plays("liu1-2", 1, now.Add(-time.Minute))
	if got := publish(t, s); len(got) != 0 {
		t.Errorf("the same again publishes %v", got)
	}

	must(t)(s.Stop(ctx, "liushu", "wrong")) // of the version before too: a unit may still hold it
	d, err := s.Dossier(ctx, "water", 1)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, a := range d.Acts {
		acts = append(acts, a.Who()+" "+a.Act)
	}
	if !slices.Equal(acts, []string{"李四 draft programme", "李四 release programme", "李四 STOP in liushu"}) || d.Author != "李四" || !slices.Equal(d.Approvers, []string{"李四"}) {
		t.Errorf("acts %q, author %s, approvers %q", acts, d.Author, d.Approvers)
	}
	var liu1 scheduler.DossierVillage
	for _, v := range d.Villages {
		if v.Area.ID == "liu1" {
			liu1 = v
		} else if !v.From.IsZero() {
			t.Errorf("%s never played it: %+v", v.Area.ID, v)
		}
	}
	if liu1.Units != 2 || liu1.Played != 2 || ms(liu1.From) != ms(now.Add(-2*time.Minute)) || ms(liu1.To) != ms(now) || len(d.Units) != 2 || d.Units[0].Content != 50*time.Second {
		t.Errorf("%+v, units %+v", liu1, d.Units)
	}
	if d, err = s.Dossier(ctx, "water", 2); err != nil || d.Acts[len(d.Acts)-1].Act != "STOP in liushu" || d.Acts[len(d.Acts)-1].Text != "wrong" {
		t.Errorf("the correction's: %+v (%v)", d.Acts, err)
	}
}
