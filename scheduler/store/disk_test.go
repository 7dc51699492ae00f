package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// brittle is the operating system's file layer until it is told to fail.
type brittle struct {
	vfs.VFSFilename
	fail atomic.Pointer[error]
}

func (b *brittle) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := b.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &brittleFile{f, b}, flags, nil
}

type brittleFile struct {
	vfs.File
	disk *brittle
}

func (f *brittleFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.disk.fail.Load(); err != nil {
		return 0, *err
	}
	return f.File.WriteAt(p, off)
}

func (f *brittleFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *brittleFile) Unwrap() vfs.File { return f.File }

func TestFullDiskIsSaidAndChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		fails  error
		remedy string
	}{
		"full":    {sqlite3.FULL, "make room"}, // as the driver says ENOSPC
		"failing": {sqlite3.IOERR_WRITE, "health of the disk"},
	} {
		t.Run(name, func(t *testing.T) { failingDisk(t, name, c.fails, c.remedy) })
	}
}

func failingDisk(t *testing.T, name string, fails error, remedy string) {
	disk := &brittle{VFSFilename: vfs.Find("os").(vfs.VFSFilename)}
	vfs.Register(name, disk)
	defer vfs.Unregister(name)
	ctx := t.Context()
	s, err := Open(ctx, Options{Path: filepath.Join(t.TempDir(), "c.db"), VFS: name})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
	now := time.Now()
	must(t)(s.AddUnit(ctx, scheduler.Unit{ID: "u", Area: "c", State: scheduler.UnitInstalled}))
	report := wire.Report{Unit: "u", Spool: "s", Entries: []wire.Entry{entryOf(1, now, time.Minute, wire.GradePlayed)}}
	disk.fail.Store(&fails)
	_, _, err = s.PutArea(ctx, scheduler.Area{ID: "t", Parent: "c", Name: "镇"})
	wantKind(t, err, scheduler.Full, "full", remedy)
	if stored, err := s.Record(ctx, report, now); scheduler.KindOf(err) != scheduler.Full || stored.Seq != 0 {
		t.Errorf("proof on a full disk is acknowledged: %+v, %v", stored, err)
	}
	if areas, err := s.Areas(ctx); err != nil || len(areas) != 1 {
		t.Errorf("areas %+v, %v", areas, err)
	}
	if err := s.Born(ctx, birth("u", 1), now); err != nil {
		t.Errorf("presence needs the disk: %v", err)
	}
	disk.fail.Store(nil)
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "t", Parent: "c", Name: "镇"}))
	if stored, err := s.Record(ctx, report, now); err != nil || stored.Seq != 1 {
		t.Errorf("after making room: %+v, %v", stored, err)
	}
}

// TestPowerCutAtAnyByte copies the files of a store at work, cuts the log
// anywhere, and wants to find a whole number of changes, and to go on.
func TestPowerCutAtAnyByte(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	s := open(t, filepath.Join(dir, "c.db"))
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
	for n := range 30 {
		must(t)(s.AddUnit(ctx, scheduler.Unit{ID: fmt.Sprintf("u%02d", n), Area: "c"}))
	}
	data, err := os.ReadFile(filepath.Join(dir, "c.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(dir, "c.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	most := -1
	for _, cut := range append([]int{len(wal)}, randoms(15, len(wal))...) {
		path := filepath.Join(t.TempDir(), "c.db")
		for name, b := range map[string][]byte{path: data, path + "-wal": wal[:cut]} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Open(ctx, Options{Path: path})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		units, _, err := again.Units(ctx, UnitFilter{})
		if err != nil {
			t.Fatal(err)
		}
		stale, err := again.Stale(ctx)
		areas, _ := again.Areas(ctx)
		if err != nil || len(stale) != len(units)+len(areas) { // each has its own bulletin to make, and the county
			t.Errorf("cut at %d: %d units and %d stale snapshots, %v", cut, len(units), len(stale), err)
		}
		if cut == len(wal) {
			most = len(units)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	if most != 30 {
		t.Errorf("a copy of everything has %d units", most)
	}
}

func randoms(n, below int) (out []int) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		out = append(out, r.IntN(below))
	}
	return out
}

func TestMigrationFromTheFirstVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	ctx := t.Context()
	db, err := connect(Options{Path: path}, 1, "immediate", "")
	if err != nil {
		t.Fatal(err)
	}
	must(t)(migrate(ctx, db, 1))
	must(t)(db.Exec(`INSERT INTO area VALUES ('c', NULL, '县', '', '', 1);
		INSERT INTO unit VALUES (7, 'u1', 'c', 'one', 'installed', 5, 'sound,screen', 55, NULL, NULL, 0, 0, '', x'00', 1)`))
	must(t)(db.Close())
	s := open(t, path)
	u, err := s.Unit(ctx, "u1")
	if err != nil || u.Volume != 55 || !u.Has(wire.OutputScreen) {
		t.Errorf("unit %+v, %v", u, err)
	}
	if _, err := s.Record(ctx, wire.Report{Unit: "u1", Spool: "s", Entries: []wire.Entry{entryOf(1, time.Now(), time.Minute, wire.GradePlayed)}}, time.Now()); err != nil {
		t.Errorf("proof after the migration: %v", err)
	}
}

func TestNewerOrForeignDatabaseIsRefused(t *testing.T) {
	ctx := t.Context()
	for name, change := range map[string]string{
		"newer":   "INSERT INTO migration VALUES (99, '0099_future.sql', 'x', 0)",
		"foreign": "UPDATE migration SET sum = 'y' WHERE version = 1",
	} {
		path := filepath.Join(t.TempDir(), "c.db")
		s := open(t, path)
		must(t)(s.w.ExecContext(ctx, change))
		must(t)(s.Close())
		_, err := Open(ctx, Options{Path: path})
		t.Run(name, func(t *testing.T) { wantKind(t, err, scheduler.Conflict, "program") })
	}
	path := filepath.Join(t.TempDir(), "text.db")
	must(t)(os.WriteFile(path, []byte("this is a text and no database, long enough to be looked at by anybody who opens it"), 0o600))
	_, err := Open(ctx, Options{Path: path})
	wantKind(t, err, scheduler.Unavailable, "no database")
	_, err = Open(ctx, Options{Path: filepath.Join(t.TempDir(), "no", "dir", "c.db")})
	wantKind(t, err, scheduler.Unavailable, "data directory")
}

func TestManyAtOnce(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	var taken atomic.Int64
	for n := range 8 {
		wg.Go(func() {
			for i := range 10 {
				if _, _, err := s.AddUnit(ctx, scheduler.Unit{ID: fmt.Sprintf("n%d", i), Area: "liu1"}); err == nil {
					taken.Add(1)
				} else if scheduler.KindOf(err) != scheduler.Conflict {
					t.Error(err)
				}
				unit := fmt.Sprintf("liu%d-1", n%2+1)
				if err := s.Beat(ctx, wire.Heartbeat{Unit: unit, Session: 1}, time.Now()); err != nil {
					t.Error(err)
				}
				if _, err := s.Status(ctx, "", time.Now()); err != nil {
					t.Error(err)
				}
				if _, err := s.Sweep(ctx, time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() != 10 {
		t.Errorf("%d units were added under 10 ids", taken.Load())
	}
}
