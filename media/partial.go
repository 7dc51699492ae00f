package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Errors of partial uploads.
var (
	// ErrOffset: the bytes offered do not begin where the upload stands.
	ErrOffset = errors.New("upload stands at another offset")
	// ErrBusy: another request is writing the same upload.
	ErrBusy = errors.New("upload is in use")
)

// Partial is an upload that may come in pieces, over days and restarts. It is
// held by one user at a time; Close, Finish or Discard lets it go.
type Partial struct {
	store *Store
	id    string
	f     *os.File
	size  int64
}

// Partial opens the upload with the given id, or begins it. An id is 1 to 64
// letters, digits, - and _. ErrBusy means that somebody holds it.
func (s *Store) Partial(id string) (*Partial, error) {
	if !plain(id) {
		return nil, fmt.Errorf("open upload %.80q: id must be 1 to 64 letters, digits, - or _", id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] {
		return nil, fmt.Errorf("open upload %s: %w", id, ErrBusy)
	}
	f, err := s.root.OpenFile(partials+"/"+id, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open upload %s: %w", id, err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open upload %s: %w", id, err)
	}
	s.open[id] = true
	return &Partial{store: s, id: id, f: f, size: size}, nil
}

// Size is the number of bytes held so far: the offset at which to go on.
func (p *Partial) Size() int64 { return p.size }

// Append writes r at offset, which must be Size, else ErrOffset and nothing is
// written. What came before r failed is kept and synced, so the sender can go
// on from the new Size. When the whole would exceed ceiling bytes, the piece is
// given up at the ceiling with ErrTooLarge and Size stays what it was.
func (p *Partial) Append(offset int64, r io.Reader, ceiling int64) (int64, error) {
	if offset != p.size {
		return 0, fmt.Errorf("append to upload %s: offset is %d, %d bytes are held; go on from there: %w", p.id, offset, p.size, ErrOffset)
	}
	n, err := io.Copy(p.f, io.LimitReader(r, max(ceiling-p.size, 0)+1))
	if p.size+n > ceiling {
		_, seek := p.f.Seek(p.size, io.SeekStart)
		err = fmt.Errorf("append to upload %s: more than the %d bytes allowed: %w", p.id, ceiling, ErrTooLarge)
		return 0, errors.Join(err, p.f.Truncate(p.size), seek)
	}
	p.size += n
	if err = errors.Join(err, p.f.Sync()); err != nil {
		return n, fmt.Errorf("append to upload %s: %w", p.id, err)
	}
	return n, nil
}

// Finish takes the upload into the store under its hash. A want that is not
// empty must be that hash; on ErrMismatch the upload is discarded, since no
// further byte can mend it. The Partial cannot be used afterwards.
func (p *Partial) Finish(want Hash) (Hash, int64, error) {
	defer p.Close()
	if want != "" && !want.Valid() {
		return "", 0, fmt.Errorf("finish upload %s: hash %.80q is malformed", p.id, want)
	}
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("finish upload %s: %w", p.id, err)
	}
	h, n, err := Sum(p.f)
	if err == nil && want != "" && h != want {
		err = errors.Join(ErrMismatch, p.Discard())
	}
	if err == nil {
		err = p.f.Sync()
	}
	if err == nil {
		err = p.store.adopt(partials+"/"+p.id, h, n)
	}
	if err != nil {
		return "", 0, fmt.Errorf("finish upload %s: %w", p.id, err)
	}
	return h, n, nil
}

// Discard deletes the upload.
func (p *Partial) Discard() error {
	defer p.Close()
	if err := p.store.root.Remove(partials + "/" + p.id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("discard upload %s: %w", p.id, err)
	}
	return nil
}

// Close lets the upload go and keeps what came. Closing twice does no harm.
func (p *Partial) Close() error {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	if p.f == nil {
		return nil
	}
	f := p.f
	p.f = nil
	delete(p.store.open, p.id)
	return f.Close()
}

// SweepPartials deletes uploads that nobody holds and that were not written to
// since the given time, and returns how many there were.
func (s *Store) SweepPartials(before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := fs.ReadDir(s.root.FS(), partials)
	if err != nil {
		return 0, fmt.Errorf("sweep uploads: %w", err)
	}
	var n int
	for _, e := range list {
		i, err := e.Info()
		if err != nil || s.open[e.Name()] || !i.ModTime().Before(before) {
			continue
		}
		if err := s.root.Remove(partials + "/" + e.Name()); err != nil {
			return n, fmt.Errorf("sweep uploads: %w", err)
		}
		n++
	}
	return n, nil
}

func plain(id string) bool {
	for _, c := range []byte(id) {
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}
