package store

import (
	"compress/gzip"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// dumps holds a database of a small county as each version's own programs wrote
// it, with proof, an outage and a warning: VERSION.sql.gz, the text that the
// sqlite3 shell's .dump gives.
const dumps = "testdata/versions"

// TestMigrationsFromEveryVersion brings the database of every released version
// up to date: all that was in it is there, read through the use cases, and the
// county goes on.
func TestMigrationsFromEveryVersion(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	released := regexp.MustCompile(`(?m)^Commit: [0-9a-f]{40}$`)
	seen := 0
	for _, section := range strings.Split("\n"+string(text), "\n## ")[1:] {
		version, _, _ := strings.Cut(section, ",")
		if !released.MatchString(section) {
			continue
		}
		seen++
		t.Run(version, func(t *testing.T) { migrateFrom(t, version) })
	}
	if seen == 0 {
		t.Error("CHANGELOG.md records the commit of no version")
	}
}

// load makes a database of a version's dump.
func load(t *testing.T, version, path string) *sql.DB {
	t.Helper()
	f, err := os.Open(filepath.Join(dumps, version+".sql.gz"))
	if err != nil {
		t.Fatalf("every released version leaves a database behind (CONTRIBUTING.md says how): %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	db, err := connect(Options{Path: path}, 1, "immediate", "")
	if err != nil {
		t.Fatal(err)
	}
	must(t)(db.Exec(string(dump)))
	return db
}

func migrateFrom(t *testing.T, version string) {
	path := filepath.Join(t.TempDir(), "old.db")
	old := load(t, version, path)
	rows := func(table string) (n int) {
		t.Helper()
		must(t)(old.QueryRow("SELECT count(*) FROM " + table).Scan(&n))
		if n == 0 {
			t.Errorf("the database of %s has no rows in %s: it shows nothing", version, table)
		}
		return n
	}
	causes := causesOf(t, old)
	had := map[string]int{}
	for _, table := range []string{"area", "unit", "asset", "playlist", "programme", "warning", "bar", "envelope", "outage", "asrun", "skip", "off", "audit"} {
		had[table] = rows(table)
	}
	var frames, from, to int64 // the proof as the version's own rows say it
	must(t)(old.QueryRow("SELECT sum(length), min(start), max(start + length) FROM asrun").Scan(&frames, &from, &to))
	must(t)(old.Close())

	s := open(t, path)
	ctx := t.Context()
	list, _, err := s.Outages(ctx, OutageFilter{Page: Page{Limit: 1000}})
	for _, o := range list {
		if err != nil || o.Says(time.UTC).EN != causes[o.ID] {
			t.Errorf("an outage said %q, and says %q now, %v", causes[o.ID], o.Says(time.UTC).EN, err)
		}
	}
	has := inventory(t, s)
	for what, n := range had {
		if has[what] != n {
			t.Errorf("%d of %d rows of %s are there after the migration", has[what], n, what)
		}
	}
	runs, _, err := s.AsRuns(ctx, AsRunFilter{Page: Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	var length int64
	for _, a := range runs {
		length += a.To - a.From
		if a.Unit == "" || a.Programme == "" && a.Interrupt == "" || len(a.Rounds) == 0 || a.Grade == "" {
			t.Errorf("a line of proof lost what it proved: %+v", a)
		}
	}
	if length != frames {
		t.Errorf("the proof is %d ms long, and was %d", length, frames)
	}
	proof, err := s.Proof(ctx, AsRunFilter{From: at(from).Truncate(time.Second), To: at(to)}, at(to).Add(time.Hour))
	played := 0
	for _, p := range proof {
		if p.Grade == wire.GradePlayed {
			played++
		}
	}
	if err != nil || played == 0 {
		t.Errorf("the play log has %d lines, %d of them played: %v", len(proof), played, err)
	}
	if faults, err := s.Check(ctx, true); err != nil || len(faults) > 0 {
		t.Errorf("the check finds %q, %v", faults, err)
	}
	goesOn(t, s, at(to))
}

// causesOf adds outages of causes that the dump may lack, and gives what all said
// before the migration.
func causesOf(t *testing.T, old *sql.DB) map[int64]string {
	t.Helper()
	for i, text := range []string{"it does not play what is due: 汛期宣传", "no sign of life: power, network, or the device hangs; last heard 2026-11-01 08:09:10 UTC, and not watched in between"} {
		must(t)(old.Exec("INSERT INTO outage (unit, kind, start, finish, cause, text) SELECT unit, ?, 1, 2, ?, ? FROM outage LIMIT 1",
			[]string{"silent", "unreachable"}[i], []string{"not-played", "heartbeat-lost"}[i], text))
	}
	rows, err := old.Query("SELECT id, text FROM outage")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	said := map[int64]string{}
	for rows.Next() {
		var id int64
		var text string
		must(t)(0, rows.Scan(&id, &text))
		said[id] = strings.ReplaceAll(text, " UTC,", ",")
	}
	return said
}

// inventory counts what the use cases give.
func inventory(t *testing.T, s *Store) map[string]int {
	t.Helper()
	ctx, all := context.WithoutCancel(t.Context()), Page{Limit: 1000}
	has := map[string]int{}
	count := func(table string, n int, err error) {
		t.Helper()
		if has[table] = n; err != nil {
			t.Errorf("read %s: %v", table, err)
		}
	}
	areas, err := s.Areas(ctx)
	count("area", len(areas), err)
	units, _, err := s.Units(ctx, UnitFilter{Page: all})
	count("unit", len(units), err)
	assets, _, err := s.Assets(ctx, AssetFilter{Page: all})
	count("asset", len(assets), err)
	playlists, err := s.Playlists(ctx)
	count("playlist", len(playlists), err)
	var versions int
	programmes, _, err := s.Programmes(ctx, ProgrammeFilter{Page: all})
	names := map[string]bool{}
	for _, p := range programmes {
		if !names[p.ID] {
			names[p.ID] = true
			list, bad := s.Versions(ctx, p.ID)
			if versions += len(list); bad != nil {
				err = bad
			}
		}
	}
	count("programme", versions, err)
	warnings, _, err := s.Warnings(ctx, WarningFilter{Page: all})
	count("warning", len(warnings), err)
	envelopes, err := s.Envelopes(ctx, false)
	count("envelope", len(envelopes), err)
	bars := map[string]bool{}
	for _, e := range envelopes {
		p, err := wire.ParseEnvelope(e.Bytes)
		if err != nil {
			t.Errorf("an envelope cannot be read: %v", err)
			continue
		}
		if p.Kind == wire.KindOrders {
			o, err := p.Orders()
			if err != nil {
				t.Errorf("orders cannot be read: %v", err)
			}
			for _, b := range o.Barred {
				bars[string(p.Address)+b.ID] = true
			}
		}
	}
	count("bar", len(bars), nil)
	outages, _, err := s.Outages(ctx, OutageFilter{Page: all})
	count("outage", len(outages), err)
	for _, o := range outages {
		if o.Kind == "" || o.Unit == "" || o.From.IsZero() {
			t.Errorf("an outage lost what it was: %+v", o)
		}
	}
	runs, _, err := s.AsRuns(ctx, AsRunFilter{Page: all})
	count("asrun", len(runs), err)
	skips, _, err := s.Skips(ctx, AsRunFilter{Page: all})
	count("skip", len(skips), err)
	offs, err := s.Offs(ctx, AsRunFilter{})
	count("off", len(offs), err)
	lines, _, err := s.Audit(ctx, scheduler.AuditFilter{Page: all})
	count("audit", len(lines), err)
	return has
}

// goesOn lives on in a county that was migrated: a unit comes back and proves
// more, and something is released.
func goesOn(t *testing.T, s *Store, now time.Time) {
	t.Helper()
	ctx := t.Context()
	units, _, err := s.Units(ctx, UnitFilter{})
	if err != nil || len(units) == 0 {
		t.Fatal(units, err)
	}
	u := units[0]
	must(t)(s.Born(ctx, wire.Birth{Unit: u.ID, Session: u.Presence.Session + 1, Spool: "new", Boot: "new", At: ms(now), Software: "test", Wire: 1, Outputs: u.Outputs}, now))
	if p, err := s.Presence(ctx, u.ID); err != nil || !p.Online {
		t.Errorf("%s came back and is %+v, %v", u.ID, p, err)
	}
	r := wire.Report{Unit: u.ID, Spool: "new", Entries: []wire.Entry{entryOf(1, now, time.Minute, wire.GradePlayed)}}
	if stored, err := s.Record(ctx, r, now); err != nil || stored.Seq != 1 {
		t.Errorf("proof after the migration: %+v, %v", stored, err)
	}
	playlists, err := s.Playlists(ctx)
	if err != nil || len(playlists) == 0 {
		t.Fatal(playlists, err)
	}
	p := loop("after", u.Area)
	p.Playlist, p.Rule.Until = playlists[0].ID, wire.DateTime(time.Now().AddDate(0, 1, 0).Format("2006-01-02T15:04:05"))
	if reach := release(t, s, p); len(publish(t, s)) == 0 {
		t.Errorf("a release after the migration reaches %+v, and publishes nothing", reach)
	}
	if v, err := s.Unit(ctx, u.ID); err != nil || v.State == scheduler.UnitPlanned {
		t.Errorf("%+v, %v", v, err)
	}
}
