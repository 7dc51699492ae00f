package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// big is a county of 10,000 units in 400 villages, all installed and online.
func big(t testing.TB) (*Store, time.Time) {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "big.db"))
	ctx := t.Context()
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
	var units []scheduler.Unit
	for town := range 20 {
		id := fmt.Sprintf("t%02d", town)
		must(t)(s.PutArea(ctx, scheduler.Area{ID: id, Parent: "c", Name: id}))
		for village := range 20 {
			v := fmt.Sprintf("%s-v%02d", id, village)
			must(t)(s.PutArea(ctx, scheduler.Area{ID: v, Parent: id, Name: v}))
			for n := range 25 {
				units = append(units, scheduler.Unit{ID: fmt.Sprintf("%s-u%02d", v, n), Area: v, Volume: 80, State: scheduler.UnitInstalled})
			}
		}
	}
	must(t)(s.AddUnits(ctx, units))
	seedPlaylist(t, s)
	now := time.Now()
	must(t)(s.Watch(ctx, now.Add(-time.Hour)))
	for _, u := range units {
		must(t)(s.Born(ctx, birth(u.ID, 1), now))
		must(t)(s.OnAir(ctx, u.ID, 1, []wire.OnAir{{Output: wire.OutputSound, Programme: "a", Version: 1}}, now))
	}
	must(t)(s.Sweep(ctx, now))
	return s, now
}

func TestTenThousandUnitsAnswerInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("a store of 10,000 units")
	}
	s, now := big(t)
	ctx := t.Context()
	n := 0
	for name, f := range map[string]func() error{
		"status": func() error { _, err := s.Status(ctx, "", now); return err },
		"list":   func() error { _, _, err := s.Units(ctx, UnitFilter{Area: "t05"}); return err },
		"sweep":  func() error { _, err := s.Sweep(ctx, now.Add(2*time.Second)); return err },
		"release": func() error {
			n++
			p := loop(fmt.Sprintf("p%d", n), "c")
			if _, _, err := s.PutDraft(ctx, p); err != nil {
				return err
			}
			_, _, err := s.Release(ctx, p.ID, 0)
			return err
		},
	} {
		best := time.Hour
		for range 3 {
			start := time.Now()
			if err := f(); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		t.Logf("%s: %v", name, best)
		if best > 200*time.Millisecond {
			t.Errorf("%s takes %v on 10,000 units, want at most 200 ms", name, best)
		}
	}
}

// BenchmarkRecord is the ingest of reports of one entry, 500 in a transaction;
// BenchmarkBareInsert beside it is what the driver does at best.
func BenchmarkRecord(b *testing.B) {
	s, now := big(b)
	units, _, err := s.Units(b.Context(), UnitFilter{Page: Page{Limit: 1000}})
	if err != nil {
		b.Fatal(err)
	}
	seq := uint64(0)
	b.ResetTimer()
	for n := 0; n < b.N; {
		rs := make([]wire.Report, 0, 500)
		for len(rs) < 500 && n < b.N {
			if n%len(units) == 0 {
				seq++
			}
			rs = append(rs, wire.Report{Unit: units[n%len(units)].ID, Spool: "sp", Boot: "b", Entries: []wire.Entry{
				entryOf(seq, now.Add(time.Duration(seq)*15*time.Minute), 15*time.Minute, wire.GradePlayed)}})
			n++
		}
		if _, err := s.RecordAll(b.Context(), rs, now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

func BenchmarkBareInsert(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "bare.db"))
	rounds := packRounds(*entryOf(1, time.Now(), 15*time.Minute, wire.GradePlayed).AsRun)
	b.ResetTimer()
	for n := 0; n < b.N; {
		t, err := s.w.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		st, err := t.Prepare("INSERT INTO asrun (unit, start, spool, seq, content, length, code, stored, rounds, note) VALUES (?, ?, ?, ?, 1, 900000, 0, 900, ?, NULL)")
		if err != nil {
			b.Fatal(err)
		}
		for range 500 {
			if _, err := st.Exec(n%1000, n/1000*900_000, n%1000, n, rounds); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if err := t.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
