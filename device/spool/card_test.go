package spool

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// A card that takes nothing, in every way that it can.
func broken() map[string]func(m *Mem, on bool) {
	return map[string]func(m *Mem, on bool){
		CodeFull: func(m *Mem, on bool) {
			if on {
				m.Fill(0)
			} else {
				m.Fill(-1)
			}
		},
		CodeReadOnly: (*Mem).ReadOnly,
	}
}

// TestCardThatTakesNothing: what comes meanwhile counts, proof can be sent and
// stored, nothing is proved twice, and all is on the card once it takes it.
func TestCardThatTakesNothing(t *testing.T) {
	for code, set := range broken() {
		t.Run(code, func(t *testing.T) {
			disk := Memory()
			s := Open(disk)
			appendText(t, s, "a", "b")
			_, seen := s.Session()
			set(disk, true)
			for _, x := range []string{"c", "d", "e"} {
				if err := s.Append(event(1000, x)); err == nil {
					t.Error("it says that the card took it")
				}
			}
			if _, err := s.Bar([]wire.Bar{{ID: "stopped"}}); err == nil || len(s.Barred()) != 1 {
				t.Errorf("a stop: %v, barred %v", err, s.Barred())
			}
			if err := s.MarkAlive(Alive{At: 7}); err == nil {
				t.Error("a mark on a card that takes none")
			}
			if text := s.Conditions()[code]; !strings.Contains(text, "ledger") || !strings.Contains(text, "proof") {
				t.Errorf("conditions %v", s.Conditions())
			}
			for i := range sessionBlock + 10 { // a card without a number left
				name, n := s.Session()
				if own := name == s.ID(); n <= seen || own != (i < sessionBlock) {
					t.Fatalf("session %d of %s after %d", n, name, seen)
				}
				seen = n
			}
			var sent []string
			store := func(n int) {
				t.Helper()
				b := s.Batch(n, 1<<20)
				for _, e := range b.Entries {
					sent = append(sent, e.Event.Text)
				}
				if err := s.Ack(b.Spool, b.Entries[len(b.Entries)-1].Seq); err != nil {
					t.Error(err)
				}
			}
			store(9) // the card's
			store(1) // c, from memory
			s.Batch(1, 1<<20)
			if s.Pending() != 2 {
				t.Errorf("%d wait", s.Pending())
			}
			set(disk, false)
			if err := s.MarkAlive(Alive{At: 8}); err != nil {
				t.Error(err)
			}
			if err := s.Append(); err != nil { // e moves, d was handed out and stays
				t.Error(err)
			}
			if got := texts(peek(s, 9)); !strings.HasSuffix(got, ":e") || strings.Contains(got, ":d") {
				t.Errorf("on the card wait %s", got)
			}
			store(9)
			store(9)
			if got := fmt.Sprint(sent); got != "[a b c e d]" || s.Pending() != 0 {
				t.Errorf("stored %s, %d wait", got, s.Pending())
			}
			if c := s.Conditions(); len(c) != 0 {
				t.Errorf("conditions stay: %v", c)
			}
			s = Open(disk.Cut(0))
			if name, n := s.Session(); name != s.ID() || n <= seen {
				t.Errorf("session %d of %s after %d", n, name, seen)
			}
			if len(s.Barred()) != 1 || s.LastAlive().At != 8 {
				t.Errorf("after a cut: barred %v, alive %+v", s.Barred(), s.LastAlive())
			}
		})
	}
}

// TestOpenOnACardThatTakesNothing reads what is there, torn and damaged parts
// included, although nothing can be mended.
func TestOpenOnACardThatTakesNothing(t *testing.T) {
	for code, set := range broken() {
		disk, want := furnished(t)
		name := "outbox/00000000000000000001.seg"
		disk.Damage(name, len(disk.files[name].data)-3)
		set(disk, true)
		s := Open(disk)
		got, lost := memoryOf(s), 0
		for what, text := range want {
			if got[what] != text {
				lost++
			}
		}
		if lost != 1 {
			t.Errorf("%s: %d things are not as they were, want the one damaged entry", code, lost)
		}
		if len(s.News()) == 0 || s.Conditions()[CodeDamaged] == "" {
			t.Errorf("%s: nobody is told: %v", code, s.Conditions())
		}
		_ = s.Append(event(1, "late"))
		if s.Conditions()[code] == "" {
			t.Errorf("%s: conditions %v", code, s.Conditions())
		}
		set(disk, false)
		if err := s.Append(); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		b := s.Batch(1<<20, 1<<30).Entries
		if last := b[len(b)-1]; last.Event.Text != "late" || last.Seq <= 500 {
			t.Errorf("%s: goes on with %d %s", code, last.Seq, last.Event.Text)
		}
	}
}

// TestNoCardAtAll: the unit lives in memory, writes nothing over what it could
// not read, and sees when the card is back.
func TestNoCardAtAll(t *testing.T) {
	disk, want := furnished(t)
	disk.Fail(OpRead, ".", errors.New("input/output error"))
	before := disk.Changes()
	s := Open(disk)
	if !s.Lost() || s.Conditions()[CodeNoDisk] == "" || len(s.Conditions()) != 1 {
		t.Errorf("lost %v, conditions %v", s.Lost(), s.Conditions())
	}
	_ = s.Append(event(1, "x"))
	if b := s.Batch(9, 1<<20); len(b.Entries) != 1 || b.Spool == want["id"] {
		t.Errorf("batch %+v", b)
	}
	if name, n := s.Session(); name == want["id"] || n == 0 {
		t.Errorf("session %d of %s", n, name)
	}
	if !s.Back() {
		t.Error("the card is back, and it does not see it")
	}
	if err := s.Close(); err != nil || disk.Changes() != before {
		t.Errorf("it wrote over a card that it could not read: %d changes, %v", disk.Changes()-before, err)
	}
}

func TestDirectoryThatComesLater(t *testing.T) {
	dir := t.TempDir() + "/file"
	if err := writeFile(OS(t.TempDir()), "x", nil); err != nil {
		t.Fatal(err)
	}
	disk := OS(dir + "/\x00") // no name of a directory
	if s := Open(disk); !s.Lost() || s.Back() {
		t.Error("it opens")
	}
	if room, err := OS(dir).(Roomy).Room(); err != nil || room <= 0 {
		t.Errorf("room %d, %v", room, err)
	}
}

// TestOutboxThatNobodyEmpties reaches its bound: the oldest go, and that is said.
func TestOutboxThatNobodyEmpties(t *testing.T) {
	s := Open(Memory())
	s.outbox.limit = 2 << 20
	n := 0
	for ; s.Conditions()[CodeProofLost] == ""; n++ {
		if err := s.Append(event(int64(n+1)*1000, strings.Repeat("x", 2000))); err != nil || n > 5000 {
			t.Fatalf("after %d: %v", n, err)
		}
	}
	list := peek(s, 1<<20)
	first, last := list[0], list[len(list)-1]
	want := fmt.Sprintf("%d entries from 1970-01-01T00:00:01Z to ", first.Seq-1)
	if last.Event.Code != CodeProofLost || !strings.HasPrefix(last.Event.Text, want) || s.outbox.journal.size() > 2<<20 {
		t.Errorf("the first kept is %d of %d, the last says %q, want %q", first.Seq, n, last.Event.Text, want)
	}
	if n*2000 < 2<<20-segmentSize {
		t.Errorf("given up after %d entries already", n)
	}
	// The same in memory, on a card that takes nothing.
	disk := Memory()
	s = Open(disk)
	disk.ReadOnly(true)
	for i := range overflowEntries + 3 {
		_ = s.Append(event(int64(i+1)*1000, "y"))
	}
	list = peek(s, 1<<20)
	if s.Conditions()[CodeProofLost] == "" || len(list) > overflowEntries || list[len(list)-1].Event.Code != CodeProofLost {
		t.Errorf("%d entries, conditions %v", len(list), s.Conditions())
	}
}

func download(t *testing.T, s *Spool, fill byte, size int) (media.Hash, error) {
	content := bytes.Repeat([]byte{fill}, size)
	h, _, _ := media.Sum(bytes.NewReader(content))
	d, err := s.Download(h, int64(size))
	if err == nil {
		if _, err = d.Write(content); err == nil {
			return h, d.Finish()
		}
		_ = d.Close()
	}
	return h, err
}

// TestRoomIsMadeForProof: media give way in the order that doc.go says, and
// never take what proof needs.
func TestRoomIsMadeForProof(t *testing.T) {
	disk := Memory()
	s := Open(disk)
	disk.Fill(proofRoom + 3<<20)
	wanted, err := download(t, s, 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	old, err := download(t, s, 2, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prune(map[media.Hash]bool{wanted: true}, 1<<30); err != nil || !s.HasAsset(old) {
		t.Fatalf("the old file is gone without need: %v", err)
	}
	if _, err := download(t, s, 3, 3<<20/2); err != nil || s.HasAsset(old) || !s.HasAsset(wanted) {
		t.Errorf("a file that fits once the old one goes: %v", err)
	}
	if h, err := download(t, s, 4, 2<<20); err == nil || s.HasAsset(h) || s.Conditions()[CodeFull] == "" {
		t.Errorf("a file that needs the room for proof: %v, %v", err, s.Conditions())
	}
	for i := range 3000 {
		if err := s.Append(event(int64(i+1), strings.Repeat("z", 4000))); err != nil {
			t.Fatalf("proof %d finds no room: %v", i, err)
		}
	}
	// And on a card that somebody else has filled, proof before old media.
	if err := s.Prune(map[media.Hash]bool{wanted: true}, 1<<30); err != nil {
		t.Fatal(err)
	}
	disk.Fill(10)
	if err := s.Append(event(9, "last")); err != nil || !s.HasAsset(wanted) {
		t.Errorf("proof on a full card: %v", err)
	}
}
