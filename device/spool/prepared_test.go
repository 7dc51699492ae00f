package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// recorded is a spool with n recordings, and prepared sound bounded to limit.
func recorded(t *testing.T, disk *Mem, n int, limit int64) (*Spool, []media.Hash) {
	t.Helper()
	s := Open(disk)
	s.BoundPrepared(limit, "v1")
	var list []media.Hash
	for i := range n {
		content := fmt.Appendf(nil, "recording %d", i)
		h, _, err := media.Sum(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, h)
		if s.HasAsset(h) {
			continue
		}
		d, err := s.Download(h, int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	return s, list
}

// prepare writes size bytes of prepared sound, in pieces.
func prepare(s *Spool, h media.Hash, size int) error {
	d, err := s.Prepare(h, int64(size))
	if err != nil {
		return err
	}
	for left := size; left > 0; left -= 1000 {
		if _, err := d.Write(bytes.Repeat([]byte{7}, min(left, 1000))); err != nil {
			d.Drop()
			return err
		}
	}
	return d.Finish()
}

// onCard are the bytes of prepared sound that the disk holds, whoever knows of them.
func onCard(t *testing.T, disk *Mem) (bytes int64, names []string) {
	t.Helper()
	list, err := disk.List(pcmDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range list {
		bytes += info.Size
		names = append(names, info.Name)
	}
	return bytes, names
}

func isPrepared(s *Spool, h media.Hash) bool {
	f, err := s.OpenPrepared(h)
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

// Prepared sound never takes more than its bound: what is not wanted makes way, the
// longest unused first, and what is wanted stays.
func TestPreparedSoundIsBounded(t *testing.T) {
	disk := Memory()
	s, list := recorded(t, disk, 6, 10_000)
	for _, h := range list[:3] {
		if err := prepare(s, h, 3000); err != nil {
			t.Fatal(err)
		}
	}
	s.WantPrepared(map[media.Hash]bool{list[0]: true})
	if !isPrepared(s, list[1]) { // it is used later than list[2]
		t.Fatal("what was prepared is not there")
	}
	if err := prepare(s, list[3], 3000); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false, true} {
		if isPrepared(s, list[i]) != want {
			t.Errorf("recording %d is prepared: %v, want %v", i, !want, want)
		}
	}
	s.WantPrepared(map[media.Hash]bool{list[0]: true, list[1]: true, list[3]: true})
	if err := prepare(s, list[4], 3000); !errors.Is(err, errUnprepared) {
		t.Errorf("what is wanted made way: %v", err)
	}
	if err := prepare(s, list[4], 11_000); !errors.Is(err, errUnprepared) {
		t.Errorf("more than the bound was begun: %v", err)
	}
	d, err := s.Prepare(list[4], 900) // a guess that was too small
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = d.Write(make([]byte, 500))
		if n, _ := onCard(t, disk); n > 10_000 {
			t.Fatalf("%d bytes are on the card", n)
		}
	}
	d.Drop()
	s = Open(disk.Copy())
	s.BoundPrepared(4000, "v1")
	if n := len(s.Prepared()); n != 1 {
		t.Errorf("%d are left under a lower bound, want 1", n)
	}
	for _, other := range []func(){func() { s.BoundPrepared(10_000, "v2") }, func() { s.BoundPrepared(0, "v1") }} {
		disk = disk.Copy()
		s = Open(disk)
		other()
		if n, names := onCard(t, disk); n != 0 || len(s.Prepared()) != 0 {
			t.Errorf("of another program's, or where it is switched off, there stays %v", names)
		}
	}
}

// On a card that fills, prepared sound goes before anything else, and does not
// come back into the room that was made.
func TestPreparedSoundMakesWay(t *testing.T) {
	disk := Memory()
	s, list := recorded(t, disk, 3, 1<<30)
	for _, h := range list[:2] {
		if err := prepare(s, h, 50_000); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Prune(map[media.Hash]bool{list[0]: true, list[1]: true, list[2]: true}, 0); err != nil {
		t.Fatal(err)
	}
	under, err := s.Prepare(list[2], 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	disk.Fill(0)
	if _, err := put(s, wire.Entry{At: 1, Event: &wire.Event{Code: "test", Text: strings.Repeat("x", 2000)}}); err != nil {
		t.Errorf("proof found no room: %v", err)
	}
	if len(s.Prepared()) != 1 || len(s.Assets()) != 3 {
		t.Errorf("%d prepared and %d recordings are left, want 1 and 3", len(s.Prepared()), len(s.Assets()))
	}
	if _, err := under.Write(make([]byte, 1000)); !errors.Is(err, errUnprepared) {
		t.Errorf("what was being prepared goes on: %v", err)
	}
	under.Drop()
	if err := prepare(s, list[2], 10_000); !errors.Is(err, errUnprepared) {
		t.Errorf("sound is prepared on a card that is nearly full: %v", err)
	}

	disk.Fill(proofRoom + 1000) // for media there are 1000 bytes, and what is prepared
	other := bytes.Repeat([]byte("a new recording"), 2000)
	h, _, _ := media.Sum(bytes.NewReader(other))
	d, err := s.Download(h, int64(len(other)))
	if err != nil {
		t.Fatalf("a download found no room: %v", err)
	}
	_ = d.Close()
	if n := len(s.Prepared()); n != 0 {
		t.Errorf("%d are still prepared", n)
	}
	if c := s.Conditions(); len(c) != 0 {
		t.Errorf("the unit complains: %v", c)
	}
}

// A card that takes nothing, or is full, is not asked for prepared sound, and that
// it fails is no complaint of its own.
func TestPreparedSoundOfACardThatIsNotWell(t *testing.T) {
	disk := Memory()
	s, list := recorded(t, disk, 2, 1<<30)
	disk.Fail(OpWrite, pcmDir, syscall.ENOSPC)
	if err := prepare(s, list[0], 5000); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full card took it: %v", err)
	}
	disk.Fail(OpSync, pcmDir, syscall.EIO)
	if err := prepare(s, list[0], 5000); !errors.Is(err, syscall.EIO) {
		t.Errorf("a failing card took it: %v", err)
	}
	if n, names := onCard(t, disk); n != 0 || len(s.Conditions()) != 0 || isPrepared(s, list[0]) {
		t.Errorf("there is %v, and %v", names, s.Conditions())
	}
	if err := prepare(s, list[0], 5000); err != nil {
		t.Fatal(err)
	}
	disk.ReadOnly(true)
	_, _ = put(s, wire.Entry{At: 1, Event: &wire.Event{Code: "test"}})
	if len(s.Conditions()) == 0 {
		t.Fatal("the card is not known to be worn out")
	}
	before := disk.Changes()
	if err := prepare(s, list[1], 5000); err == nil || disk.Changes() != before {
		t.Errorf("a worn card was written to: %v", err)
	}
	if !isPrepared(s, list[0]) {
		t.Error("what is prepared does not play from a card that only reads")
	}
}

// Whenever the power is cut, what is found afterwards is whole or not there.
func TestPowerCutWhilePreparing(t *testing.T) {
	const size = 4500
	for cut := 1; ; cut++ {
		disk := Memory()
		s, list := recorded(t, disk, 1, 1<<30)
		disk.CutAfter(cut, nil)
		err := prepare(s, list[0], size)
		for seed := range uint64(8) {
			rnd := rand.New(rand.NewPCG(seed, uint64(cut)))
			after := disk.CutRandom(rnd)
			s := Open(after)
			s.BoundPrepared(1<<30, "v1")
			if f, err := s.OpenPrepared(list[0]); err == nil {
				content, err := io.ReadAll(f)
				if err != nil || len(content) != size || bytes.Count(content, []byte{7}) != size || f.Size != size {
					t.Fatalf("cut at change %d, seed %d: %d bytes are taken for whole, %v", cut, seed, len(content), err)
				}
			} else if !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if n, names := onCard(t, after); n > 0 && len(s.Prepared()) == 0 {
				t.Fatalf("cut at change %d: %v stays for ever", cut, names)
			}
			if c := s.Conditions(); len(c) > 0 {
				t.Fatalf("cut at change %d: the unit complains of %v", cut, c)
			}
		}
		if err == nil {
			if cut < 6 {
				t.Fatalf("only %d changes: nothing was tried", cut)
			}
			return
		}
	}
}

// Prepared sound goes with its recording, and that of a card that damages it again and
// again is not made anew for ever.
func TestPreparedSoundThatIsHurt(t *testing.T) {
	disk := Memory()
	s, list := recorded(t, disk, 2, 1<<30)
	for range preparedHurts {
		if err := prepare(s, list[0], 3000); err != nil {
			t.Fatal(err)
		}
		s.HurtPrepared(list[0], errors.New("a bad block"))
		s.HurtPrepared(list[0], errors.New("a bad block")) // who plays it twice at once tells twice
		if news := s.News(); isPrepared(s, list[0]) || len(news) != 1 || news[0].Code != CodeDamaged {
			t.Errorf("it is still there, or the news is %v", news)
		}
	}
	if err := prepare(s, list[0], 3000); err == nil || !strings.Contains(err.Error(), "damaged it 2 times") {
		t.Errorf("it is prepared again: %v", err)
	}
	if err := prepare(s, list[1], 3000); err != nil {
		t.Fatal(err)
	}
	if err := s.Prune(nil, 0); err != nil {
		t.Fatal(err)
	}
	if n, names := onCard(t, disk); n != 0 {
		t.Errorf("the recording is gone, its prepared sound is not: %v", names)
	}
	if len(s.Conditions()) != 0 {
		t.Errorf("the unit complains: %v", s.Conditions())
	}
}
