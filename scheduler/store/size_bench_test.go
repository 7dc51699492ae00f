package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const (
	bigTowns    = 20
	bigVillages = 20 // of each town
	bigUnits    = 25 // of each village: 10,000 in all
	// What reaches each unit: 50 programmes of the county, its town and its village.
	bigCounty, bigTown, bigVillage = 40, 9, 1
)

// bigCountyOf makes a store with a county of 10,000 units in 400 villages, and
// with the programmes if they are wanted.
func bigCountyOf(b *testing.B, programmes bool) *Store {
	s := open(b, filepath.Join(b.TempDir(), "big.db"))
	ctx := b.Context()
	check := must(b)
	check(s.SetCounty(ctx, scheduler.County{County: wire.County{Name: "大县", Zone: "Asia/Shanghai"}}))
	check(s.PutArea(ctx, scheduler.Area{ID: "big", Name: "大县"}))
	audio := add(b, s, scheduler.Asset{ID: strings.Repeat("ab", 32), Kind: scheduler.AssetAudio, Title: "防汛", Size: 1000,
		Rendition: &scheduler.Rendition{Hash: strings.Repeat("cd", 32), Size: 900, Type: "mp3", Frames: 60 * wire.Rate}})
	text := add(b, s, scheduler.Asset{Kind: scheduler.AssetText, Title: "通知", Text: "今晚有雨"})
	check(s.PutPlaylist(ctx, scheduler.Playlist{ID: "notice", Title: "通知", Items: []scheduler.PlaylistItem{{Audio: audio.ID, Text: text.ID}}}))
	addBig := func(area string, n int) {
		for i := range n {
			if programmes {
				release(b, s, bigProgramme(area, i))
			}
		}
	}
	addBig("big", bigCounty)
	for t := range bigTowns {
		town := fmt.Sprintf("t%d", t)
		check(s.PutArea(ctx, scheduler.Area{ID: town, Parent: "big", Name: town}))
		addBig(town, bigTown)
		for v := range bigVillages {
			village := fmt.Sprintf("%sv%d", town, v)
			check(s.PutArea(ctx, scheduler.Area{ID: village, Parent: town, Name: village}))
			addBig(village, bigVillage)
			var us []scheduler.Unit
			for u := range bigUnits {
				us = append(us, scheduler.Unit{ID: fmt.Sprintf("%su%d", village, u), Area: village, Volume: 80, State: scheduler.UnitInstalled, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
			}
			check(s.AddUnits(ctx, us))
		}
	}
	return s
}

// bigProgramme is the nth programme of an area: loops first, then notices.
func bigProgramme(area string, n int) scheduler.Programme {
	p := loop(fmt.Sprintf("%s-p%d", area, n), area)
	if n > 0 {
		p.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{wire.Clock(fmt.Sprintf("%02d:%02d", 7+n%13, n*7%60))}, Rounds: 1 + n%2}
		if n%3 == 0 {
			p.Rule.Days = []int{1, 3, 5}
		}
	} else {
		p.Rule.Window = &wire.Window{From: "07:00", To: "21:00"}
	}
	return p
}

// raw times the least that the driver does for a question of this size: to read
// every row of a table of 10,000 units in one plain query.
func raw(b *testing.B, s *Store) float64 {
	const rounds = 5
	began := time.Now()
	for range rounds {
		rows, err := s.r.QueryContext(b.Context(), "SELECT id, name, volume FROM unit")
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			var id, name string
			var volume int
			if err := rows.Scan(&id, &name, &volume); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(began)) / rounds / 1e6
}

// bear lets every unit come online.
func bear(b *testing.B, s *Store) {
	list, after := []string{}, ""
	for {
		us, next, err := s.Units(b.Context(), UnitFilter{Page: Page{Limit: 1000, After: after}})
		if err != nil {
			b.Fatal(err)
		}
		for _, u := range us {
			list = append(list, u.Unit.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	now := time.Now()
	for _, id := range list {
		if err := s.Born(b.Context(), wire.Birth{Unit: id, Session: 1, Spool: "s", Boot: "b", At: now.UnixMilli(), Software: "bench", Wire: 1,
			Outputs: []wire.Output{wire.OutputSound}, SoundOutput: "counting"}, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCountyTimetable is the week of the whole county as the console asks
// for it: 10,000 units with 50 programmes each, which are 400 distinct sets.
func BenchmarkCountyTimetable(b *testing.B) {
	s := bigCountyOf(b, true)
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	sets := 0
	for b.Loop() {
		list, err := s.Timetable(b.Context(), TimetableQuery{Area: "big", From: from, To: from.AddDate(0, 0, 7)})
		if err != nil {
			b.Fatal(err)
		}
		if sets = len(list); sets != bigTowns*bigVillages {
			b.Fatalf("%d sets, want one for each village", sets)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1e6, "ms")
	b.ReportMetric(float64(sets), "sets")
	b.ReportMetric(raw(b, s), "bare-ms")
}

// BenchmarkStore asks a store of 10,000 units, all of them online, what people
// ask all day.
func BenchmarkStore(b *testing.B) {
	s := bigCountyOf(b, false)
	bear(b, s)
	for _, c := range []struct {
		name string
		do   func(ctx context.Context, n int) error
	}{
		{"status", func(ctx context.Context, _ int) error {
			st, err := s.Status(ctx, "", time.Now())
			if err == nil && st.Units.All != bigTowns*bigVillages*bigUnits {
				return fmt.Errorf("status counts %d units", st.Units.All)
			}
			return err
		}},
		{"list", func(ctx context.Context, _ int) error {
			list, _, err := s.Units(ctx, UnitFilter{Page: Page{Limit: 100}})
			if err == nil && len(list) != 100 {
				return fmt.Errorf("list has %d units", len(list))
			}
			return err
		}},
		{"sweep", func(ctx context.Context, n int) error {
			_, err := s.Sweep(ctx, time.Now())
			return err
		}},
		{"release", func(ctx context.Context, n int) error {
			p := bigProgramme("big", 100+n)
			if _, _, err := s.PutDraft(ctx, p); err != nil {
				return err
			}
			_, reach, err := s.Release(ctx, p.ID, 0)
			if err == nil && reach.Units != bigTowns*bigVillages*bigUnits {
				return fmt.Errorf("release reaches %d units", reach.Units)
			}
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				if err := c.do(b.Context(), b.N*1000+n); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1e6, "ms")
			b.ReportMetric(raw(b, s), "bare-ms")
		})
	}
}
