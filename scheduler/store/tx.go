package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// tx is one transaction: what all its steps share.
type tx struct {
	sql   *sql.Tx
	ctx   context.Context
	s     *Store
	now   time.Time
	actor scheduler.Actor // who asks
	areas *scheduler.Tree // as seen by this transaction

	events     []scheduler.Event
	stale      bool
	treeChange bool
	after      []func() // run when it is committed
}

// write runs f in a transaction that writes: all of it is committed, or nothing.
func (s *Store) write(ctx context.Context, f func(*tx) error) error {
	// What is remembered beside the database is brought up in the order in
	// which it was committed, and so goes the time.
	s.writing.Lock()
	defer s.writing.Unlock()
	t := &tx{ctx: ctx, s: s, now: time.Now(), actor: scheduler.ActorIn(ctx, s.actor)}
	if err := s.run(ctx, s.w, t, f); err != nil {
		return err
	}
	if t.treeChange {
		s.core.tree.Store(t.areas)
	}
	for _, f := range t.after {
		f()
	}
	s.events.add(t.events...)
	if t.stale {
		s.dirty.wake()
	}
	return nil
}

// read runs f on one unchanging state of the database.
func (s *Store) read(ctx context.Context, f func(*tx) error) error {
	return s.run(ctx, s.r, &tx{ctx: ctx, s: s, now: time.Now()}, f)
}

func (s *Store) run(ctx context.Context, db *sql.DB, t *tx, f func(*tx) error) (err error) {
	if t.sql, err = db.BeginTx(ctx, nil); err != nil {
		return explain(fmt.Errorf("begin transaction: %w", err))
	}
	done := false
	defer func() {
		if !done {
			_ = t.sql.Rollback() // f failed or panicked; its error says more
		}
	}()
	if err := f(t); err != nil {
		return explain(err)
	}
	if t.treeChange {
		if t.areas, err = t.loadTree(); err != nil {
			return explain(err)
		}
	}
	if err := t.sql.Commit(); err != nil {
		return explain(fmt.Errorf("commit: %w", err))
	}
	done = true
	return nil
}

// exec runs a statement that answers nothing.
func (t *tx) exec(query string, args ...any) error {
	_, err := t.sql.ExecContext(t.ctx, query, args...)
	return err
}

// count runs a statement and tells how many rows it changed.
func (t *tx) count(query string, args ...any) (int64, error) {
	res, err := t.sql.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one reads the one row that a query gives, and tells whether there is one.
func (t *tx) one(query string, args []any, dest ...any) (bool, error) {
	err := t.sql.QueryRowContext(t.ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each calls f for every row of a query.
func (t *tx) each(f func(scan func(dest ...any) error) error, query string, args ...any) error {
	rows, err := t.sql.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// strings reads a query of one column of text.
func (t *tx) strings(query string, args ...any) ([]string, error) {
	out := []string{}
	err := t.each(func(scan func(...any) error) error {
		var v string
		err := scan(&v)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
}

// ids gives the ids of a table, for the nearest one to a wrong one; on a
// database error it gives none, as the first error says more.
func (t *tx) ids(table string) func() []string {
	return func() []string {
		ids, _ := t.strings("SELECT DISTINCT id FROM " + table + " ORDER BY id")
		return ids
	}
}

// known tells the domain what exists in a table.
func (t *tx) known(table string) scheduler.Known {
	return scheduler.Known{Has: func(id string) bool {
		var n int
		ok, err := t.one("SELECT 1 FROM "+table+" WHERE id = ? LIMIT 1", []any{id}, &n)
		return ok && err == nil
	}, All: t.ids(table)}
}

// world tells the domain what exists.
func (t *tx) world() scheduler.World {
	return scheduler.World{Tree: t.tree(), Groups: t.known("groups"), Units: t.known("unit"),
		Calendars: t.known("calendar"), Playlists: t.known("playlist"), Assets: t.known("asset")}
}

// tree is the areas as this transaction sees them at its beginning.
func (t *tx) tree() *scheduler.Tree {
	if t.areas == nil {
		t.areas = t.s.core.tree.Load()
	}
	return t.areas
}

func (t *tx) event(kind, unit, ref, code, text string) {
	t.events = append(t.events, scheduler.Event{At: t.now, Kind: kind, Unit: unit, Ref: ref, Code: code, Text: text})
}

// mark notes that snapshots of a kind do not show everything any more.
func (t *tx) mark(kind wire.Kind, addresses ...wire.Address) error {
	if len(addresses) == 0 {
		return nil
	}
	t.stale = true
	st, err := t.sql.PrepareContext(t.ctx, `INSERT INTO snapshot (address, kind, stale, force, given, hash, saved, published)
		VALUES (?, ?, 1, 0, 0, x'', 0, 0) ON CONFLICT (address, kind) DO UPDATE SET stale = snapshot.stale + 1`)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, a := range addresses {
		if _, err := st.ExecContext(t.ctx, string(a), string(kind)); err != nil {
			return err
		}
	}
	t.after = append(t.after, func() { t.s.presence.composing(true, kind, addresses...) })
	return nil
}

// checkRev refuses a change that was made to an older state.
func checkRev(given, stored int64) error {
	if given == 0 || given == stored {
		return nil
	}
	return &scheduler.Error{Kind: scheduler.Stale, Field: "rev", Value: fmt.Sprint(given),
		Message: scheduler.Words{ZH: fmt.Sprintf("已被别人改过（现在是 %d）", stored), EN: fmt.Sprintf("someone else has changed it meanwhile (it is at %d)", stored)},
		Remedy:  scheduler.Words{ZH: "重新读取，再改一次", EN: "read it again, then repeat your change"}}
}

func conflict(field, value string, message, remedy scheduler.Words) error {
	return &scheduler.Error{Kind: scheduler.Conflict, Field: field, Value: value, Message: message, Remedy: remedy}
}

// ms is an instant as it is kept; the zero time is 0.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// encode is JSON for what cannot fail to be JSON.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return string(b)
}

func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("decode stored %T: %w", v, err)
	}
	return nil
}
