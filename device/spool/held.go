package spool

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

type heldKey struct {
	address wire.Address
	kind    wire.Kind
}

type heldSnapshot struct {
	envelope wire.Envelope
	raw      []byte
}

const heldDir = "held"

// heldName is the file of a snapshot. An address holds only characters that a
// file name may have, but for its slash.
func heldName(k heldKey) string {
	return heldDir + "/" + strings.Replace(string(k.address), "/", "-", 1) + "." + string(k.kind)
}

func (s *Spool) openHeld() {
	err := s.disk.MakeDir(heldDir)
	list, cannot := s.disk.List(heldDir)
	if err = errors.Join(err, cannot); err != nil && len(list) == 0 {
		s.note(fmt.Errorf("open %s: %w", heldDir, err))
		return
	}
	for _, info := range list {
		name := heldDir + "/" + info.Name
		if strings.HasSuffix(name, asideSuffix) {
			continue
		}
		raw, err := readSealed(s.disk, name)
		if err != nil {
			s.note(fmt.Errorf("read %s: %w", name, err))
			continue
		}
		e, err := wire.ParseEnvelope(raw)
		if k := (heldKey{e.Address, e.Kind}); err != nil || heldName(k) != name {
			setAside(s.disk, name)
			s.note(fmt.Errorf("read %s: not the snapshot that its name says", name))
			continue
		}
		s.held[heldKey{e.Address, e.Kind}] = heldSnapshot{e, raw}
	}
}

// Hold keeps a snapshot that was verified. raw is the envelope as it travelled.
// It answers false when the very same was held already, wire.ErrOlder for an
// older revision and wire.ErrConflict for the same revision with other content;
// then nothing changes. What the card does not take is held in memory, and
// written when it does.
func (s *Spool) Hold(raw []byte) (bool, error) {
	e, err := wire.ParseEnvelope(raw)
	if err != nil {
		return false, fmt.Errorf("hold snapshot: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := heldKey{e.Address, e.Kind}
	if old, ok := s.held[k]; ok {
		if err := e.Supersedes(&old.envelope); err != nil {
			return false, fmt.Errorf("hold snapshot: %w", err)
		}
		if e.Revision == old.envelope.Revision && e.Key == old.envelope.Key {
			return false, nil
		}
	}
	_ = s.put(heldName(k), raw) // a condition until it is saved
	s.held[k] = heldSnapshot{e, slices.Clone(raw)}
	return true, nil
}

// Held is the snapshot held of an address and kind.
func (s *Spool) Held(address wire.Address, kind wire.Kind) (wire.Envelope, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.held[heldKey{address, kind}]
	return h.envelope, ok
}

// AllHeld are all snapshots held, by rising address and kind.
func (s *Spool) AllHeld() []wire.Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(s.held), func(a, b heldKey) int {
		return strings.Compare(heldName(a), heldName(b))
	})
	list := make([]wire.Envelope, len(keys))
	for i, k := range keys {
		list[i] = s.held[k].envelope
	}
	return list
}

// Drop forgets both snapshots of an address: the unit is not in that area any
// more. An error says that they are still on the card, for now.
func (s *Spool) Drop(address wire.Address) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
		k := heldKey{address, kind}
		if _, ok := s.held[k]; ok {
			delete(s.held, k)
			err = errors.Join(err, s.put(heldName(k), nil))
		}
	}
	return err
}

// maxLedger is how many barred ids are remembered; the oldest are forgotten.
const maxLedger = 10000

func (s *Spool) openLedger() {
	_, err := readCell(s.disk, "ledger", &s.ledger)
	s.note(err)
}

// Bar adds stopped things to the ledger of what never sounds again. It answers
// whether any of them is new. An error says that the ledger is not on the card
// yet; what is barred is barred all the same.
func (s *Spool) Bar(bars []wire.Bar) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ledger := slices.Clone(s.ledger)
	for _, b := range bars {
		if !slices.ContainsFunc(ledger, func(have wire.Bar) bool { return have.ID == b.ID && have.Version == b.Version }) {
			ledger = append(ledger, b)
		}
	}
	if len(ledger) == len(s.ledger) {
		return false, nil
	}
	s.ledger = ledger[max(0, len(ledger)-maxLedger):]
	if err := s.putCell("ledger", s.ledger); err != nil {
		return true, fmt.Errorf("bar: %w", err)
	}
	return true, nil
}

// Barred is the ledger: what was ever stopped here.
func (s *Spool) Barred() []wire.Bar {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}
