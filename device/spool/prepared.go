package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/media"
)

const (
	pcmDir = "pcm"
	// preparedRoom is how much of the card prepared sound leaves to everything else:
	// what it makes way for does not let it come back at once.
	preparedRoom = 64 << 20
	// preparedStep is how much of prepared sound is written before the card is told
	// to write it down: proof that is synced meanwhile waits for no more.
	preparedStep = 1 << 20
	// preparedHurts is how often the card may damage prepared sound of one recording
	// before it is not prepared again.
	preparedHurts = 2
)

// errUnprepared says that the card has no room for prepared sound now.
var errUnprepared = errors.New("no room for prepared sound")

// prepared is sound that was decoded ahead. Nothing hangs on it: it is the first
// to go, and what is damaged goes without anybody hearing it.
type prepared struct {
	limit int64
	maker string // short name of the program that prepared it
	size  map[media.Hash]int64
	used  map[media.Hash]int // by its rising turn
	turn  int
	// wanted is what is not to make way for other prepared sound.
	wanted map[media.Hash]bool
	hurt   map[media.Hash]int
	open   *Preparation
}

func (p *prepared) total() (n int64) {
	for _, size := range p.size {
		n += size
	}
	return n
}

func (p *prepared) touch(h media.Hash) {
	p.turn++
	p.used[h] = p.turn
}

func (s *Spool) pcmName(h media.Hash) string {
	return pcmDir + "/" + string(h) + "." + s.prepared.maker
}

func (s *Spool) openPrepared() {
	s.prepared = prepared{size: map[media.Hash]int64{}, used: map[media.Hash]int{}, wanted: map[media.Hash]bool{}, hurt: map[media.Hash]int{}}
}

// BoundPrepared sets how many bytes prepared sound may take, 0 for none, and the
// name and version of the program that prepares it. What another program has
// left, or a power cut, or is too much, goes.
func (s *Spool) BoundPrepared(limit int64, maker string) {
	sum := sha256.Sum256([]byte(maker))
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.prepared
	p.limit, p.maker = limit, hex.EncodeToString(sum[:4])
	clear(p.size)
	list, _ := s.disk.List(pcmDir) // a card that cannot be read has none
	for _, info := range list {
		name, maker, _ := strings.Cut(info.Name, ".")
		h, err := media.ParseHash(name)
		if _, has := s.assets.size[h]; err != nil || maker != p.maker || !has {
			_ = s.disk.Remove(pcmDir + "/" + info.Name)
			continue
		}
		p.size[h] = info.Size
	}
	for p.total() > limit && s.dropPrepared(false) {
	}
}

// WantPrepared says which recordings are not to make way for others that are
// prepared.
func (s *Spool) WantPrepared(wanted map[media.Hash]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared.wanted = maps.Clone(wanted)
}

// Prepared is how many bytes each recording takes that is prepared.
func (s *Spool) Prepared() map[media.Hash]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.prepared.size)
}

// PreparedFile is prepared sound being read.
type PreparedFile struct {
	File
	// Size is its length, Key what it was prepared under.
	Size int64
	Key  string
}

// OpenPrepared opens the prepared sound of a recording; fs.ErrNotExist when there
// is none. Whether it is whole is for its reader to find out.
func (s *Spool) OpenPrepared(h media.Hash) (PreparedFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.prepared
	size, ok := p.size[h]
	if !ok {
		return PreparedFile{}, fmt.Errorf("open prepared sound %s: %w", h.Short(), fs.ErrNotExist)
	}
	f, err := s.disk.Open(s.pcmName(h), false, false)
	if err != nil {
		s.hurtPrepared(h, err)
		return PreparedFile{}, fmt.Errorf("open prepared sound %s: %w", h.Short(), err)
	}
	p.touch(h)
	return PreparedFile{f, size, s.preparedKey(h)}, nil
}

// preparedKey names a recording and who prepared it.
func (s *Spool) preparedKey(h media.Hash) string { return string(h) + "." + s.prepared.maker }

// HurtPrepared drops prepared sound that was found damaged.
func (s *Spool) HurtPrepared(h media.Hash, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurtPrepared(h, why)
}

func (s *Spool) hurtPrepared(h media.Hash, why error) {
	if _, ok := s.prepared.size[h]; !ok {
		return // told before
	}
	s.forgetPrepared(h)
	s.prepared.hurt[h]++
	if len(s.news) < maxNews {
		s.news = append(s.news, News{CodeDamaged, fmt.Sprintf("prepared sound of %s, which plays from its recording: %v", h.Short(), why)})
	}
}

// forgetPrepared removes the prepared sound of a recording; it answers whether
// the card has let it go. It must be called with mu held.
func (s *Spool) forgetPrepared(h media.Hash) bool {
	p := &s.prepared
	if p.open != nil && p.open.hash == h {
		p.open.aside = true
	}
	if _, ok := p.size[h]; !ok {
		return false
	}
	delete(p.size, h)
	delete(p.used, h)
	return s.disk.Remove(s.pcmName(h)) == nil
}

// dropPrepared removes the prepared sound that was not used longest, what is not
// wanted first, or only that; it answers whether there was any. What is being
// prepared steps aside too. It must be called with mu held.
func (s *Spool) dropPrepared(spare bool) bool {
	p := &s.prepared
	var first media.Hash
	for _, h := range slices.Sorted(maps.Keys(p.size)) {
		if spare && p.wanted[h] {
			continue
		}
		if first == "" || !p.wanted[h] && p.wanted[first] || p.wanted[h] == p.wanted[first] && p.used[h] < p.used[first] {
			first = h
		}
	}
	if !spare && p.open != nil {
		p.open.aside = true
	}
	return first != "" && s.forgetPrepared(first)
}

// Preparation is prepared sound on its way in. There is one at a time.
type Preparation struct {
	spool *Spool
	hash  media.Hash
	file  File
	size  int64
	due   int64 // bytes since the last sync
	aside bool  // its room is needed: it goes on no more
}

// Prepare begins to write the prepared sound of a recording, of about so many
// bytes. Prepared sound that is not wanted makes way for it. It fails where the
// card is not well or has other uses for its room; that is no condition.
func (s *Spool) Prepare(h media.Hash, bytes int64) (*Preparation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.prepared
	_, has := s.assets.size[h]
	switch {
	case p.open != nil:
		return nil, errors.New("prepare: another recording is being prepared")
	case !has:
		return nil, fmt.Errorf("prepare %s: %w", h.Short(), fs.ErrNotExist)
	case p.hurt[h] >= preparedHurts:
		return nil, fmt.Errorf("prepare %s: the card has damaged it %d times", h.Short(), p.hurt[h])
	case s.lost != nil || len(s.troubles) > 0 || len(s.unsaved) > 0:
		return nil, fmt.Errorf("prepare %s: the card is not well", h.Short())
	}
	d := &Preparation{spool: s, hash: h}
	if err := d.room(bytes); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", h.Short(), err)
	}
	err := s.disk.MakeDir(pcmDir)
	if err == nil {
		d.file, err = s.disk.Open(d.part(), true, true)
	}
	if err == nil { // a power cut may have left some
		if err = d.file.Truncate(0); err != nil {
			err = errors.Join(err, d.file.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", h.Short(), err)
	}
	p.open = d
	return d, nil
}

// Key is what the sound is to be prepared under.
func (d *Preparation) Key() string { return d.spool.preparedKey(d.hash) }

func (d *Preparation) part() string { return d.spool.pcmName(d.hash) + partSuffix }

// room makes room for so many bytes more. It must be called with mu held.
func (d *Preparation) room(bytes int64) error {
	s := d.spool
	p := &s.prepared
	if d.size+bytes > p.limit {
		return errUnprepared
	}
	for p.total()-p.size[d.hash]+d.size+bytes > p.limit {
		if !s.dropPrepared(true) {
			return errUnprepared
		}
	}
	if r, ok := s.disk.(Roomy); ok {
		if room, err := r.Room(); err == nil && room-bytes < preparedRoom {
			return errUnprepared
		}
	}
	return nil
}

// Write appends, as long as there is room.
func (d *Preparation) Write(b []byte) (int, error) {
	d.spool.mu.Lock()
	err := d.room(int64(len(b)))
	if d.aside {
		err = errUnprepared
	}
	d.spool.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := d.file.Write(b)
	d.size += int64(n)
	if d.due += int64(n); err == nil && d.due >= preparedStep {
		d.due = 0
		err = d.file.Sync()
	}
	return n, err
}

// Finish takes the whole in. The preparation is over in any case.
func (d *Preparation) Finish() error {
	s := d.spool
	err := errors.Join(d.file.Sync(), d.file.Close())
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.prepared
	p.open = nil
	if err == nil && d.aside {
		err = errUnprepared
	}
	if err == nil {
		err = s.disk.Rename(d.part(), s.pcmName(d.hash))
	}
	if err != nil {
		_ = s.disk.Remove(d.part()) // the next start removes it
		return fmt.Errorf("prepare %s: %w", d.hash.Short(), err)
	}
	// That a power cut takes the name back costs no more than preparing it again.
	p.size[d.hash] = d.size
	p.touch(d.hash)
	return nil
}

// Drop ends the preparation without taking anything in.
func (d *Preparation) Drop() {
	_ = d.file.Close()
	s := d.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared.open = nil
	_ = s.disk.Remove(d.part()) // the next start removes it
}
