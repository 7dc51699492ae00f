package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/villagecast/villagecast/device/wire"
)

// Spool is what one unit remembers. All methods may be called at the same time.
type Spool struct {
	real Disk // as it was given
	disk Disk // as it is used
	// lost says why the disk could not be used at all; nothing is written then.
	lost error

	mu       sync.Mutex
	id       string
	held     map[heldKey]heldSnapshot
	outbox   *outbox
	overflow *overflow
	detail   *journal
	alive    *journal
	last     Alive
	ledger   []wire.Bar
	obeyed   obeyed
	session  session
	assets   assets
	prepared prepared

	issues   map[string]string  // condition code → text, for the life of the spool
	troubles map[kind]trouble   // of writes that did not work
	unsaved  map[string]unsaved // values that count and are not on the card
	news     []News
}

// Open opens the spool on a disk, or makes it. It always works: what is damaged
// is set aside, what the disk does not take is kept in memory, and News and
// Conditions say so.
func Open(disk Disk) *Spool {
	s := &Spool{
		real: disk, disk: disk, held: map[heldKey]heldSnapshot{}, overflow: newOverflow(),
		issues: map[string]string{}, troubles: map[kind]trouble{}, unsaved: map[string]unsaved{},
	}
	if _, err := disk.List("."); err != nil {
		// Whatever stands on it must not be written over by one who cannot read it.
		s.lost, s.disk = err, dead{err}
	}
	for _, step := range []func(){s.openID, s.openHeld, s.openOutbox, s.openDetail, s.openAlive, s.openLedger, s.openObeyed, s.openSession, s.openAssets, s.openPrepared} {
		step()
	}
	if s.lost != nil { // nobody wants to hear that nothing can be read of it
		s.outbox.journal.damage, s.detail.damage, s.alive.damage, s.news, s.issues = nil, nil, nil, nil, map[string]string{}
	}
	s.gather()
	return s
}

// Lost tells whether the disk could not be used at all when the spool was opened.
func (s *Spool) Lost() bool { return s.lost != nil }

// Back tells whether a disk that was lost can be used now, by another Open.
func (s *Spool) Back() bool {
	_, err := s.real.List(".")
	return err == nil
}

// Close writes what is written lazily and lets the files go. The disk itself
// stays open.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return nil
	}
	s.save()
	return errors.Join(s.saveAcked(), s.detail.sync(), s.outbox.journal.closeFile(), s.detail.closeFile(), s.alive.closeFile(), s.release())
}

// ID is the spool's own random name, 16 hexadecimal digits, made with it.
func (s *Spool) ID() string { return s.id }

// openID reads the spool's name. It stands in two files, since a card that
// forgot it could prove the same thing twice.
func (s *Spool) openID() {
	whole := map[string]bool{}
	for _, name := range []string{"id.copy", "id"} {
		var id string
		found, err := readCell(s.disk, name, &id)
		s.note(err)
		if found && len(id) == 16 {
			s.id, whole[name] = id, true
		}
	}
	if s.id == "" {
		s.id = randomID()
	}
	for _, name := range []string{"id.copy", "id"} {
		if !whole[name] {
			_ = s.putCell(name, s.id) // a condition until it is
		}
	}
}

func randomID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// session is the counter of connections. Numbers are reserved in blocks, so
// that a bad link does not wear the card out.
type session struct {
	next     uint64
	reserved uint64
}

const sessionBlock = 256

func (s *Spool) openSession() {
	_, err := readCell(s.disk, "session", &s.session.reserved)
	s.note(err)
	s.session.next = s.session.reserved + 1
}

// Session is the next session number, and the spool under whose name it counts:
// the number is higher than every one before it under that name, over restarts
// too. Where the card takes no numbers that is a name that lasts as long as the
// process.
func (s *Spool) Session() (spool string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.session
	if c.next > c.reserved {
		top := c.next + sessionBlock
		if s.putCell("session", top) == nil {
			c.reserved = top
		}
	}
	c.next++
	if c.next-1 > c.reserved {
		return s.overflow.id, c.next - 1
	}
	return s.id, c.next - 1
}
