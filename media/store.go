package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Errors that a caller tells apart with errors.Is. A file that is not in the
// store is reported as fs.ErrNotExist.
var (
	// ErrMismatch: the bytes that came are not those that the hash names.
	ErrMismatch = errors.New("content does not match its hash")
	// ErrTooLarge: the bytes are more than the caller's ceiling.
	ErrTooLarge = errors.New("content is larger than allowed")
)

const (
	incoming = "incoming" // files on their way in; swept when old
	partials = "partial"  // resumable uploads
)

// Store keeps files by their hash under one directory: <dir>/ab/abcd….
// A file comes in aside, is synced and then renamed, so that a power cut leaves
// either the whole file or none. All methods may be called at the same time;
// two stores must not share a directory.
type Store struct {
	root *os.Root
	dir  string

	mu   sync.Mutex
	open map[string]bool // partial uploads now in use
}

// OpenStore opens the store in dir and makes the directory if there is none.
// What an earlier process left half-written is removed; partial uploads stay.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open media store: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open media store: %w", err)
	}
	s := &Store{root: root, dir: dir, open: map[string]bool{}}
	if err = root.RemoveAll(incoming); err == nil {
		err = errors.Join(root.MkdirAll(incoming, 0o755), root.MkdirAll(partials, 0o755), s.sync("."))
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("open media store: %w", err)
	}
	return s, nil
}

// Close lets go of the directory. Files that were opened stay readable.
func (s *Store) Close() error { return s.root.Close() }

// Put reads r to its end and keeps it. A want that is not empty must be the
// content's hash, else nothing is kept and the error is ErrMismatch. Content
// that is there already is not written again.
func (s *Store) Put(r io.Reader, want Hash) (Hash, int64, error) {
	if want != "" && !want.Valid() {
		return "", 0, fmt.Errorf("put media: hash %.80q is malformed", want)
	}
	f, name, err := s.aside()
	if err != nil {
		return "", 0, fmt.Errorf("put media: %w", err)
	}
	defer s.root.Remove(name) // gone already when it was renamed
	d := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, d), r)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, fmt.Errorf("put media: %w", err)
	}
	h := Hash(hex.EncodeToString(d.Sum(nil)))
	if want != "" && h != want {
		return "", 0, fmt.Errorf("put media %s: got %d bytes of %s: %w", want.Short(), n, h.Short(), ErrMismatch)
	}
	if err := s.adopt(name, h, n); err != nil {
		return "", 0, fmt.Errorf("put media %s: %w", h.Short(), err)
	}
	return h, n, nil
}

// Open opens the file for reading; the caller closes it. It stays readable when
// the file is removed meanwhile.
func (s *Store) Open(h Hash) (*os.File, error) {
	if !h.Valid() {
		return nil, fmt.Errorf("open media %.80q: %w", h, fs.ErrNotExist)
	}
	f, err := s.root.Open(place(h))
	if err != nil {
		return nil, fmt.Errorf("open media %s: %w", h.Short(), err)
	}
	return f, nil
}

// Path is where the file lies, for programs that want a name. It says nothing
// about whether the file is there.
func (s *Store) Path(h Hash) string {
	if !h.Valid() {
		return ""
	}
	return filepath.Join(s.dir, filepath.FromSlash(place(h)))
}

// Has tells whether the file is in the store.
func (s *Store) Has(h Hash) bool {
	_, err := s.Size(h)
	return err == nil
}

// Size is the file's length in bytes.
func (s *Store) Size(h Hash) (int64, error) {
	if !h.Valid() {
		return 0, fmt.Errorf("size of media %.80q: %w", h, fs.ErrNotExist)
	}
	i, err := s.root.Stat(place(h))
	if err != nil {
		return 0, fmt.Errorf("size of media %s: %w", h.Short(), err)
	}
	return i.Size(), nil
}

// Verify reads the whole file and returns ErrMismatch when its bytes are no
// longer those that its hash names.
func (s *Store) Verify(h Hash) error {
	f, err := s.Open(h)
	if err != nil {
		return err
	}
	defer f.Close()
	got, n, err := Sum(f)
	if err != nil {
		return err
	}
	if got != h {
		return fmt.Errorf("verify media %s: %d bytes of %s: %w", h.Short(), n, got.Short(), ErrMismatch)
	}
	return nil
}

// Check is Verify for a directory that another process may have opened as its
// store: it changes nothing.
func Check(dir string, h Hash) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("check media: %w", err)
	}
	defer root.Close()
	return (&Store{root: root, dir: dir}).Verify(h)
}

// Remove deletes the file; one that is not there is no error.
func (s *Store) Remove(h Hash) error {
	if !h.Valid() {
		return nil
	}
	if err := s.root.Remove(place(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove media %s: %w", h.Short(), err)
	}
	return nil
}

// List returns the hashes of all files, sorted.
func (s *Store) List() ([]Hash, error) {
	var all []Hash
	err := fs.WalkDir(s.root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed while we walked
		case err != nil:
			return err
		case d.IsDir() && (path == incoming || path == partials):
			return fs.SkipDir
		}
		if h := Hash(d.Name()); d.Type().IsRegular() && h.Valid() && path == place(h) {
			all = append(all, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list media: %w", err)
	}
	slices.Sort(all)
	return all, nil
}

func place(h Hash) string { return string(h[:2]) + "/" + string(h) }

// aside makes a new empty file for content on its way in.
func (s *Store) aside() (*os.File, string, error) {
	for range 100 {
		name := incoming + "/" + fmt.Sprintf("%x", time.Now().UnixNano())
		f, err := s.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
	return nil, "", errors.New("no free name for a new file")
}

// adopt moves a synced file of n bytes to its place. A file that stands there
// already is kept if it is whole: a file that was damaged is mended by bringing
// it once more.
func (s *Store) adopt(name string, h Hash, n int64) error {
	if size, err := s.Size(h); err == nil && size == n && s.Verify(h) == nil {
		return s.root.Remove(name)
	}
	folder := string(h[:2])
	if err := s.root.Mkdir(folder, 0o755); err == nil {
		if err := s.sync("."); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.root.Rename(name, place(h)); err != nil {
		return err
	}
	return s.sync(folder)
}

// sync makes the names in a folder as durable as the files.
func (s *Store) sync(folder string) error {
	d, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !strings.Contains(err.Error(), "invalid argument") {
		return err // some file systems cannot sync a folder and say EINVAL
	}
	return nil
}
