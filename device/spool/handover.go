package spool

import (
	"errors"
	"fmt"

	"github.com/villagecast/villagecast/device/wire"
)

// HandOver writes what a spool without a card holds onto the card that is back,
// so that a new process goes on from there: before makes of the card's last alive
// mark the entries that tell of the time until this process began, and are
// written first; then the proof that the centre has not stored, what was barred
// and obeyed, the snapshots, the clock, and the newest mark. It does nothing
// where the disk was there from the start, or is still away. What was handed out
// and not answered is written too, under another number: the centre knows a
// stretch that it has already.
func (s *Spool) HandOver(before func(last Alive) []wire.Entry) error {
	if s.lost == nil {
		return nil
	}
	card := Open(s.real)
	if card.lost != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := card.Append(append(before(card.LastAlive()), s.overflow.entries...)...)
	if err == nil {
		err = s.handOver(card)
	}
	if err = errors.Join(err, card.Close()); err != nil {
		return fmt.Errorf("hand over to the card: %w", err)
	}
	return nil
}

// handOver writes all but the proof. It must be called with mu held.
func (s *Spool) handOver(card *Spool) error {
	if len(s.ledger) > 0 {
		if _, err := card.Bar(s.ledger); err != nil {
			return err
		}
	}
	for _, c := range s.obeyed.Last {
		if _, err := card.Obey(c.ID, c.Revision); err != nil {
			return err
		}
	}
	for _, h := range s.held {
		if _, err := card.Hold(h.raw); err != nil && !errors.Is(err, wire.ErrOlder) && !errors.Is(err, wire.ErrConflict) {
			return err
		}
	}
	if u, ok := s.unsaved["clock"]; ok {
		if err := card.KeepClock(u.body); err != nil {
			return err
		}
	}
	if s.last.At == 0 {
		return nil
	}
	return card.MarkAlive(s.last)
}
