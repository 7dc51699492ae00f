// Package store keeps the county: every use case of the centre is a public
// method here. A method begins a transaction, loads, asks the domain for its
// pure decision, writes, marks the snapshots that have to be made anew, writes
// the audit line and commits: all of it, or nothing.
//
// It stands on SQLite (WAL, synchronous FULL) in plain SQL. One connection
// writes, several read. Times are kept as unix milliseconds. Every error that a
// person can do something about is a *scheduler.Error.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/villagecast/villagecast/scheduler"
)

// Options of a store.
type Options struct {
	// Path of the database file. Its directory must exist.
	Path string
	// VFS names the file layer of SQLite, see the vfs package of the driver;
	// empty is the operating system's.
	VFS string
	// ReadOnly opens a database to look at it, while another program may use it.
	// It is not brought up to date.
	ReadOnly bool
	// Readers is the number of reading connections; 0 means 4.
	Readers int
	// Logger; nil discards.
	Logger *slog.Logger
}

// Store is an open database. Its methods may be called from several goroutines.
type Store struct {
	*core
	actor scheduler.Actor
}

// core is what all views of one database share.
type core struct {
	log   *slog.Logger
	w, r  *sql.DB
	close func() error
	// writing is held from the beginning of a change until what is remembered
	// beside the database shows it.
	writing sync.Mutex

	tree     atomic.Pointer[scheduler.Tree] // as committed
	dirty    signal                         // a snapshot became stale
	timed    signal                         // something began or ended to wait for an instant
	events   eventLog
	presence presences
	contents contents
}

// Open opens the database, makes it if it is not there, and brings an older one
// up to date. A database of a newer version is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &core{log: o.Logger.With("component", "store")}
	var err error
	begin, more := "immediate", ""
	if o.ReadOnly {
		begin, more = "deferred", "&_pragma=query_only(1)&mode=ro"
	}
	if c.w, err = connect(o, 1, begin, more); err != nil {
		return nil, err
	}
	if !o.ReadOnly {
		err = migrate(ctx, c.w, latest)
	}
	if err == nil {
		c.r, err = connect(o, o.Readers, "deferred", "&_pragma=query_only(1)")
	}
	if err != nil {
		return nil, errors.Join(explain(fmt.Errorf("open store: %w", err)), c.w.Close())
	}
	c.close = sync.OnceValue(func() error { return errors.Join(c.r.Close(), c.w.Close()) })
	s := &Store{core: c, actor: scheduler.TheCentre()}
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), c.close())
	}
	return s, nil
}

func connect(o Options, conns int, txlock, more string) (*sql.DB, error) {
	path := (&url.URL{Path: o.Path}).EscapedPath()
	dsn := "file:" + path + "?_txlock=" + txlock + "&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" + more
	if !o.ReadOnly {
		dsn += "&_pragma=journal_mode(wal)&_pragma=synchronous(full)"
	}
	if o.VFS != "" {
		dsn += "&vfs=" + url.QueryEscape(o.VFS)
	}
	db, err := driver.Open(dsn)
	if err != nil {
		return nil, explain(fmt.Errorf("open database %s: %w", o.Path, err))
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// load takes into memory what is kept there.
func (s *Store) load(ctx context.Context) error {
	s.events.init()
	return s.read(ctx, func(t *tx) error {
		tree, err := t.loadTree()
		if err != nil {
			return err
		}
		s.core.tree.Store(tree)
		return s.presence.load(t)
	})
}

// Close ends the store. Calling it again does nothing. What units said last is
// kept by the last Sweep.
func (s *Store) Close() error { return s.close() }

// As is the same store, with changes noted in the audit as made by actor, unless
// a context names another (scheduler.WithActor). A store that was just opened
// acts as the centre.
func (s *Store) As(actor scheduler.Actor) *Store { return &Store{core: s.core, actor: actor} }

func limitOf(p Page) int {
	if p.Limit <= 0 {
		return 100
	}
	return min(p.Limit, 1000)
}

// signal wakes everybody who waits.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (g *signal) wait() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch == nil {
		g.ch = make(chan struct{})
	}
	return g.ch
}

func (g *signal) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch != nil {
		close(g.ch)
		g.ch = nil
	}
}
