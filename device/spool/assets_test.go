package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"

	"github.com/villagecast/villagecast/media"
)

func fetch(t *testing.T, s *Spool, h media.Hash, content []byte) error {
	t.Helper()
	d, err := s.Download(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(content); err != nil {
		t.Fatal(err)
	}
	return d.Finish()
}

func sum(t *testing.T, b []byte) media.Hash {
	t.Helper()
	h, _, err := media.Sum(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestDownloadGoesOnAfterAPowerCut(t *testing.T) {
	disk, content := Memory(), []byte("eighty notices")
	h := sum(t, content)
	d, err := Open(disk).Download(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(content[:6]); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s := Open(disk)
	if s.HasAsset(h) {
		t.Error("half a file counts as there")
	}
	d, err = s.Download(h, 0)
	if err != nil || d.Size() != 6 {
		t.Fatalf("goes on at %d: %v", d.Size(), err)
	}
	if _, err := d.Write(content[6:]); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	got, err := readFile(disk.Cut(0), mediaName(h))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("after a cut: %q, %v", got, err)
	}
}

func TestWrongContentIsNotTaken(t *testing.T) {
	s := Open(Memory())
	h := sum(t, []byte("right"))
	if err := fetch(t, s, h, []byte("wrong")); !errors.Is(err, ErrDamaged) {
		t.Errorf("took it: %v", err)
	}
	if s.HasAsset(h) {
		t.Error("it is there")
	}
	if err := fetch(t, s, h, []byte("right")); err != nil {
		t.Errorf("the right one after it: %v", err)
	}
}

// A damaged file is found before it is used, whichever byte it is.
func TestDamagedAssetIsNeverOpened(t *testing.T) {
	content := bytes.Repeat([]byte("abc"), 50)
	h := sum(t, content)
	for i := range content {
		disk := Memory()
		if err := fetch(t, Open(disk), h, content); err != nil {
			t.Fatal(err)
		}
		disk.Damage(mediaName(h), i)
		s := Open(disk)
		if _, err := s.OpenAsset(h); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d: %v", i, err)
		}
		if _, err := s.OpenAsset(h); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("byte %d: it is still there: %v", i, err)
		}
		if s.Conditions()[CodeAsset] == "" {
			t.Fatalf("byte %d: no condition", i)
		}
	}
}

func TestPrune(t *testing.T) {
	s := Open(Memory())
	a, b := []byte("aaaa"), []byte("bbbb")
	for _, c := range [][]byte{a, b} {
		if err := fetch(t, s, sum(t, c), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Prune(map[media.Hash]bool{sum(t, a): true}, 4); err != nil || len(s.Assets()) != 2 {
		t.Errorf("within bounds: %v left, %v", s.Assets(), err)
	}
	if err := s.Prune(map[media.Hash]bool{sum(t, a): true}, 3); err != nil || len(s.Assets()) != 1 || !s.HasAsset(sum(t, a)) {
		t.Errorf("over bounds: %v left, %v", s.Assets(), err)
	}
}
