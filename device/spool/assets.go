package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/media"
)

const (
	mediaDir   = "media"
	partSuffix = ".part"
)

// ErrDamaged says that a media file was not what its hash names. It has been
// removed, to be fetched again.
var ErrDamaged = errors.New("file does not match its hash")

// proofRoom is how much of the card media leave to everything else.
const proofRoom = 16 << 20

// assets are the media files on the card. A file counts as ready when it was
// written by this process or has been verified by it.
type assets struct {
	size     map[media.Hash]int64
	verified map[media.Hash]bool
	// damaged were found so and are not whole again; told of them are the first
	// so many.
	damaged []media.Hash
	told    int
	// keep is what Prune was told last to keep; nil before.
	keep map[media.Hash]bool
}

// complaint is the condition of what is damaged, empty for none.
func (a *assets) complaint() string { return nameSome(a.damaged) }

// news names what was found damaged since it was asked last.
func (a *assets) news() string {
	fresh := a.damaged[a.told:]
	a.told = len(a.damaged)
	return nameSome(fresh)
}

func nameSome(list []media.Hash) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d damaged files:", len(list))
	for _, h := range list[:min(len(list), 10)] {
		b.WriteString(" " + h.Short())
	}
	if len(list) > 10 {
		b.WriteString(" …")
	}
	return b.String()
}

// hurt notes that a file is damaged, mended that it is not any more.
func (a *assets) hurt(h media.Hash) {
	if !slices.Contains(a.damaged, h) {
		a.damaged = append(a.damaged, h)
	}
}

func (a *assets) mended(h media.Hash) {
	if i := slices.Index(a.damaged, h); i >= 0 {
		a.damaged = slices.Delete(a.damaged, i, i+1)
		if i < a.told {
			a.told--
		}
	}
}

func mediaName(h media.Hash) string { return mediaDir + "/" + string(h) }

func (s *Spool) openAssets() {
	s.assets = assets{size: map[media.Hash]int64{}, verified: map[media.Hash]bool{}}
	err := s.disk.MakeDir(mediaDir)
	list, cannot := s.disk.List(mediaDir)
	if err = errors.Join(err, cannot); err != nil && len(list) == 0 {
		s.note(fmt.Errorf("open %s: %w", mediaDir, err))
	}
	for _, info := range list {
		if h, err := media.ParseHash(info.Name); err == nil {
			s.assets.size[h] = info.Size
		}
	}
}

// HasAsset tells whether the file is on the card, verified or not.
func (s *Spool) HasAsset(h media.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.assets.size[h]
	return ok
}

// Verified tells whether the file is on the card and was verified since Open.
func (s *Spool) Verified(h media.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assets.verified[h]
}

// Verify reads the file whole, once in the life of the spool, and compares it
// with its hash. A damaged one is removed: ErrDamaged. One that is not there is
// fs.ErrNotExist.
func (s *Spool) Verify(h media.Hash) error {
	s.mu.Lock()
	_, ok := s.assets.size[h]
	done := s.assets.verified[h]
	s.mu.Unlock()
	switch {
	case !ok:
		return fmt.Errorf("verify %s: %w", h.Short(), fs.ErrNotExist)
	case done:
		return nil
	}
	f, err := s.disk.Open(mediaName(h), false, false)
	if err == nil {
		var got media.Hash
		got, _, err = media.Sum(f)
		err = errors.Join(err, f.Close())
		if err == nil && got != h {
			err = ErrDamaged
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.assets.hurt(h)
		return errors.Join(fmt.Errorf("verify %s: %w", h.Short(), err), s.remove(h))
	}
	s.assets.verified[h] = true
	return nil
}

// OpenAsset opens a verified file; it verifies one that is not yet.
func (s *Spool) OpenAsset(h media.Hash) (File, error) {
	if err := s.Verify(h); err != nil {
		return nil, err
	}
	f, err := s.disk.Open(mediaName(h), false, false)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", h.Short(), err)
	}
	return f, nil
}

// Doubt makes the file be verified again before it is used: it could not be
// played.
func (s *Spool) Doubt(h media.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.assets.verified, h)
}

// Download is a file on its way in. It is held by one user at a time.
type Download struct {
	spool *Spool
	hash  media.Hash
	file  File
	size  int64
}

// Download opens the download of a file of so many bytes, or begins it. Where
// the card has no room for it, files that nothing names any more go first; then
// the download fails, since what is left is for proof.
func (s *Spool) Download(h media.Hash, bytes int64) (*Download, error) {
	if !h.Valid() {
		return nil, fmt.Errorf("download: %.80q is no hash", h)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.download(h, bytes)
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", h.Short(), s.wrote(ofMedia, err))
	}
	return d, nil
}

func (s *Spool) download(h media.Hash, bytes int64) (*Download, error) {
	f, err := s.disk.Open(mediaName(h)+partSuffix, true, true)
	if errors.Is(err, fs.ErrNotExist) { // the directory could not be made before
		if err = s.disk.MakeDir(mediaDir); err == nil {
			f, err = s.disk.Open(mediaName(h)+partSuffix, true, true)
		}
	}
	if err != nil {
		return nil, err
	}
	if s.assets.keep != nil {
		s.assets.keep[h] = true
	}
	size, err := f.Seek(0, io.SeekEnd)
	for err == nil && !s.fits(bytes-size) {
		if !s.dropSpare() {
			err = errNoRoom
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Download{spool: s, hash: h, file: f, size: size}, nil
}

// fits tells whether the card has room for more media. A disk that does not
// know says so when it is full.
func (s *Spool) fits(bytes int64) bool {
	r, ok := s.disk.(Roomy)
	if !ok || bytes <= 0 {
		return true
	}
	room, err := r.Room()
	return err != nil || room-bytes >= proofRoom
}

// dropSpare removes prepared sound and files that nothing names any more; it
// answers whether there were any. It must be called with mu held.
func (s *Spool) dropSpare() bool {
	if s.dropPrepared(false) {
		return true
	}
	if s.assets.keep == nil {
		return false
	}
	n, _ := s.prune(0)
	return n > 0
}

// Size is the number of bytes here: where to go on.
func (d *Download) Size() int64 { return d.size }

// Write appends what came.
func (d *Download) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.size += int64(n)
	if err != nil {
		d.spool.mu.Lock()
		defer d.spool.mu.Unlock()
		return n, fmt.Errorf("download %s: %w", d.hash.Short(), d.spool.wrote(ofMedia, err))
	}
	return n, nil
}

// Reset drops what came.
func (d *Download) Reset() error {
	d.size = 0
	return d.file.Truncate(0)
}

// Close lets the download go and keeps what came.
func (d *Download) Close() error { return d.file.Close() }

// Finish verifies the whole, syncs it and takes it in. What does not match its
// hash is dropped: ErrDamaged. The download is closed in any case.
func (d *Download) Finish() error {
	s, part := d.spool, mediaName(d.hash)+partSuffix
	_, err := d.file.Seek(0, io.SeekStart)
	var got media.Hash
	if err == nil {
		got, _, err = media.Sum(d.file)
	}
	damaged := err == nil && got != d.hash
	if damaged {
		err = errors.Join(ErrDamaged, s.disk.Remove(part))
	}
	if err == nil {
		err = d.file.Sync()
	}
	err = errors.Join(err, d.file.Close())
	s.mu.Lock()
	defer s.mu.Unlock()
	if damaged {
		s.assets.hurt(d.hash)
		return fmt.Errorf("finish download %s: %w", d.hash.Short(), err)
	}
	if err == nil {
		err = errors.Join(s.disk.Rename(part, mediaName(d.hash)), s.disk.SyncDir(mediaDir))
	}
	if err := s.wrote(ofMedia, err); err != nil {
		return fmt.Errorf("finish download %s: %w", d.hash.Short(), err)
	}
	s.assets.mended(d.hash)
	s.assets.size[d.hash], s.assets.verified[d.hash] = d.size, true
	return nil
}

// Prune removes media files and downloads that keep does not name, until those
// that it does not name take no more than spare bytes.
func (s *Spool) Prune(keep map[media.Hash]bool, spare int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.assets.keep = maps.Clone(keep)
	missing := false
	for h := range keep {
		_, there := s.assets.size[h]
		missing = missing || !there
	}
	for _, h := range slices.Clone(s.assets.damaged) {
		if !keep[h] {
			s.assets.mended(h) // nobody asks for it any more
		}
	}
	n, err := s.prune(spare)
	if n > 0 {
		err = errors.Join(err, s.disk.SyncDir(mediaDir))
	}
	if err == nil && !missing { // no download waits for the card
		delete(s.troubles, ofMedia)
	}
	if err != nil {
		return fmt.Errorf("prune media: %w", err)
	}
	return nil
}

// prune is Prune with what it kept last; it answers how many files went.
func (s *Spool) prune(spare int64) (n int, err error) {
	list, err := s.disk.List(mediaDir)
	if err != nil {
		return 0, err
	}
	for _, info := range list {
		name, part := strings.CutSuffix(info.Name, partSuffix)
		h, err := media.ParseHash(name)
		if err != nil || s.assets.keep[h] {
			continue
		}
		if !part && info.Size <= spare {
			spare -= info.Size
			continue
		}
		if !part {
			delete(s.assets.size, h)
			delete(s.assets.verified, h)
			s.forgetPrepared(h)
		}
		if err := s.disk.Remove(mediaDir + "/" + info.Name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Assets are the hashes of the files on the card, verified or not.
func (s *Spool) Assets() []media.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]media.Hash, 0, len(s.assets.size))
	for h := range s.assets.size {
		list = append(list, h)
	}
	slices.Sort(list)
	return list
}

// remove must be called with mu held.
func (s *Spool) remove(h media.Hash) error {
	delete(s.assets.size, h)
	delete(s.assets.verified, h)
	s.forgetPrepared(h)
	if err := s.disk.Remove(mediaName(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.disk.SyncDir(mediaDir)
}
