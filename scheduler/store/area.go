package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Areas lists every area, parents before children.
func (s *Store) Areas(ctx context.Context) ([]scheduler.Area, error) {
	tree := s.core.tree.Load()
	out := []scheduler.Area{}
	for _, id := range tree.Subtree(tree.Root()) {
		a, _ := tree.Area(id)
		out = append(out, a)
	}
	return out, ctx.Err()
}

// Area is one area.
func (s *Store) Area(ctx context.Context, id string) (scheduler.Area, error) {
	tree := s.core.tree.Load()
	a, ok := tree.Area(id)
	if !ok {
		return a, scheduler.Missing("area", id, tree.IDs)
	}
	return a, ctx.Err()
}

// Tree is all areas, indexed.
func (s *Store) Tree(ctx context.Context) (*scheduler.Tree, error) {
	return s.core.tree.Load(), ctx.Err()
}

func (t *tx) loadTree() (*scheduler.Tree, error) {
	var areas []scheduler.Area
	err := t.each(func(scan func(...any) error) error {
		var a scheduler.Area
		err := scan(&a.ID, &a.Parent, &a.Name, &a.Code, &a.Contact, &a.Rev)
		areas = append(areas, a)
		return err
	}, "SELECT id, coalesce(parent, ''), name, code, contact, rev FROM area")
	if err != nil {
		return nil, fmt.Errorf("load areas: %w", err)
	}
	return scheduler.NewTree(areas), nil
}

// PutArea makes or changes an area. The first one, without a parent, is the
// county. An area that gets another parent takes all below it along: their units
// get new settings.
func (s *Store) PutArea(ctx context.Context, a scheduler.Area) (out scheduler.Area, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		tree := t.tree()
		if err := a.Validate(tree); err != nil {
			return err
		}
		old, found := tree.Area(a.ID)
		if err := checkRev(a.Rev, old.Rev); err != nil {
			return err
		}
		out, change = a, Updated
		out.Rev = old.Rev
		switch {
		case !found:
			change = Created
		case out == old:
			change = Unchanged
			return nil
		}
		out.Rev++
		t.treeChange = true
		if err := t.exec(`INSERT INTO area (id, parent, name, code, contact, rev) VALUES (?, nullif(?, ''), ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, name = excluded.name, code = excluded.code, contact = excluded.contact, rev = excluded.rev`,
			a.ID, a.Parent, a.Name, a.Code, a.Contact, out.Rev); err != nil {
			return fmt.Errorf("put area: %w", err)
		}
		switch {
		case found && old.Parent != a.Parent:
			err = t.areaMoved(a.ID)
		case !found && a.Parent == "":
			err = t.mark(wire.KindBulletin, wire.AreaAddress(a.ID))
		}
		if err != nil {
			return err
		}
		return t.changed("put area", "area", a.ID, a.Name, before(found, old), out)
	})
	return out, change, err
}

// areaMoved gives the units below an area their new chain, and expands every
// released programme anew.
func (t *tx) areaMoved(id string) error {
	tree, err := t.loadTree()
	if err != nil {
		return err
	}
	t.areas = tree
	for _, a := range tree.Subtree(id) {
		units, err := t.strings("SELECT id FROM unit WHERE area = ? AND state <> ?", a, scheduler.UnitRemoved)
		if err != nil {
			return err
		}
		if err := t.mark(wire.KindBulletin, unitAddresses(units)...); err != nil {
			return err
		}
	}
	if err := t.expandAgain("SELECT id, version FROM programme WHERE state = ?", scheduler.ProgrammeReleased); err != nil {
		return err
	}
	return t.guard()
}

func unitAddresses(ids []string) []wire.Address {
	out := make([]wire.Address, len(ids))
	for i, id := range ids {
		out[i] = wire.UnitAddress(id)
	}
	return out
}

// RemoveArea removes an area. It is refused while areas, units, programmes,
// groups or warnings in force still name it, naming the first of them.
func (s *Store) RemoveArea(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		a, ok := t.tree().Area(id)
		if !ok {
			return scheduler.Missing("area", id, t.tree().IDs)
		}
		if err := t.unused("area", id, []use{
			{"area", "SELECT id FROM area WHERE parent = ? LIMIT 1", []any{id}},
			{"unit", "SELECT id FROM unit WHERE area = ? AND state <> 'removed' LIMIT 1", []any{id}},
			{"group", "SELECT grp FROM group_member WHERE kind = 'area' AND member = ? LIMIT 1", []any{id}},
			{"programme", namedBy, []any{"area", id}},
			{"programme", namedBy, []any{"except", id}},
			{"programme", "SELECT id FROM programme WHERE issuer = ? AND state IN " + standing + " LIMIT 1", []any{id}},
			{"playlist", "SELECT id FROM playlist WHERE area = ? LIMIT 1", []any{id}},
			{"person", "SELECT p.id FROM person p, json_each(p.grants) g WHERE p.state = 'active' AND g.value ->> 'area' = ? LIMIT 1", []any{id}},
			{"the token", "SELECT id FROM token WHERE area = ? AND ended = 0 LIMIT 1", []any{id}},
			{"warning", "SELECT id FROM warning WHERE area = ? AND ended = 0 AND until > ? LIMIT 1", []any{id, ms(t.now)}},
		}); err != nil {
			return err
		}
		t.treeChange = true
		if err := t.handOver(id, a.Parent); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM area WHERE id = ?", id); err != nil {
			return fmt.Errorf("remove area: %w", err)
		}
		if err := t.retire(wire.AreaAddress(id)); err != nil {
			return err
		}
		return t.changed("remove area", "area", id, a.Name, a, nil)
	})
}

// handOver gives the removed units of an area that goes to the one above it.
func (t *tx) handOver(area, parent string) error {
	units, err := t.strings("SELECT id FROM unit WHERE area = ?", area)
	if err != nil || len(units) == 0 {
		return err
	}
	if parent == "" {
		return conflict("id", area,
			scheduler.Words{ZH: fmt.Sprintf("已拆除的终端 %q 的历史属于它", units[0]), EN: fmt.Sprintf("the history of the removed unit %q belongs to it", units[0])},
			scheduler.Words{ZH: "留着这个县", EN: "keep the county"})
	}
	if err := t.exec("UPDATE unit SET area = ? WHERE area = ?", parent, area); err != nil {
		return err
	}
	for _, u := range units {
		if err := t.showUnit(u); err != nil {
			return err
		}
	}
	return nil
}

// standing are the states of versions that are on air or may get there.
const standing = "('draft', 'submitted', 'returned', 'releasing', 'released')"

// namedBy finds a programme, drafted or released, that names a thing of a kind.
const namedBy = `SELECT n.programme FROM programme_names n JOIN programme p ON p.id = n.programme AND p.version = n.version
	WHERE n.kind = ? AND n.name = ? AND p.state IN ` + standing + ` LIMIT 1`

// use is one way in which a thing may be in use.
type use struct {
	who, query string
	args       []any
}

// unused refuses a removal, naming the first user found.
func (t *tx) unused(what, id string, uses []use) error {
	for _, u := range uses {
		var user string
		found, err := t.one(u.query, u.args, &user)
		if err != nil {
			return err
		}
		if found {
			return conflict("id", id,
				scheduler.Words{ZH: fmt.Sprintf("这个%s正被%s %q 使用", scheduler.Noun(what).ZH, scheduler.Noun(u.who).ZH, user), EN: fmt.Sprintf("this %s is in use by the %s %q", what, u.who, user)},
				scheduler.Words{ZH: "先改掉或删掉那一个", EN: "change or remove that first"})
		}
	}
	return nil
}
