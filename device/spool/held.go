package spool

import (
	"errors"
	"fmt"
	"io/fs"
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

func (s *Spool) openHeld() error {
	if err := s.disk.MakeDir(heldDir); err != nil {
		return err
	}
	list, err := s.disk.List(heldDir)
	if err != nil {
		return err
	}
	for _, info := range list {
		name := heldDir + "/" + info.Name
		if strings.HasSuffix(name, ".bad") || strings.HasSuffix(name, ".next") {
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
	return nil
}

// Hold keeps a snapshot that was verified. raw is the envelope as it travelled.
// It answers false when the very same was held already, wire.ErrOlder for an
// older revision and wire.ErrConflict for the same revision with other content;
// then nothing changes.
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
	if err := s.wrote(writeSealed(s.disk, heldName(k), raw)); err != nil {
		return false, fmt.Errorf("hold snapshot: %w", err)
	}
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

// Drop forgets both snapshots of an address: the unit is not in that area any more.
func (s *Spool) Drop(address wire.Address) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
		k := heldKey{address, kind}
		if _, ok := s.held[k]; !ok {
			continue
		}
		if err := s.disk.Remove(heldName(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop snapshots of %s: %w", address, err)
		}
		delete(s.held, k)
	}
	return s.disk.SyncDir(heldDir)
}

// maxLedger is how many barred ids are remembered; the oldest are forgotten.
const maxLedger = 10000

func (s *Spool) openLedger() error {
	_, err := readCell(s.disk, "ledger", &s.ledger)
	s.note(err)
	return nil
}

// Bar adds stopped things to the ledger of what never sounds again. It answers
// whether any of them is new.
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
	ledger = ledger[max(0, len(ledger)-maxLedger):]
	if err := s.wrote(writeCell(s.disk, "ledger", ledger)); err != nil {
		return false, fmt.Errorf("bar: %w", err)
	}
	s.ledger = ledger
	return true, nil
}

// Barred is the ledger: what was ever stopped here.
func (s *Spool) Barred() []wire.Bar {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}
