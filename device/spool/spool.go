package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/villagecast/villagecast/device/wire"
)

// Codes of the conditions that a spool reports.
const (
	// CodeDamaged: something on the card was damaged; a copy stands in *.bad.
	CodeDamaged = "spool-damaged"
	// CodeFull: something could not be written, most often because the card is full.
	CodeFull = "disk-full"
	// CodeAsset: a media file was damaged; it is fetched again.
	CodeAsset = "asset-damaged"
)

// Spool is what one unit remembers. All methods may be called at the same time.
type Spool struct {
	disk Disk

	mu      sync.Mutex
	id      string
	held    map[heldKey]heldSnapshot
	outbox  *outbox
	detail  *journal
	alive   *journal
	last    Alive
	ledger  []wire.Bar
	obeyed  obeyed
	session session
	assets  assets
	issues  map[string]string // condition code → text
}

// Open opens the spool on a disk, or makes it. What is damaged is set aside and
// stands in Conditions; an error means that the disk cannot be used at all.
func Open(disk Disk) (*Spool, error) {
	s := &Spool{disk: disk, held: map[heldKey]heldSnapshot{}, issues: map[string]string{}}
	for _, step := range []func() error{s.openID, s.openHeld, s.openOutbox, s.openDetail, s.openAlive, s.openLedger, s.openObeyed, s.openSession, s.openAssets} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
	}
	return s, nil
}

// Close writes what is written lazily and lets the files go. The disk itself
// stays open.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.outbox.saveAcked(), s.outbox.journal.closeFile(), s.detail.sync(), s.detail.closeFile(), s.alive.closeFile())
}

// ID is the spool's own random name, 16 hexadecimal digits, made with it.
func (s *Spool) ID() string { return s.id }

// Conditions are the complaints of the spool by code, with their text.
func (s *Spool) Conditions() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for _, j := range []*journal{s.outbox.journal, s.detail, s.alive} {
		for _, text := range j.damage {
			out[CodeDamaged] = join(out[CodeDamaged], text)
		}
	}
	for code, text := range s.issues {
		out[code] = join(out[code], text)
	}
	return out
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// note turns damage into a condition; it must be called with mu held or before
// the spool is shared.
func (s *Spool) note(err error) {
	if err != nil {
		s.issues[CodeDamaged] = join(s.issues[CodeDamaged], err.Error())
	}
}

// wrote remembers whether the last write of its kind worked, as a condition,
// and gives err back.
func (s *Spool) wrote(err error) error {
	if err != nil {
		s.issues[CodeFull] = err.Error()
	} else {
		delete(s.issues, CodeFull)
	}
	return err
}

func (s *Spool) openID() error {
	found, err := readCell(s.disk, "id", &s.id)
	s.note(err)
	if found && len(s.id) == 16 {
		return nil
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	s.id = hex.EncodeToString(b[:])
	return writeCell(s.disk, "id", s.id)
}

// session is the counter of connections. Numbers are reserved in blocks, so
// that a bad link does not wear the card out.
type session struct {
	next     uint64
	reserved uint64
}

const sessionBlock = 256

func (s *Spool) openSession() error {
	_, err := readCell(s.disk, "session", &s.session.reserved)
	s.note(err)
	s.session.next = s.session.reserved + 1
	return nil
}

// Session is the next session number: higher than every one before it, over
// restarts too.
func (s *Spool) Session() (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session.next > s.session.reserved {
		top := s.session.next + sessionBlock
		if err := s.wrote(writeCell(s.disk, "session", top)); err != nil {
			return 0, fmt.Errorf("take session number: %w", err)
		}
		s.session.reserved = top
	}
	s.session.next++
	return s.session.next - 1, nil
}
