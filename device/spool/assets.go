package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// assets are the media files on the card. A file counts as ready when it was
// written by this process or has been verified by it.
type assets struct {
	size     map[media.Hash]int64
	verified map[media.Hash]bool
}

func mediaName(h media.Hash) string { return mediaDir + "/" + string(h) }

func (s *Spool) openAssets() error {
	s.assets = assets{size: map[media.Hash]int64{}, verified: map[media.Hash]bool{}}
	if err := s.disk.MakeDir(mediaDir); err != nil {
		return err
	}
	list, err := s.disk.List(mediaDir)
	if err != nil {
		return err
	}
	for _, info := range list {
		if h, err := media.ParseHash(info.Name); err == nil {
			s.assets.size[h] = info.Size
		}
	}
	return nil
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
		s.issues[CodeAsset] = fmt.Sprintf("%s: %v", h.Short(), err)
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

// Download opens the download of a file, or begins it.
func (s *Spool) Download(h media.Hash) (*Download, error) {
	if !h.Valid() {
		return nil, fmt.Errorf("download: %.80q is no hash", h)
	}
	f, err := s.disk.Open(mediaName(h)+partSuffix, true, true)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return nil, fmt.Errorf("download %s: %w", h.Short(), s.wrote(err))
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("download %s: %w", h.Short(), err), f.Close())
	}
	return &Download{spool: s, hash: h, file: f, size: size}, nil
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
		return n, fmt.Errorf("download %s: %w", d.hash.Short(), d.spool.wrote(err))
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
	if err == nil && got != d.hash {
		err = errors.Join(ErrDamaged, s.disk.Remove(part))
	}
	if err == nil {
		err = d.file.Sync()
	}
	if err = errors.Join(err, d.file.Close()); err != nil {
		return fmt.Errorf("finish download %s: %w", d.hash.Short(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.disk.Rename(part, mediaName(d.hash)), s.disk.SyncDir(mediaDir)); err != nil {
		return fmt.Errorf("finish download %s: %w", d.hash.Short(), s.wrote(err))
	}
	delete(s.issues, CodeAsset)
	s.assets.size[d.hash], s.assets.verified[d.hash] = d.size, true
	return nil
}

// Prune removes media files and downloads that keep does not name, until those
// that it does not name take no more than spare bytes.
func (s *Spool) Prune(keep map[media.Hash]bool, spare int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.disk.List(mediaDir)
	if err != nil {
		return fmt.Errorf("prune media: %w", err)
	}
	for _, info := range list {
		name, part := strings.CutSuffix(info.Name, partSuffix)
		h, err := media.ParseHash(name)
		if err != nil || keep[h] {
			continue
		}
		if !part && info.Size <= spare {
			spare -= info.Size
			continue
		}
		if part {
			err = s.disk.Remove(mediaDir + "/" + info.Name)
		} else {
			err = s.remove(h)
		}
		if err != nil {
			return fmt.Errorf("prune media: %w", err)
		}
	}
	return nil
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
	if err := s.disk.Remove(mediaName(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.disk.SyncDir(mediaDir)
}
