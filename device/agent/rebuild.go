package agent

import (
	"fmt"
	"maps"
	"slices"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// rebuild makes a new view of what is on the card.
func (k *keeper) rebuild() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var bulletins []wire.Bulletin
	var orders []wire.Orders
	own := wire.UnitAddress(k.unit)
	mine := wire.Orders{Address: own}
	held := map[snapshotKey]snapshot{}
	for _, e := range k.spool.AllHeld() {
		key := snapshotKey{e.Address, e.Kind}
		s := k.read[key]
		if s.revision != e.Revision {
			s = k.decode(e)
		}
		held[key] = s
		switch {
		case s.bulletin != nil:
			bulletins = append(bulletins, *s.bulletin)
		case s.orders != nil && s.orders.Address == own:
			mine = *s.orders
		case s.orders != nil:
			orders = append(orders, *s.orders)
		}
	}
	bulletins, orders = k.onlyListed(bulletins, orders)
	// What was stopped once never sounds again, whatever the orders say today.
	barred := k.spool.Barred()
	mine.Barred = append(slices.Clone(mine.Barred), barred...)
	orders = append(orders, mine)
	gone := k.revoked(bulletins, orders)
	k.cond.when(gone, CodeRevoked, "this device was revoked: another is that of the unit")
	if gone {
		bulletins, orders = silenced(bulletins, orders)
	}
	var ideal *timetable.Table
	if k.compiled != nil && maps.Equal(held, k.compiled) && slices.Equal(barred, k.barred) && gone == k.gone {
		ideal = k.view.Load().ideal // only what is ready has changed
	}
	k.read, k.compiled, k.barred, k.gone = maps.Clone(held), held, barred, gone
	v := compile(bulletins, orders, k.ready, ideal)
	if len(k.urgent) > 0 {
		v.alarm = alarm(bulletins, orders, k.ready, k.urgent)
	}
	k.complain(v, bulletins)
	k.view.Store(v)
	k.changed()
}

// decode reads a snapshot that is held. One that says nothing to this unit, or
// cannot be read, is empty.
func (k *keeper) decode(e wire.Envelope) snapshot {
	s := snapshot{revision: e.Revision}
	switch e.Kind {
	case wire.KindBulletin:
		if b, err := e.Bulletin(); err == nil && k.scope(b) == nil {
			s.bulletin = &b
		}
	case wire.KindOrders:
		if o, err := e.Orders(); err == nil {
			s.orders = &o
		}
	}
	return s
}

// onlyListed drops what belongs to areas that the unit is not in any more.
func (k *keeper) onlyListed(bulletins []wire.Bulletin, orders []wire.Orders) ([]wire.Bulletin, []wire.Orders) {
	i := slices.IndexFunc(bulletins, func(b wire.Bulletin) bool { return b.Settings != nil })
	if i < 0 {
		return bulletins, orders
	}
	listed := bulletins[i].Settings.Addresses
	gone := func(a wire.Address) bool {
		if a == wire.UnitAddress(k.unit) || slices.ContainsFunc(listed, func(h wire.Held) bool { return h.Address == a }) {
			return false
		}
		if err := k.spool.Drop(a); err != nil {
			k.log.Error("an address that was left cannot be dropped", "address", a, "err", err)
		}
		return true
	}
	return slices.DeleteFunc(bulletins, func(b wire.Bulletin) bool { return gone(b.Address) }),
		slices.DeleteFunc(orders, func(o wire.Orders) bool { return gone(o.Address) })
}

// complain reports what the timetable left out, and why.
func (k *keeper) complain(v *view, bulletins []wire.Bulletin) {
	var list []wire.Refusal
	for _, p := range v.problems {
		code := wire.RefusedMalformed
		switch p.Code {
		case timetable.ProblemIssuer, timetable.ProblemLevel, timetable.ProblemLocked:
			code = wire.RefusedOutOfScope
		case timetable.ProblemRule, timetable.ProblemContent:
		default:
			continue
		}
		address, kind, revision := k.whence(v, bulletins, p)
		list = append(list, wire.Refusal{Address: address, Kind: kind, Revision: revision, Code: code,
			Why: fmt.Sprintf("%s version %d: %s", p.Programme, p.Version, p.Text)})
	}
	k.refused.setParts(list)
}

// whence finds the snapshot that a problem is in.
func (k *keeper) whence(v *view, bulletins []wire.Bulletin, p timetable.Problem) (wire.Address, wire.Kind, uint64) {
	for _, b := range bulletins {
		for _, g := range b.Programmes {
			if g.ID == p.Programme && g.Version == p.Version {
				return b.Address, wire.KindBulletin, b.Revision
			}
		}
	}
	for _, o := range v.orders {
		for _, i := range o.Interrupts {
			if i.ID == p.Programme {
				return o.Address, wire.KindOrders, o.Revision
			}
		}
	}
	return wire.UnitAddress(k.unit), wire.KindBulletin, 0
}
