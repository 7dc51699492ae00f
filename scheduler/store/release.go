package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Reach is how far a version (0: the newest) would go out: the dry run's numbers.
func (s *Store) Reach(ctx context.Context, id string, version int) (r Reach, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err := t.version(id, version)
		if err != nil {
			return err
		}
		addresses, err := t.expand(p)
		r = t.reach(addresses, p.Targets.Except)
		return err
	})
	return r, err
}

// reacher tells which units some addresses reach.
type reacher struct {
	tree   *scheduler.Tree
	named  map[wire.Address]bool
	except map[string]bool
}

func newReacher(tree *scheduler.Tree, addresses []wire.Address, except []string) reacher {
	r := reacher{tree, map[wire.Address]bool{}, map[string]bool{}}
	for _, a := range addresses {
		r.named[a] = true
	}
	for _, id := range except {
		r.except[id] = true
	}
	return r
}

func (r reacher) hits(u scheduler.Unit) bool {
	chain := r.tree.Chain(u.Area)
	if r.except[u.ID] || slices.ContainsFunc(chain, func(id string) bool { return r.except[id] }) {
		return false
	}
	return r.named[wire.UnitAddress(u.ID)] || slices.ContainsFunc(chain, func(id string) bool { return r.named[wire.AreaAddress(id)] })
}

// reach counts the units of addresses.
func (t *tx) reach(addresses []wire.Address, except []string) Reach {
	r := Reach{Addresses: addresses, Offline: []string{}}
	to := newReacher(t.tree(), addresses, except)
	villages := map[string]bool{}
	for _, e := range t.s.presence.list() {
		u := e.unit
		if !u.Placed() || !to.hits(u) {
			continue
		}
		r.Units++
		if len(t.tree().Children(u.Area)) == 0 {
			villages[u.Area] = true // a town's own screen makes the town no village
		}
		if !e.p.Online && u.State == scheduler.UnitInstalled {
			r.Offline = append(r.Offline, u.ID)
		}
	}
	r.Villages = len(villages)
	return r
}

// expand is the addresses of a programme.
func (t *tx) expand(p scheduler.Programme) ([]wire.Address, error) {
	groups := map[string]scheduler.Group{}
	for _, id := range p.Targets.Groups {
		g, _, err := t.group(id)
		if err != nil {
			return nil, err
		}
		groups[id] = g
	}
	if p.Targets.Heard != "" {
		heard, err := t.heardOf(p.Targets)
		if err != nil {
			return nil, err
		}
		p.Targets.Units = append(slices.Clone(p.Targets.Units), heard...)
	}
	st, err := t.sql.PrepareContext(t.ctx, "SELECT area FROM unit WHERE id = ? AND state NOT IN ('removed', 'unplaced')")
	if err != nil {
		return nil, err
	}
	defer st.Close()
	out := scheduler.Expand(p.Targets, p.Issuer, t.tree(), groups, func(unit string) (area string, ok bool) {
		ok = st.QueryRowContext(t.ctx, unit).Scan(&area) == nil
		return area, ok
	})
	return out, t.ctx.Err()
}

// addresses reads a query of one column of addresses.
func (t *tx) addresses(query string, args ...any) ([]wire.Address, error) {
	list, err := t.strings(query, args...)
	out := make([]wire.Address, len(list))
	for i, a := range list {
		out[i] = wire.Address(a)
	}
	return out, err
}

// Release puts the draft of a programme (version 0: the newest) on the air at
// once, if it needs nobody's approval: it is checked, takes a copy of its
// playlist's items, and takes the place of the version released before. Releasing
// what is released changes nothing.
func (s *Store) Release(ctx context.Context, id string, version int) (p scheduler.Programme, r Reach, err error) {
	p, r, _, err = s.ReleaseSoon(ctx, id, version, 0)
	return p, r, err
}

const addressesOf = "SELECT address FROM programme_address WHERE programme = ? AND version = ? ORDER BY address"

// prepare checks a version and gives it all that it needs to go out.
func (t *tx) prepare(p scheduler.Programme) (r ready, err error) {
	zone, err := t.zone()
	if err != nil {
		return r, err
	}
	if err := p.Validate(t.world()); err != nil {
		return r, err
	}
	list, _, err := t.playlist(p.Playlist)
	if err != nil {
		return r, err
	}
	var failed error
	items, err := list.Wire(t.assetOf(&failed))
	if failed != nil {
		return r, failed
	}
	if err != nil {
		return r, err
	}
	addresses, err := t.expand(p)
	if err != nil {
		return r, err
	}
	r = ready{addresses: addresses, hash: p.ContentHash(items, addresses)}
	p = p.Bounded(t.now, zone)
	if err := p.CheckRelease(items, addresses, zone, t.now); err != nil {
		return r, err
	}
	p.Items, p.State, p.ReleasedAt, p.ReleasedBy = items, scheduler.ProgrammeReleased, t.now, t.actor.ID
	if err := p.Wire().Validate(); err != nil {
		return r, fromWire("", err)
	}
	for _, it := range list.Items {
		r.assets = append(r.assets, it.Audio, it.Text)
	}
	r.assets = slices.DeleteFunc(r.assets, func(id string) bool { return id == "" })
	r.programme = p
	return r, nil
}

// putOut puts a version on the air in place of the one before it.
func (t *tx) putOut(out ready) (scheduler.Programme, Reach, error) {
	p, addresses := out.programme, out.addresses
	zone, err := t.zone()
	if err != nil {
		return p, Reach{}, err
	}
	touched, err := t.end(p.ID, scheduler.ProgrammeSuperseded)
	if err != nil {
		return p, Reach{}, err
	}
	p.Rev++
	if err := t.exec("UPDATE programme SET state = ?, released = ?, released_at = ?, ends = ?, rev = ? WHERE id = ? AND version = ?",
		p.State, encode(p), ms(t.now), ms(p.Ends(zone)), p.Rev, p.ID, p.Version); err != nil {
		return p, Reach{}, fmt.Errorf("release programme: %w", err)
	}
	if err := t.name(p, map[string][]string{"asset": out.assets}); err != nil {
		return p, Reach{}, err
	}
	if err := t.setAddresses(p.ID, p.Version, nil, addresses); err != nil {
		return p, Reach{}, err
	}
	touched = slices.Compact(slices.Sorted(slices.Values(slices.Concat(touched, addresses))))
	if err := t.mark(wire.KindBulletin, touched...); err != nil {
		return p, Reach{}, err
	}
	if err := t.checkSize(touched); err != nil {
		return p, Reach{}, err
	}
	r := t.reach(addresses, p.Targets.Except)
	r.Addresses = touched
	act := "release programme"
	if t.actor.ID == scheduler.CentreID && p.ReleasedBy != scheduler.CentreID {
		act = "release takes effect" // somebody released it before
	}
	return p, r, t.changed(act, "programme", p.ID, fmt.Sprintf("%s, version %d, %d units, released by %s", p.Title, p.Version, r.Units, p.ReleasedBy), nil, p)
}

// end ends the released version of a programme, and gives its addresses.
func (t *tx) end(id string, state scheduler.ProgrammeState) ([]wire.Address, error) {
	touched, err := t.addresses(`SELECT a.address FROM programme_address a JOIN programme p ON p.id = a.programme AND p.version = a.version
		WHERE p.id = ? AND p.state = 'released'`, id)
	if err != nil {
		return nil, err
	}
	return touched, t.exec("UPDATE programme SET state = ?, ended_at = ?, rev = rev + 1 WHERE id = ? AND state = 'released'", state, ms(t.now), id)
}

// setAddresses writes what is new of the addresses of a version, deletes what is gone.
func (t *tx) setAddresses(id string, version int, old, now []wire.Address) error {
	for _, a := range old {
		if _, still := slices.BinarySearch(now, a); !still {
			if err := t.exec("DELETE FROM programme_address WHERE address = ? AND programme = ? AND version = ?", a, id, version); err != nil {
				return err
			}
		}
	}
	st, err := t.sql.PrepareContext(t.ctx, "INSERT INTO programme_address (address, programme, version) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer st.Close()
	for _, a := range now {
		if _, was := slices.BinarySearch(old, a); !was {
			if _, err := st.ExecContext(t.ctx, string(a), id, version); err != nil {
				return err
			}
		}
	}
	return nil
}

// expandAgain expands the released versions that a query gives by id and
// version, and marks only the addresses that come or go.
func (t *tx) expandAgain(query string, args ...any) error {
	type key struct {
		id      string
		version int
	}
	var keys []key
	err := t.each(func(scan func(...any) error) error {
		var k key
		err := scan(&k.id, &k.version)
		keys = append(keys, k)
		return err
	}, query, args...)
	if err != nil {
		return err
	}
	for _, k := range keys {
		p, _, err := t.version(k.id, k.version)
		if err != nil {
			return err
		}
		old, err := t.addresses(addressesOf, k.id, k.version)
		if err != nil {
			return err
		}
		now, err := t.expand(p)
		if err == nil {
			now, err = t.approvedOnly(p, now)
		}
		if err != nil {
			return err
		}
		if err := t.setAddresses(k.id, k.version, old, now); err != nil {
			return err
		}
		var touched []wire.Address
		for _, a := range slices.Concat(old, now) {
			_, was := slices.BinarySearch(old, a)
			_, is := slices.BinarySearch(now, a)
			if was != is {
				touched = append(touched, a)
			}
		}
		if err := t.mark(wire.KindBulletin, touched...); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw takes the released version out of the bulletins, and undoes the release
// of one that has not taken effect. Withdrawing what is withdrawn changes nothing;
// a newer draft stays.
func (s *Store) Withdraw(ctx context.Context, id string) (p scheduler.Programme, err error) {
	err = s.write(ctx, func(t *tx) error {
		undone, err := t.undoIf("s.programme = ?", id)
		if err != nil {
			return err
		}
		var version int
		found, err := t.one("SELECT version FROM programme WHERE id = ? AND released_at > 0 ORDER BY version DESC LIMIT 1", []any{id}, &version)
		if err != nil {
			return err
		}
		if !found {
			if p, _, err = t.version(id, 0); err != nil || undone > 0 {
				return err
			}
			return conflict("id", id,
				scheduler.Words{ZH: "它从来没有签发过", EN: "it was never released"},
				scheduler.Words{ZH: "没有可撤播的；请删除草稿", EN: "there is nothing to withdraw; remove the draft instead"})
		}
		if p, _, err = t.version(id, version); err != nil || p.State != scheduler.ProgrammeReleased {
			return err
		}
		touched, err := t.end(id, scheduler.ProgrammeWithdrawn)
		if err != nil {
			return fmt.Errorf("withdraw programme: %w", err)
		}
		if err := t.mark(wire.KindBulletin, touched...); err != nil {
			return err
		}
		before := p
		if p, _, err = t.version(id, version); err != nil {
			return err
		}
		if err := t.withdrawn(p, touched); err != nil {
			return err
		}
		return t.changed("withdraw programme", "programme", id, fmt.Sprintf("%s, version %d", p.Title, p.Version), before, p)
	})
	return p, err
}

// Tidy forgets what is over: idempotency keys after 7 days and the newest state
// beyond what is kept; and it marks the snapshots that still carry ended
// programmes, warnings, mutes and bars. Call it hourly.
func (s *Store) Tidy(ctx context.Context, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.exec("DELETE FROM idempotency WHERE at < ?", ms(now.Add(-idempotencyLife))); err != nil {
			return err
		}
		if err := t.forgetDoors(now); err != nil {
			return err
		}
		for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
			addresses, err := t.overdue(kind, now)
			if err != nil {
				return err
			}
			if err := t.mark(kind, addresses...); err != nil {
				return err
			}
		}
		return nil
	})
}

// overdue are the addresses whose snapshot was last made before something in it
// came to its end.
func (t *tx) overdue(kind wire.Kind, now time.Time) ([]wire.Address, error) {
	day := ms(now.Add(-24 * time.Hour))
	if kind == wire.KindBulletin {
		return t.addresses(`SELECT DISTINCT a.address FROM programme p JOIN programme_address a ON a.programme = p.id AND a.version = p.version
			JOIN snapshot s ON s.address = a.address AND s.kind = 'bulletin'
			WHERE p.state = 'released' AND p.ends > 0 AND p.ends < ? AND s.given < p.ends + 86400000`, day)
	}
	return t.addresses(`SELECT DISTINCT 'area/' || w.area FROM warning w JOIN snapshot s ON s.address = 'area/' || w.area AND s.kind = 'orders'
			WHERE w.ended = 0 AND w.until < ? AND s.given < w.until
		UNION SELECT m.address FROM mute m JOIN snapshot s ON s.address = m.address AND s.kind = 'orders'
			WHERE m.ended = 0 AND m.until < ? AND s.given < m.until
		UNION SELECT x.address FROM exception x JOIN snapshot s ON s.address = x.address AND s.kind = 'orders'
			WHERE x.ended = 0 AND x.until < ? AND s.given < x.until
		UNION SELECT b.address FROM bar b JOIN snapshot s ON s.address = b.address AND s.kind = 'orders'
			WHERE b.until > 0 AND b.until + 7776000000 < ? AND s.given < b.until + 7776000000`, ms(now), ms(now), ms(now), ms(now))
}
