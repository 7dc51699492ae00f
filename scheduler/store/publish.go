package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Target is one snapshot: an address and bulletin or orders.
type Target struct {
	Address wire.Address
	Kind    wire.Kind
}

// Snapshot is what Compose made.
type Snapshot struct {
	Target
	Revision uint64
	// Exactly one of them is set if Changed.
	Bulletin *wire.Bulletin
	Orders   *wire.Orders
	// Changed is false when the content is the one of the envelope saved last:
	// then there is nothing to sign and nothing to publish.
	Changed bool
}

// Stale lists the snapshots that have to be composed: orders first, then the
// bulletins of areas from the top, then those of units, so that a unit's list of
// addresses names what the others were just given. It is empty when all is
// composed and its envelopes are saved.
func (s *Store) Stale(ctx context.Context) (out []Target, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			var g Target
			err := scan(&g.Address, &g.Kind)
			out = append(out, g)
			return err
		}, "SELECT address, kind FROM snapshot WHERE stale > 0 ORDER BY kind DESC, address")
	})
	tree := s.core.tree.Load()
	place := func(g Target) int {
		kind, id := g.Address.Split()
		switch {
		case g.Kind == wire.KindOrders:
			return 0
		case kind == "area":
			return len(tree.Chain(id))
		}
		return 1 << 30
	}
	slices.SortStableFunc(out, func(a, b Target) int { return place(a) - place(b) })
	return out, err
}

// Dirty is closed at the next change that makes a snapshot stale. Ask for it
// before Stale, then nothing is missed.
func (s *Store) Dirty() <-chan struct{} { return s.dirty.wait() }

// snapshotRow is the state of one snapshot.
type snapshotRow struct {
	stale     int64
	force     bool
	given     uint64
	hash      []byte
	saved     uint64
	published uint64
}

func (t *tx) snapshot(g Target) (r snapshotRow, err error) {
	_, err = t.one("SELECT stale, force, given, hash, saved, published FROM snapshot WHERE address = ? AND kind = ?",
		[]any{string(g.Address), string(g.Kind)}, &r.stale, &r.force, &r.given, &r.hash, &r.saved, &r.published)
	return r, err
}

// Compose makes the snapshot anew. If its content differs from the one of the
// last revision it gets a new revision, max(last+1, unix milliseconds), which
// is committed before Compose returns; if not, the stale mark is taken away. A
// revision that was given and whose envelope was never saved is given up.
func (s *Store) Compose(ctx context.Context, g Target) (out Snapshot, err error) {
	err = s.write(ctx, func(t *tx) error {
		row, err := t.snapshot(g)
		if err != nil {
			return err
		}
		out = Snapshot{Target: g, Revision: row.saved}
		here, err := t.exists(g.Address)
		if err != nil {
			return err
		}
		if !here {
			return t.retire(g.Address)
		}
		body, hash, err := t.compose(g, &out)
		if err != nil {
			return fmt.Errorf("compose %s of %s: %w", g.Kind, g.Address, err)
		}
		if bytes.Equal(hash, row.hash) && row.saved == row.given && row.given > 0 && !row.force {
			out.Bulletin, out.Orders = nil, nil
			if err := t.exec("UPDATE snapshot SET stale = 0 WHERE address = ? AND kind = ?", string(g.Address), string(g.Kind)); err != nil {
				return err
			}
			return t.composed(g, row.saved)
		}
		out.Changed = true
		out.Revision = max(row.given+1, uint64(ms(t.now)))
		if out.Bulletin != nil {
			out.Bulletin.Revision = out.Revision
		} else {
			out.Orders.Revision = out.Revision
		}
		if err := t.exec("UPDATE snapshot SET given = ?, hash = ? WHERE address = ? AND kind = ?", out.Revision, hash, string(g.Address), string(g.Kind)); err != nil {
			return err
		}
		return t.nameMedia(g, out.Revision, body)
	})
	return out, err
}

// exists tells whether the area or unit of an address is (still) there. A unit that
// was removed is, while its area is: its settings say that it hears nothing any more.
func (t *tx) exists(a wire.Address) (bool, error) {
	kind, id := a.Split()
	if kind == "area" {
		_, ok := t.tree().Area(id)
		return ok, nil
	}
	var area string
	found, err := t.one("SELECT area FROM unit WHERE id = ?", []any{id}, &area)
	if found {
		_, found = t.tree().Area(area)
	}
	return found, err
}

// compose makes the content of a snapshot, without its revision, into out, and
// gives what it names and the hash by which a change is known.
func (t *tx) compose(g Target, out *Snapshot) (items []wire.Item, hash []byte, err error) {
	if g.Kind == wire.KindOrders {
		o, err := t.orders(g.Address, t.now)
		if err != nil {
			return nil, nil, err
		}
		for _, i := range o.Interrupts {
			items = append(items, i.Items...)
		}
		out.Orders = &o
		return items, contentHash(o), nil
	}
	b, err := t.bulletin(g.Address, t.now, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range b.Programmes {
		items = append(items, p.Items...)
	}
	out.Bulletin = &b
	return items, contentHash(stable(b)), nil
}

// stable is the bulletin without the revisions in a unit's list of addresses:
// they say what was current when the list was made, and a later one there is no
// reason to publish the list again.
func stable(b wire.Bulletin) wire.Bulletin {
	if b.Settings != nil {
		s := *b.Settings
		s.Addresses = make([]wire.Held, len(b.Settings.Addresses))
		for i, h := range b.Settings.Addresses {
			s.Addresses[i].Address = h.Address
		}
		b.Settings = &s
	}
	return b
}

func contentHash(v any) []byte {
	sum := sha256.Sum256([]byte(encode(v)))
	return sum[:]
}

// nameMedia lets units fetch the files that a revision names; those of the one
// before stay until its envelope is saved.
func (t *tx) nameMedia(g Target, revision uint64, items []wire.Item) error {
	for _, it := range items {
		if it.Sound == nil {
			continue
		}
		if err := t.exec(`INSERT INTO media (hash, address, kind, revision, type, size) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (hash, address, kind) DO UPDATE SET revision = excluded.revision`,
			it.Sound.Hash, string(g.Address), string(g.Kind), revision, it.Sound.Type, it.Sound.Size); err != nil {
			return err
		}
	}
	return nil
}

// Sealed is one signed envelope as bytes.
type Sealed struct {
	Target
	Revision uint64
	Bytes    []byte
	// Published is false while MarkPublished has not been called for this revision.
	Published bool
}

// SaveEnvelope keeps the sealed snapshot that Compose gave, and takes the stale
// mark away unless a newer change has set it again. An older revision than the
// one kept, or the same revision with other bytes, is a conflict.
func (s *Store) SaveEnvelope(ctx context.Context, e Sealed) error {
	return s.write(ctx, func(t *tx) error {
		address, kind := string(e.Address), string(e.Kind)
		row, err := t.snapshot(e.Target)
		if err != nil {
			return err
		}
		var kept []byte
		if _, err := t.one("SELECT body FROM envelope WHERE address = ? AND kind = ? AND revision = ?", []any{address, kind, e.Revision}, &kept); err != nil {
			return err
		}
		switch {
		case kept != nil && bytes.Equal(kept, e.Bytes):
			return nil
		case kept != nil, e.Revision <= row.saved, e.Revision != row.given:
			return conflict("revision", fmt.Sprint(e.Revision),
				scheduler.Words{ZH: fmt.Sprintf("%s 的 %s 是第 %d 版，给过的到 %d", address, kind, row.saved, row.given), EN: fmt.Sprintf("%s of %s is at revision %d, given up to %d", kind, address, row.saved, row.given)},
				scheduler.Words{ZH: "重新生成", EN: "compose it again"})
		}
		if err := t.exec(`INSERT INTO envelope (address, kind, revision, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (address, kind) DO UPDATE SET revision = excluded.revision, body = excluded.body`, address, kind, e.Revision, e.Bytes); err != nil {
			return fmt.Errorf("save envelope: %w", err)
		}
		t.after = append(t.after, func() { s.presence.keep(e.Target, e.Revision) })
		if err := t.settle(e.Target, row); err != nil {
			return err
		}
		return t.exec("DELETE FROM media WHERE address = ? AND kind = ? AND revision < ?", address, kind, e.Revision)
	})
}

// settle notes that the revision given is saved. The mark stays if the content
// has changed again since it was given; that is looked at, not counted, because
// any number of changes may have come and gone.
func (t *tx) settle(g Target, row snapshotRow) error {
	var probe Snapshot
	_, hash, err := t.compose(g, &probe)
	if err != nil {
		return err
	}
	if bytes.Equal(hash, row.hash) {
		if err := t.exec("UPDATE snapshot SET saved = given, stale = 0, force = 0 WHERE address = ? AND kind = ?", string(g.Address), string(g.Kind)); err != nil {
			return err
		}
		return t.composed(g, row.given)
	}
	t.stale = true
	return t.exec("UPDATE snapshot SET saved = given, stale = stale + 1 WHERE address = ? AND kind = ?", string(g.Address), string(g.Kind))
}

// composed notes that the revision saved shows every decision, and so holds
// every programme that stands at the address.
func (t *tx) composed(g Target, revision uint64) error {
	t.after = append(t.after, func() { t.s.presence.composing(false, g.Kind, g.Address) })
	if g.Kind != wire.KindBulletin {
		return nil
	}
	return t.exec("UPDATE programme_address SET revision = ? WHERE address = ? AND revision = 0", revision, string(g.Address))
}

// Envelopes are all envelopes kept, to fill an empty broker; with unpublished,
// only those not yet marked as published.
func (s *Store) Envelopes(ctx context.Context, unpublished bool) (out []Sealed, err error) {
	query := "SELECT e.address, e.kind, e.revision, e.body, s.published >= e.revision FROM envelope e JOIN snapshot s ON s.address = e.address AND s.kind = e.kind ORDER BY e.address, e.kind"
	if unpublished {
		query = `SELECT e.address, e.kind, e.revision, e.body, 0 FROM snapshot s JOIN envelope e ON s.address = e.address AND s.kind = e.kind
			WHERE s.published < s.saved ORDER BY s.kind DESC, s.address`
	}
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			var e Sealed
			err := scan(&e.Address, &e.Kind, &e.Revision, &e.Bytes, &e.Published)
			out = append(out, e)
			return err
		}, query)
	})
	return out, err
}

// MarkPublished notes that the broker has taken the envelope of this revision.
func (s *Store) MarkPublished(ctx context.Context, g Target, revision uint64) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec("UPDATE snapshot SET published = ? WHERE address = ? AND kind = ? AND published < ? AND saved >= ?", revision, string(g.Address), string(g.Kind), revision, revision)
	})
}

// StaleAll marks every snapshot, as after a new signing key. Content that did
// not change gets a new revision all the same.
func (s *Store) StaleAll(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		t.stale = true
		if err := t.exec("UPDATE snapshot SET stale = stale + 1, force = 1 WHERE given > 0 OR stale > 0"); err != nil {
			return err
		}
		for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
			all, err := t.addresses("SELECT address FROM snapshot WHERE stale > 0 AND kind = ?", string(kind))
			if err != nil {
				return err
			}
			t.after = append(t.after, func() { s.presence.composing(true, kind, all...) })
		}
		return nil
	})
}

// retire forgets the snapshots of an address that is no more. The revisions
// given stay: should the id come back, they go on from there.
func (t *tx) retire(a wire.Address) error {
	if err := t.exec("UPDATE snapshot SET stale = 0, force = 0, hash = x'', saved = 0, published = 0 WHERE address = ?", string(a)); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM envelope WHERE address = ?", string(a)); err != nil {
		return err
	}
	t.after = append(t.after, func() { t.s.presence.drop(a) })
	return t.exec("DELETE FROM media WHERE address = ?", string(a))
}

// fromWire turns what the wire package finds wrong into an error for people.
func fromWire(prefix string, err error) error {
	if f, ok := asFieldError(err); ok {
		return &scheduler.Error{Kind: scheduler.Invalid, Field: prefix + f.Field, Value: f.Value,
			Message: scheduler.Words{ZH: "这个下发不了", EN: "this cannot travel"},
			Remedy:  scheduler.Words{ZH: "协议要求：" + f.Remedy, EN: f.Remedy}, Err: err}
	}
	return err
}
