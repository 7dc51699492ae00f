package agent

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// keeper decides what the unit believes: it verifies, refuses, keeps on the
// card and compiles. Its methods are called from one goroutine, but for view,
// rebuild and have.
type keeper struct {
	unit    string
	root    ed25519.PublicKey
	spool   *spool.Spool
	air     *airtime.Clock
	log     *slog.Logger
	refused *refusals
	word    *word
	cond    *conditions
	// serial is the serial number of the device's certificate, empty for none.
	serial func() string
	// follow is told the addresses to subscribe to.
	follow func([]wire.Address)
	// ready tells whether a file can be played.
	ready func(hash string) bool
	// changed is called after every new view, say when only what is refused is
	// other than before.
	changed func()
	say     func()

	ring wire.KeyRing
	// urgent are the interrupts that may play although the time is not known.
	urgent map[string]bool
	// waiting are the last snapshots per topic whose key the ring does not hold.
	waiting map[string][]byte

	mu   sync.Mutex // orders rebuilds
	view atomic.Pointer[view]
	// read are the snapshots held, decoded, so that a change costs the reading
	// of what changed alone.
	read map[snapshotKey]snapshot
	// compiled and barred are the snapshots of the view, and what was stopped, as
	// the view has it.
	compiled map[snapshotKey]snapshot
	barred   []wire.Bar
	gone     bool
}

type snapshotKey struct {
	address wire.Address
	kind    wire.Kind
}

// snapshot is what a bulletin or orders say; it is not changed.
type snapshot struct {
	revision uint64
	bulletin *wire.Bulletin
	orders   *wire.Orders
}

// start takes in what the card holds.
func (k *keeper) start() {
	k.waiting = map[string][]byte{}
	if e, ok := k.spool.Held(wire.KeysAddress, wire.KindKeyRing); ok {
		// It was verified before it was kept; a root that was changed since counts.
		if err := e.Verify(wire.KeyRing{}, k.root); err == nil {
			k.ring, _ = e.KeyRing()
		}
	}
	for _, e := range k.spool.AllHeld() {
		k.air.Saw(time.UnixMilli(int64(e.Revision)))
		k.word.signed(time.UnixMilli(int64(e.Revision)))
	}
	k.rebuild()
	k.follow(k.addresses())
}

// take looks at one snapshot that came on a topic.
func (k *keeper) take(topic wire.Topic, name string, raw []byte) {
	kind := wire.KindBulletin
	switch topic.Channel {
	case wire.ChannelOrders:
		kind = wire.KindOrders
	case wire.ChannelKeys:
		kind = wire.KindKeyRing
	}
	var fresh bool
	var err error
	if kind == wire.KindKeyRing {
		fresh, err = k.takeRing(raw)
	} else {
		fresh, err = k.takeSnapshot(kind, topic.Address, raw)
	}
	switch {
	case errors.Is(err, wire.ErrUnknownKey):
		k.waiting[name] = raw
	default:
		delete(k.waiting, name)
	}
	if err != nil {
		var revision uint64
		if e, err := wire.ParseEnvelope(raw); err == nil {
			revision = e.Revision
		}
		if k.refused.add(wire.Refusal{Address: topic.Address, Kind: kind, Revision: revision, Code: wire.RefusalCode(err), Why: err.Error()}) {
			k.say()
		}
		return
	}
	cleared := k.refused.clear(topic.Address, kind)
	if !fresh && !cleared {
		return
	}
	k.log.Info("took", "kind", kind, "address", topic.Address)
	k.rebuild()
	if kind == wire.KindBulletin {
		k.follow(k.addresses())
	}
	if kind == wire.KindKeyRing {
		k.retry()
	}
}

// retry looks again at what came before the key that signed it.
func (k *keeper) retry() {
	waiting := k.waiting
	k.waiting = map[string][]byte{}
	for name, raw := range waiting {
		if topic, err := wire.ParseTopic(name); err == nil {
			k.take(topic, name, raw)
		}
	}
}

func (k *keeper) takeRing(raw []byte) (bool, error) {
	ring, err := wire.OpenKeyRing(raw, k.root)
	if err != nil {
		return false, err
	}
	fresh, err := k.spool.Hold(raw)
	if err == nil {
		k.ring = ring
	}
	return fresh, err
}

func (k *keeper) takeSnapshot(kind wire.Kind, address wire.Address, raw []byte) (bool, error) {
	var s snapshot
	var bars []wire.Bar
	var interrupts []wire.Interrupt
	if kind == wire.KindBulletin {
		b, err := wire.OpenBulletin(raw, address, k.ring, k.root)
		if err != nil {
			return false, err
		}
		if err := k.scope(b); err != nil {
			return false, err
		}
		s = snapshot{revision: b.Revision, bulletin: &b}
	} else {
		o, err := wire.OpenOrders(raw, address, k.ring, k.root)
		if err != nil {
			return false, err
		}
		s, bars, interrupts = snapshot{revision: o.Revision, orders: &o}, o.Barred, o.Interrupts
	}
	if err := k.listed(kind, address, s.revision); err != nil {
		return false, err
	}
	bottom := k.air.Bottom()
	known := k.interrupts(address)
	fresh, err := k.spool.Hold(raw)
	if err != nil {
		return false, err
	}
	switch {
	case fresh && k.air.Trusted():
		k.belated(interrupts, known)
	case fresh:
		k.hurry(interrupts, known, bottom)
	}
	if fresh {
		k.mu.Lock()
		k.read[snapshotKey{address, kind}] = s
		k.mu.Unlock()
	}
	k.air.Saw(time.UnixMilli(int64(s.revision)))
	k.word.signed(time.UnixMilli(int64(s.revision)))
	if _, err := k.spool.Bar(bars); err != nil {
		k.log.Error("the ledger of what was stopped cannot be written", "err", err)
	}
	return fresh, nil
}

// interrupts are the ids of those held for an address.
func (k *keeper) interrupts(address wire.Address) map[string]bool {
	ids := map[string]bool{}
	if e, ok := k.spool.Held(address, wire.KindOrders); ok {
		if o, err := e.Orders(); err == nil {
			for _, i := range o.Interrupts {
				ids[i.ID] = true
			}
		}
	}
	return ids
}

// hurry lets interrupts play without the time: those that are new, and were
// made after all that was signed before.
func (k *keeper) hurry(list []wire.Interrupt, known map[string]bool, bottom time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, i := range list {
		switch {
		case known[i.ID]:
		case !time.UnixMilli(i.Issued).After(bottom):
			k.refused.note("interrupt", "not-fresh", fmt.Sprintf("%s (%s) is older than what was signed before: it waits until the time is known", i.ID, i.Level))
		default:
			if k.urgent == nil {
				k.urgent = map[string]bool{}
			}
			k.urgent[i.ID] = true
		}
	}
}

// belated tells of new interrupts that came after their end: somebody may have
// kept them back, or the unit was off.
func (k *keeper) belated(list []wire.Interrupt, known map[string]bool) {
	now := k.air.Stamp()
	for _, i := range list {
		if !known[i.ID] && i.Until <= now {
			k.refused.note("interrupt", "expired", fmt.Sprintf("%s (%s) came %s after its end", i.ID, i.Level, time.Duration(now-i.Until)*time.Millisecond))
		}
	}
}

// scope checks that settings stand where they belong.
func (k *keeper) scope(b wire.Bulletin) error {
	own := b.Address == wire.UnitAddress(k.unit)
	switch {
	case own && b.Settings == nil:
		return fmt.Errorf("the unit's own bulletin has no settings: %w", wire.ErrMalformed)
	case own && b.Settings.Unit != k.unit:
		return fmt.Errorf("settings are those of %s: %w", b.Settings.Unit, wire.ErrOutOfScope)
	case !own && b.Settings != nil:
		return fmt.Errorf("settings in the bulletin of %s: %w", b.Address, wire.ErrOutOfScope)
	}
	return nil
}

// listed checks a snapshot against the unit's list of what it must hold: an
// address that is not in it is none of its business, and nothing older than
// the list is taken.
func (k *keeper) listed(kind wire.Kind, address wire.Address, revision uint64) error {
	v := k.view.Load()
	if address == wire.UnitAddress(k.unit) {
		return nil
	}
	if area, _ := address.Split(); area != "area" {
		return fmt.Errorf("it is for %s: %w", address, wire.ErrOutOfScope)
	}
	if v.settings == nil {
		return nil
	}
	for _, h := range v.settings.Addresses {
		if h.Address != address {
			continue
		}
		floor := h.Bulletin
		if kind == wire.KindOrders {
			floor = h.Orders
		}
		if revision < floor {
			return fmt.Errorf("revision %d, the unit's list says %d: %w", revision, floor, wire.ErrOlder)
		}
		return nil
	}
	return fmt.Errorf("%s is not in the unit's list of addresses: %w", address, wire.ErrOutOfScope)
}

// addresses are the areas to follow.
func (k *keeper) addresses() []wire.Address {
	v := k.view.Load()
	if v.settings == nil {
		return nil
	}
	var list []wire.Address
	for _, h := range v.settings.Addresses {
		list = append(list, h.Address)
	}
	return list
}

// have is what the unit tells the centre of what it holds.
func (k *keeper) have(session uint64) wire.Have {
	v := k.view.Load()
	h := wire.Have{Unit: k.unit, Session: session, Held: v.held[:min(len(v.held), wire.MaxAddresses)], Assets: len(v.assets), Refused: k.refused.list()}
	for _, a := range v.assets {
		if k.spool.Verified(a.hash) {
			h.Ready++
		} else if len(h.Missing) < 20 {
			h.Missing = append(h.Missing, string(a.hash))
		}
	}
	for _, p := range v.problems {
		if p.Code == timetable.ProblemTooOld {
			h.TooOld = append(h.TooOld, p.Programme)
		}
	}
	return h
}
