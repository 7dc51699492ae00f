package app_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/sim"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/store"
)

const (
	fanUnits   = 1000
	fanChanges = 9 // the first is not counted
	fanPatient = 30 * time.Second
	fanLook    = 15 * time.Millisecond // looking costs the centre something too
)

// benchCentre is a centre on loopback with n units, and their settings.
func benchCentre(b *testing.B, n int) (*app.App, []agent.Settings) {
	return benchCentreIn(b, b.TempDir(), n)
}

func benchCentreIn(b *testing.B, dir string, n int) (*app.App, []agent.Settings) {
	b.Helper()
	centre, list, err := openCentre(b.Context(), dir, n)
	if centre != nil {
		b.Cleanup(func() {
			if err := centre.Stop(); err != nil {
				b.Error(err)
			}
		})
	}
	if err != nil {
		b.Fatal(err)
	}
	return centre, list
}

func openCentre(ctx context.Context, dir string, n int) (*app.App, []agent.Settings, error) {
	centre, err := app.New(app.Options{Data: dir, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err == nil {
		err = centre.Start(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	st := centre.Store()
	if _, _, err := st.PutArea(ctx, scheduler.Area{ID: "county", Name: "county"}); err != nil {
		return centre, nil, err
	}
	var us []scheduler.Unit
	for i := range n {
		us = append(us, scheduler.Unit{ID: fmt.Sprintf("u%d", i+1), Area: "county", State: scheduler.UnitPlanned, Volume: 80,
			Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
	}
	secrets, err := st.AddUnits(ctx, us)
	if err != nil {
		return centre, nil, err
	}
	var list []agent.Settings
	for i, u := range us {
		text, err := centre.Enrol(u.ID, secrets[i])
		if err != nil {
			return centre, nil, err
		}
		s, err := agent.ParseSettings([]byte(text))
		if err != nil {
			return centre, nil, err
		}
		list = append(list, s)
	}
	return centre, list, nil
}

// benchSettle waits until every unit is known to hold the newest of everything.
func benchSettle(b *testing.B, centre *app.App, n int) {
	b.Helper()
	end := time.Now().Add(2 * fanPatient)
	for time.Now().Before(end) {
		st, err := centre.Store().Status(b.Context(), "", time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if st.Units.Idle+st.Units.OnAir == n && st.Pending == 0 {
			time.Sleep(2 * time.Second) // and stays so: bulletins of the units themselves may follow
			if st, err = centre.Store().Status(b.Context(), "", time.Now()); err == nil && st.Pending == 0 {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the units did not all come online and hold what was published")
}

// change changes something for the whole county and gives how long it takes
// from the signing to the last unit's word stored at the centre that it holds it:
// written, as another reader of the database sees it.
func change(b *testing.B, centre *app.App, db *sql.DB, n int) time.Duration {
	b.Helper()
	st := centre.Store()
	c, err := st.County(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c.Slogan = fmt.Sprintf("change %d", n)
	before := centre.Fleet().Counters().Sealed
	if _, _, err := st.SetCounty(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	end := time.Now().Add(fanPatient)
	for centre.Fleet().Counters().Sealed == before {
		if time.Now().After(end) {
			b.Fatal("the change was not published")
		}
		time.Sleep(100 * time.Microsecond)
	}
	began := time.Now()
	newest := newestBulletin(b, centre).Revision
	for held := 0; held < fanUnits; time.Sleep(fanLook) {
		if time.Now().After(end) {
			b.Fatalf("%d of %d units hold the change", held, fanUnits)
		}
		s, err := st.Status(b.Context(), "", time.Now())
		if err == nil && s.Pending == 0 { // before that it need not be asked for at length
			held, err = writtenDown(b.Context(), db, newest)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) - fanLook
}

// writtenDown counts the units whose row says that they hold a revision.
func writtenDown(ctx context.Context, db *sql.DB, revision uint64) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM presence WHERE have LIKE ?", fmt.Sprintf("%%:%d%%", revision)).Scan(&n)
	return n, err
}

// BenchmarkCountyChange changes something for 1,000 simulated units, beside the
// broker alone with as many bare clients that get the same bytes and answer with
// one message each. Both take turns, so that they share the machine's moods.
func BenchmarkCountyChange(b *testing.B) {
	dir := b.TempDir()
	centre, units := benchCentreIn(b, dir, fanUnits)
	db, err := driver.Open("file:" + filepath.Join(dir, "villagecast.db") + "?mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := sim.Start(sim.Options{Units: units, Ramp: 3 * time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Stop()
	benchSettle(b, centre, fanUnits)
	crowd := newCrowd(b, fanUnits)
	defer crowd.close()
	for range b.N {
		var ours, bare []time.Duration
		var oursUsed, bareUsed time.Duration
		published := centre.Fleet().Counters().Published
		size := 0
		for i := range fanChanges {
			from := processorTime(b)
			ours = append(ours, change(b, centre, db, i))
			payload := newestBulletin(b, centre).Bytes
			between := processorTime(b)
			bare = append(bare, crowd.fanOut(payload, 300))
			oursUsed, bareUsed = oursUsed+between-from, bareUsed+processorTime(b)-between
			size = len(payload)
		}
		published = centre.Fleet().Counters().Published - published
		o, p := median(ours[1:]), median(bare[1:])
		b.ReportMetric(float64(o)/1e6, "ms")
		b.ReportMetric(float64(p)/1e6, "bare-ms")
		b.ReportMetric(float64(o)/float64(p), "times-bare")
		b.ReportMetric(float64(oursUsed)/float64(bareUsed), "cpu-times-bare")
		b.ReportMetric(float64(published)/fanChanges, "publishes/change")
		b.ReportMetric(float64(size), "bytes")
	}
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median[T cmp.Ordered](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// newestBulletin is the county's bulletin as it was sent.
func newestBulletin(b *testing.B, centre *app.App) store.Sealed {
	es, err := centre.Store().Envelopes(b.Context(), false)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range es {
		if e.Address == wire.AreaAddress("county") && e.Kind == wire.KindBulletin {
			return e
		}
	}
	b.Fatal("the county has no bulletin")
	return store.Sealed{}
}
