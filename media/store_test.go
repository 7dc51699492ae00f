package media

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

const hello = Hash("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824") // of "hello"

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// files lists every file under the directory, folders left out.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestParseHash(t *testing.T) {
	if h, err := ParseHash(string(hello)); err != nil || h != hello {
		t.Errorf("got %s, %v", h, err)
	}
	for _, s := range []string{"", "2cf2", strings.ToUpper(string(hello)), string(hello) + "0", "../../../../etc/passwd", strings.Repeat("/", 64)} {
		if _, err := ParseHash(s); err == nil {
			t.Errorf("ParseHash took %q", s)
		}
	}
}

func TestPutOpenRemove(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for range 2 { // the second time it is there already
		h, n, err := s.Put(strings.NewReader("hello"), hello)
		if err != nil || h != hello || n != 5 {
			t.Fatalf("Put = %s, %d, %v", h, n, err)
		}
	}
	f, err := s.Open(hello)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, _ := io.ReadAll(f); string(b) != "hello" {
		t.Errorf("read %q", b)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"2c/" + string(hello)}) {
		t.Errorf("files: %q", got)
	}
	if list, err := s.List(); err != nil || !slices.Equal(list, []Hash{hello}) {
		t.Errorf("List = %v, %v", list, err)
	}
	for range 2 {
		if err := s.Remove(hello); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(hello); !errors.Is(err, fs.ErrNotExist) || s.Has(hello) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestFailedPutLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Put(strings.NewReader("jello"), hello); !errors.Is(err, ErrMismatch) {
		t.Errorf("wrong content: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(errors.New("cable cut")))
	if _, _, err := s.Put(broken, ""); err == nil || !strings.Contains(err.Error(), "cable cut") {
		t.Errorf("broken reader: %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestOpenStoreAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Put(strings.NewReader("hello"), ""); err != nil {
		t.Fatal(err)
	}
	// What a power cut leaves: a file half written aside, a damaged file at its
	// place, and a stranger's.
	for name, content := range map[string]string{"incoming/1": "half", "2c/" + string(hello): "hel", "notes.txt": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir)
	if err := s.Verify(hello); !errors.Is(err, ErrMismatch) {
		t.Errorf("Verify of the damaged file: %v", err)
	}
	if _, _, err := s.Put(strings.NewReader("hello"), hello); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(hello); err != nil {
		t.Errorf("put again over the damaged file: %v", err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"2c/" + string(hello), "notes.txt"}) {
		t.Errorf("files: %q", got)
	}
}

func TestManyPutTheSame(t *testing.T) {
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := s.Put(strings.NewReader("hello"), hello); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Verify(hello); err != nil {
		t.Error(err)
	}
}

func partial(t *testing.T, s *Store, id string) *Partial {
	t.Helper()
	p, err := s.Partial(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPartialGoesOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	p := partial(t, open(t, dir), "up-1")
	cut := io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if n, err := p.Append(0, cut, 100); n != 2 || err == nil {
		t.Fatalf("Append of a cut piece = %d, %v", n, err)
	}
	p.Close()

	s := open(t, dir)
	p = partial(t, s, "up-1")
	if p.Size() != 2 {
		t.Fatalf("Size = %d after the restart", p.Size())
	}
	if _, err := p.Append(1, strings.NewReader("ello"), 100); !errors.Is(err, ErrOffset) {
		t.Errorf("wrong offset: %v", err)
	}
	if _, err := s.Partial("up-1"); !errors.Is(err, ErrBusy) {
		t.Errorf("second user: %v", err)
	}
	if _, err := p.Append(2, strings.NewReader("llo"), 100); err != nil {
		t.Fatal(err)
	}
	if h, n, err := p.Finish(hello); h != hello || n != 5 || err != nil {
		t.Errorf("Finish = %s, %d, %v", h, n, err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"2c/" + string(hello)}) {
		t.Errorf("files: %q", got)
	}
}

func TestPartialCeiling(t *testing.T) {
	p := partial(t, open(t, t.TempDir()), "a")
	if _, err := p.Append(0, strings.NewReader("hello"), 5); err != nil {
		t.Fatalf("exactly the ceiling: %v", err)
	}
	if _, err := p.Append(5, strings.NewReader("!"), 5); !errors.Is(err, ErrTooLarge) || p.Size() != 5 {
		t.Errorf("beyond the ceiling: %v, size %d", err, p.Size())
	}
	if h, _, err := p.Finish(""); h != hello || err != nil {
		t.Errorf("Finish = %s, %v", h, err)
	}
}

func TestPartialMismatchStartsAnew(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	p := partial(t, s, "a")
	if _, err := p.Append(0, strings.NewReader("jello"), 9); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Finish(hello); !errors.Is(err, ErrMismatch) {
		t.Errorf("Finish: %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	if p := partial(t, s, "a"); p.Size() != 0 {
		t.Errorf("Size = %d, want a fresh upload", p.Size())
	}
}

func TestPartialIDs(t *testing.T) {
	s := open(t, t.TempDir())
	for _, id := range []string{"", "..", "a/b", "../x", "a.b", strings.Repeat("a", 65), "名"} {
		if _, err := s.Partial(id); err == nil {
			t.Errorf("Partial took the id %q", id)
		}
	}
}

func TestSweepPartials(t *testing.T) {
	s := open(t, t.TempDir())
	held := partial(t, s, "held")
	partial(t, s, "old").Close()
	if n, err := s.SweepPartials(time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("swept %d fresh uploads, %v", n, err)
	}
	if n, err := s.SweepPartials(time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want the old one, not the held one", n, err)
	}
	if _, err := held.Append(0, bytes.NewReader([]byte("hello")), 9); err != nil {
		t.Error(err)
	}
	if _, _, err := held.Finish(hello); err != nil {
		t.Error(err)
	}
}
