package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/scheduler"
)

// Groups lists every group by id.
func (s *Store) Groups(ctx context.Context) (out []scheduler.Group, err error) {
	err = s.read(ctx, func(t *tx) error {
		ids, err := t.strings("SELECT id FROM groups ORDER BY id")
		if err != nil {
			return err
		}
		for _, id := range ids {
			g, _, err := t.group(id)
			if err != nil {
				return err
			}
			out = append(out, g)
		}
		return nil
	})
	return out, err
}

// Group is one group.
func (s *Store) Group(ctx context.Context, id string) (g scheduler.Group, err error) {
	err = s.read(ctx, func(t *tx) error {
		var found bool
		if g, found, err = t.group(id); err == nil && !found {
			return scheduler.Missing("group", id, t.ids("groups"))
		}
		return err
	})
	return g, err
}

func (t *tx) group(id string) (scheduler.Group, bool, error) {
	g := scheduler.Group{ID: id}
	found, err := t.one("SELECT name, rev FROM groups WHERE id = ?", []any{id}, &g.Name, &g.Rev)
	if err != nil || !found {
		return g, false, err
	}
	err = t.each(func(scan func(...any) error) error {
		var kind, member string
		err := scan(&kind, &member)
		if kind == "area" {
			g.Areas = append(g.Areas, member)
		} else {
			g.Units = append(g.Units, member)
		}
		return err
	}, "SELECT kind, member FROM group_member WHERE grp = ? ORDER BY kind, pos", id)
	return g, true, err
}

// PutGroup makes or changes a group. The released programmes that target it are
// expanded anew, and only the addresses that come or go are made anew.
func (s *Store) PutGroup(ctx context.Context, g scheduler.Group) (out scheduler.Group, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := g.Validate(t.world()); err != nil {
			return err
		}
		old, found, err := t.group(g.ID)
		if err != nil {
			return err
		}
		if err := checkRev(g.Rev, old.Rev); err != nil {
			return err
		}
		out, change = g, Updated
		out.Areas, out.Units, out.Rev = once(g.Areas), once(g.Units), old.Rev
		switch {
		case !found:
			change = Created
		case encode(out) == encode(old):
			change = Unchanged
			return nil
		}
		out.Rev++
		if err := t.saveGroup(out); err != nil {
			return fmt.Errorf("put group: %w", err)
		}
		if err := t.expandAgain(releasedNaming, "group", g.ID); err != nil {
			return err
		}
		if err := t.guard(); err != nil {
			return err
		}
		return t.changed("put group", "group", g.ID, g.Name, before(found, old), out)
	})
	return out, change, err
}

// once is the list without repetitions.
func once(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (t *tx) saveGroup(g scheduler.Group) error {
	if err := t.exec("INSERT INTO groups (id, name, rev) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, rev = excluded.rev", g.ID, g.Name, g.Rev); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM group_member WHERE grp = ?", g.ID); err != nil {
		return err
	}
	st, err := t.sql.PrepareContext(t.ctx, "INSERT INTO group_member (grp, kind, member, pos) VALUES (?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer st.Close()
	for kind, members := range map[string][]string{"area": g.Areas, "unit": g.Units} {
		for i, m := range members {
			if _, err := st.ExecContext(t.ctx, g.ID, kind, m, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveGroup removes a group that no draft or released programme targets.
func (s *Store) RemoveGroup(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.unused("group", id, []use{{"programme", namedBy, []any{"group", id}}}); err != nil {
			return err
		}
		return t.remove("group", "groups", id)
	})
}

// remove deletes a row by its id and audits it.
func (t *tx) remove(what, table, id string) error {
	n, err := t.count("DELETE FROM "+table+" WHERE id = ?", id)
	if err != nil {
		return fmt.Errorf("remove %s: %w", what, err)
	}
	if n == 0 {
		return scheduler.Missing(what, id, t.ids(table))
	}
	return t.audit("remove "+what, what, id, "")
}
