package app_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// fullDisk is the machine's disk until it is full.
type fullDisk struct {
	vfs.VFSFilename
	full atomic.Bool
}

func (d *fullDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &fullFile{f, d}, flags, nil
}

type fullFile struct {
	vfs.File
	disk *fullDisk
}

func (f *fullFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.full.Load() {
		return 0, sqlite3.FULL
	}
	return f.File.WriteAt(p, off)
}

func (f *fullFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *fullFile) Unwrap() vfs.File { return f.File }

// TestAnEntryLeavesTheOutboxOnlyWhenItIsStored fills the centre's disk, cuts the
// power of a unit meanwhile, and wants every entry at the centre in the end.
func TestAnEntryLeavesTheOutboxOnlyWhenItIsStored(t *testing.T) {
	t.Setenv("PATH", "")
	disk := &fullDisk{VFSFilename: vfs.Find("os").(vfs.VFSFilename)}
	vfs.Register("app-full", disk)
	defer vfs.Unregister("app-full")
	inCountyOn(t, "app-full", func(t *testing.T, c *county) {
		op := c.operator()
		steady := c.place(client.UnitSpec{ID: "steady", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		cut := c.place(client.UnitSpec{ID: "cut", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		playlist(t, op, "news", [2]string{upload(t, op, tone(t, t.TempDir(), "news", 440, 20), "news").ID, ""})
		release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"county"}}, Rule: wire.Rule{
			Kind: wire.RuleEvery, Every: 1, Window: &wire.Window{From: "08:05", To: "20:00"}, Until: "2027-01-01T00:00:00"}})
		minute := func(n int) time.Time { return dawn.Add(time.Duration(n) * time.Minute) }

		time.Sleep(time.Until(minute(10).Add(40 * time.Second)))
		stored := len(c.asruns("cut"))
		if stored != 6 {
			t.Fatalf("%d entries are stored after six rounds", stored)
		}
		disk.full.Store(true)
		time.Sleep(time.Until(minute(40).Add(40 * time.Second)))
		if n := len(c.asruns("cut")); n != stored {
			t.Fatalf("%d entries on a full disk, %d before", n, stored)
		}

		// What the centre never said it stored waits on the card, of a unit that is
		// switched off in order and of one that loses its power.
		steady.off(t)
		cut.powerCut(t)
		for _, unit := range []*station{steady, cut} {
			waiting := 0
			for _, e := range unit.waiting(t) {
				if e.AsRun != nil && e.AsRun.Rounds[0].Start > minute(10).UnixMilli() && e.AsRun.Rounds[0].Frames == 20*wire.Rate {
					waiting++
				}
			}
			if waiting != 30 {
				t.Errorf("%s: after half an hour without a word of the centre %d rounds wait on the card, want all 30", unit.unit, waiting)
			}
		}

		disk.full.Store(false)
		c.switchOn(steady)
		c.switchOn(cut)
		time.Sleep(time.Until(minute(50).Add(40 * time.Second)))
		for unit, want := range map[string]int{"steady": 46, "cut": 46} {
			frames := map[int64]int64{}
			for _, a := range c.asruns(unit) {
				for _, r := range a.Rounds {
					frames[r.Start] += r.Frames
				}
			}
			if len(frames) != want {
				t.Errorf("%s: %d rounds are proved, want %d", unit, len(frames), want)
			}
			for start, n := range frames {
				if n != 20*wire.Rate {
					t.Errorf("%s: round %s is proved with %d frames", unit, time.UnixMilli(start).UTC().Format(time.TimeOnly), n)
				}
			}
		}
		// The last rounds are over: only the farewell's own entries may wait.
		for _, unit := range []*station{steady, cut} {
			unit.off(t)
			for _, e := range unit.waiting(t) {
				if e.AsRun != nil {
					t.Errorf("%s: an entry that is stored waits on the card: %+v", unit.unit, e)
				}
			}
		}
	})
}

// waiting is what a unit that is off has in its outbox.
func (s *station) waiting(t *testing.T) []wire.Entry {
	t.Helper()
	card := spool.Open(s.disk)
	list := card.Batch(1000, 1<<20).Entries
	if err := card.Close(); err != nil {
		t.Error(err)
	}
	return list
}
