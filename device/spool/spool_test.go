package spool

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// Power is cut after a random number of steps, again and again: what was
// acknowledged to the caller is there, what was refused is not, and no number
// is used twice.
func TestPowerCutAnywhere(t *testing.T) {
	for _, seed := range seeds(t, 1) {
		cutAnywhere(t, rand.New(rand.NewPCG(seed, 2)))
	}
}

func cutAnywhere(t *testing.T, rnd *rand.Rand) {
	disk, want := Memory(), map[uint64]string{}
	var session uint64
	for round := range 300 {
		s := Open(disk)
		if name, n := s.Session(); n <= session || name != s.ID() {
			t.Fatalf("round %d: session %d after %d", round, n, session)
		} else {
			session = n
		}
		for i := range rnd.IntN(6) {
			if rnd.IntN(4) == 0 {
				op := []Op{OpWrite, OpSync, OpRename, OpSyncDir, OpTruncate, OpOpen}[rnd.IntN(6)]
				disk.Fail(op, []string{"outbox", "reserved", "acked", ""}[rnd.IntN(4)], syscall.EIO)
			}
			text := fmt.Sprintf("%d/%d %s", round, i, strings.Repeat("y", rnd.IntN(9000)))
			if n, err := put(s, event(1, text)); err == nil {
				if want[n] != "" {
					t.Fatalf("number %d given twice", n)
				}
				want[n] = text
			}
			if rnd.IntN(8) == 0 {
				_ = s.MarkAlive(Alive{At: int64(round)})
			}
		}
		if round%2 == 0 {
			disk = disk.Cut(rnd.IntN(101))
		} else {
			disk = disk.CutRandom(rnd)
		}
	}
	s := Open(disk)
	got := map[uint64]string{}
	for _, e := range peek(s, 1<<20) {
		got[e.Seq] = e.Event.Text
	}
	for n, text := range want {
		if got[n] != text {
			t.Errorf("entry %d is lost or changed", n)
		}
	}
}

func TestHold(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(nil)
	seal := func(rev uint64, zone string) []byte {
		raw, err := wire.Seal(key, "k1", wire.KindBulletin, "area/x", rev, wire.Bulletin{Address: "area/x", Revision: rev,
			County: &wire.County{Name: "x", Zone: zone}})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	disk := Memory()
	s := Open(disk)
	steps := []struct {
		name string
		raw  []byte
		took bool
		err  error
	}{
		{"first", seal(5, "Asia/Shanghai"), true, nil},
		{"again", seal(5, "Asia/Shanghai"), false, nil},
		{"older", seal(4, "Asia/Urumqi"), false, wire.ErrOlder},
		{"same revision, other content", seal(5, "Asia/Urumqi"), false, wire.ErrConflict},
		{"newer", seal(6, "Asia/Shanghai"), true, nil},
	}
	for _, c := range steps {
		if took, err := s.Hold(c.raw); took != c.took || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", c.name, took, err)
		}
	}
	// On a full card it counts, and is written once there is room.
	disk.Fill(0)
	if took, err := s.Hold(seal(7, "Asia/Shanghai")); !took || err != nil || s.Conditions()[CodeFull] == "" {
		t.Errorf("full card: %v, %v, conditions %v", took, err, s.Conditions())
	}
	revision := func(s *Spool) uint64 {
		e, _ := s.Held("area/x", wire.KindBulletin)
		return e.Revision
	}
	if got := revision(s); got != 7 {
		t.Errorf("on a full card revision %d is held, want 7", got)
	}
	disk.Fill(-1)
	if err := s.MarkAlive(Alive{At: 1}); err != nil {
		t.Error(err)
	}
	s = Open(disk.Cut(0))
	if got := revision(s); got != 7 || len(s.Conditions()) != 0 {
		t.Errorf("after a cut revision %d is held, conditions %v", got, s.Conditions())
	}
	if err := s.Drop("area/x"); err != nil {
		t.Fatal(err)
	}
	if len(s.AllHeld()) != 0 {
		t.Error("dropped but held")
	}
}

func TestDamagedSnapshotIsForgotten(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(nil)
	raw, err := wire.Seal(key, "k1", wire.KindOrders, "area/x", 1, wire.Orders{Address: "area/x", Revision: 1})
	if err != nil {
		t.Fatal(err)
	}
	disk := Memory()
	if _, err := Open(disk).Hold(raw); err != nil {
		t.Fatal(err)
	}
	disk.Damage("held/area-x.orders", 90)
	s := Open(disk)
	if len(s.AllHeld()) != 0 || s.Conditions()[CodeDamaged] == "" {
		t.Errorf("held %v, conditions %v", s.AllHeld(), s.Conditions())
	}
}

func TestLedgerStateAndMark(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	if fresh, _ := s.Bar([]wire.Bar{{ID: "p", Version: 1}, {ID: "w"}}); !fresh {
		t.Error("first bar is not new")
	}
	if fresh, _ := s.Bar([]wire.Bar{{ID: "p", Version: 1, At: 7}}); fresh {
		t.Error("second bar is new")
	}
	for i := range int64(3000) { // two days
		if err := s.MarkAlive(Alive{At: i, State: []byte(`{"a":1}`), Open: []wire.AsRun{{Programme: strings.Repeat("p", 300)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if disk.Size() > 1<<20 {
		t.Errorf("%d bytes after 3000 marks", disk.Size())
	}
	s = Open(disk.Cut(0))
	if len(s.Barred()) != 2 || string(s.LastAlive().State) != `{"a":1}` || s.LastAlive().At != 2999 || len(s.LastAlive().Open) != 1 {
		t.Errorf("after a cut: %v, %s, %v", s.Barred(), s.LastAlive().State, s.LastAlive().At)
	}
}

func TestDetailByPages(t *testing.T) {
	s := Open(Memory())
	for i := range int64(500) {
		if err := s.AddDetail(wire.CueRun{Item: int(i), From: i * 10, To: i*10 + 10, Programme: strings.Repeat("p", 900)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []int
	for cursor := ""; ; {
		runs, next, err := s.Detail(1005, 2000, cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			got = append(got, r.Item)
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(got) != 100 || got[0] != 100 || got[99] != 199 {
		t.Errorf("got %d items, %v", len(got), got)
	}
	if _, _, err := s.Detail(0, 1, "x", 1); err == nil {
		t.Error("a bad cursor is taken")
	}
}

func TestOSDisk(t *testing.T) {
	dir := t.TempDir() + "/数据 1"
	disk := OS(dir)
	s := Open(disk)
	appendText(t, s, "a", "b")
	if err := stored(s, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := texts(peek(Open(disk), 9)); got != "2:b" {
		t.Errorf("after reopening: %s", got)
	}
	if _, err := disk.Open("../outside", true, true); err == nil {
		t.Error("a name outside the directory is taken")
	}
}

// TestWhatWasClosedAfterTheMarkIsNotOpen: else it would be proved twice.
func TestWhatWasClosedAfterTheMarkIsNotOpen(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	run := func(id string, from int64) wire.AsRun {
		return wire.AsRun{Output: wire.OutputSound, Programme: id, Version: 1, From: from, To: from + 500, Level: wire.LevelTimed,
			Outcome: wire.OutcomeEnded, Grade: wire.GradePlayed}
	}
	if err := s.MarkAlive(Alive{At: 1000, Open: []wire.AsRun{run("p", 600), run("q", 700)}}); err != nil {
		t.Fatal(err)
	}
	closed, other := run("p", 600), run("q", 100)
	if err := s.Append(wire.Entry{At: 900, AsRun: &other}, wire.Entry{At: 2000, AsRun: &closed}); err != nil {
		t.Fatal(err)
	}
	if open := Open(disk.Cut(0)).LastAlive().Open; len(open) != 1 || open[0].Programme != "q" {
		t.Errorf("after the cut %+v is open, want q alone", open)
	}
}
