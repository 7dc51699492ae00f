package spool

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// peek are the oldest entries that wait for the centre.
func peek(s *Spool, n int) []wire.Entry { return s.Batch(n, 1<<30).Entries }

// stored takes the centre's word for the card's own entries.
func stored(s *Spool, seq uint64) error { return s.Ack(s.ID(), seq) }

// put appends one entry and gives its number on the card.
func put(s *Spool, e wire.Entry) (uint64, error) {
	err := s.Append(e)
	return s.outbox.journal.next - 1, err
}

func event(at int64, text string) wire.Entry {
	return wire.Entry{At: at, Event: &wire.Event{Code: "test", Text: text}}
}

func texts(list []wire.Entry) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%d:%s ", e.Seq, e.Event.Text)
	}
	return strings.TrimSpace(b.String())
}

func appendText(t *testing.T, s *Spool, text ...string) {
	t.Helper()
	for _, x := range text {
		if err := s.Append(event(1000, x)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutboxKeepsWhatIsNotStored(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	appendText(t, s, "a", "b", "c")
	if got := texts(peek(s, 2)); got != "1:a 2:b" {
		t.Errorf("peek 2: %s", got)
	}
	if err := stored(s, 2); err != nil {
		t.Fatal(err)
	}
	if got := texts(peek(s, 9)); got != "3:c" || s.Pending() != 1 {
		t.Errorf("after stored up to 2: %s, pending %d", got, s.Pending())
	}
	if err := stored(s, 1); err != nil { // the centre was restored from a backup
		t.Fatal(err)
	}
	if got := texts(peek(s, 9)); got != "2:b 3:c" || s.Pending() != 2 {
		t.Errorf("after falling back to 1: %s, pending %d", got, s.Pending())
	}
	id := s.ID()
	s = Open(disk.Cut(0))
	if got := texts(peek(s, 9)); !strings.HasSuffix(got, "2:b 3:c") || s.ID() != id {
		t.Errorf("after a power cut: %s, id %s was %s", got, s.ID(), id)
	}
}

// A card restored from an older image must not lose proof because the centre
// has seen its numbers before.
func TestOutboxOfAnOldImageIsNumberedAnew(t *testing.T) {
	s := Open(Memory())
	appendText(t, s, "a", "b")
	if err := stored(s, 50); err != nil {
		t.Fatal(err)
	}
	appendText(t, s, "c")
	if got := texts(peek(s, 9)); got != "51:a 52:b 53:c" || s.Pending() != 3 {
		t.Errorf("got %s, pending %d", got, s.Pending())
	}
}

func TestOutboxOverManySegments(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	long := strings.Repeat("x", 1000)
	for range 1000 {
		appendText(t, s, long)
	}
	if list, _ := disk.List("outbox"); len(list) < 4 {
		t.Fatalf("only %d segments", len(list))
	}
	s = Open(disk.Cut(50))
	for seen := uint64(0); seen < 1000; {
		list := peek(s, 77)
		if len(list) == 0 || list[0].Seq != seen+1 {
			t.Fatalf("after %d: %d entries from %d", seen, len(list), list[0].Seq)
		}
		seen = list[len(list)-1].Seq
		if err := stored(s, seen); err != nil {
			t.Fatal(err)
		}
	}
	if len(peek(s, 1)) != 0 || s.Pending() != 0 {
		t.Error("something is left")
	}
}

func TestOutboxForgetsOnlyWhatIsStoredAndOld(t *testing.T) {
	const day = 24 * 3600 * 1000
	fill := func(ack bool) uint64 {
		s := Open(Memory())
		for d := range int64(100) {
			for range 10 {
				n, err := put(s, event(d*day, strings.Repeat("x", 4000)))
				if err != nil {
					t.Fatal(err)
				}
				if ack {
					_ = stored(s, n)
				}
			}
		}
		_ = stored(s, 0)
		return peek(s, 1)[0].Seq
	}
	if first := fill(false); first != 1 {
		t.Errorf("an entry never stored was dropped: oldest is %d", first)
	}
	// 60 days of 100 stay, whole segments of 65 entries at a time.
	if first := fill(true); first < 300 || first > 400 {
		t.Errorf("oldest of the stored entries is %d, want about 390", first)
	}
}

func TestTornTailIsCutQuietly(t *testing.T) {
	for torn := range 101 {
		disk := Memory()
		s := Open(disk)
		appendText(t, s, "a", "b")
		_, _ = s.outbox.journal.file.Write(appendRecord(nil, record{3, 1000, []byte(`{"event":{"text":"c"}}`)}))
		s = Open(disk.Cut(torn))
		want := "1:a 2:b"
		if torn == 100 {
			want += " 3:c"
		}
		if got := texts(peek(s, 9)); got != want {
			t.Errorf("%d %% survived: %s", torn, got)
		}
		if c := s.Conditions(); len(c) != 0 {
			t.Errorf("%d %% survived: complains of %v", torn, c)
		}
		appendText(t, s, "d")
		if got := texts(peek(s, 9)); !strings.HasSuffix(got, ":d") {
			t.Errorf("%d %%: goes on with %s", torn, got)
		}
	}
}

func TestDamageInTheMiddleIsSetAside(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	appendText(t, s, "a", "b", "c")
	name := segmentName("outbox", 1)
	disk.Damage(name, headSize+60) // within a or b
	s = Open(disk)
	got := peek(s, 9)
	if len(got) != 2 || got[1].Event.Text != "c" {
		t.Errorf("kept %s, want two with c the last", texts(got))
	}
	if text := s.Conditions()[CodeDamaged]; !strings.Contains(text, name) {
		t.Errorf("condition does not name the file: %q", text)
	}
	if kept, err := readFile(disk, "bad/00000001-outbox-00000000000000000001.seg"); err != nil || len(kept) == 0 {
		t.Errorf("the damaged segment is not kept: %v", err)
	}
	// Numbers of lost records are never given again.
	if n, _ := put(s, event(1, "d")); n <= 3 {
		t.Errorf("number %d was given again", n)
	}
	if c := Open(disk).Conditions(); len(c) != 0 {
		t.Errorf("second open complains again: %v", c)
	}
}

func TestOutboxGoneWhole(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	appendText(t, s, "a", "b", "c")
	if err := disk.Remove(segmentName("outbox", 1)); err != nil {
		t.Fatal(err)
	}
	if n, _ := put(Open(disk), event(1, "d")); n <= 3 {
		t.Errorf("number %d was given again", n)
	}
}

func TestAppendOnFullCard(t *testing.T) {
	for _, op := range []Op{OpWrite, OpSync} {
		disk := Memory()
		s := Open(disk)
		appendText(t, s, "a")
		disk.Fail(op, "outbox/", syscall.ENOSPC)
		if err := s.Append(event(1, "b")); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%s: %v", op, err)
		}
		if s.Conditions()[CodeFull] == "" {
			t.Errorf("%s: no condition", op)
		}
		if s.Pending() != 2 {
			t.Errorf("%s: %d entries wait for the centre, want both", op, s.Pending())
		}
		appendText(t, s, "c") // there is room again, for what waited too
		if got := texts(peek(s, 9)); got != "1:a 2:b 3:c" {
			t.Errorf("%s: %s", op, got)
		}
		if c := s.Conditions(); len(c) != 0 {
			t.Errorf("%s: condition stays: %v", op, c)
		}
		if got := texts(peek(Open(disk.Cut(100)), 9)); got != "1:a 2:b 3:c" {
			t.Errorf("%s, after a cut: %s", op, got)
		}
	}
}

func FuzzScanSegment(f *testing.F) {
	good := appendRecord(appendRecord(nil, record{1, 5, []byte("one")}), record{2, 6, []byte("two")})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append([]byte{magic[0], magic[1]}, good...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := scanSegment(b)
		again := scanSegment(s.good)
		if again.damaged || again.tail != 0 || again.count != s.count || again.last != s.last {
			t.Errorf("what was kept of %x is not whole: %+v", b, again)
		}
		if !s.damaged && len(s.good)+s.tail != len(b) {
			t.Errorf("%d good and %d torn bytes of %d", len(s.good), s.tail, len(b))
		}
	})
}
