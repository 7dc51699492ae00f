// Package app is the centre as a whole: it wires store, broker, fleet, watch
// and the HTTP server together, starts them in order, and takes them down in
// reverse. It is the only room that sees the others.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/media/speech"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/fleet"
	"github.com/villagecast/villagecast/scheduler/store"
	"github.com/villagecast/villagecast/scheduler/watch"
)

// App is one centre. It is made by New, runs between Start and Stop, and is
// started once.
type App struct {
	options Options
	log     *slog.Logger

	store     *store.Store
	files     *media.Store
	keys      *auth.Keys
	ca        *auth.CA          // nil without TLS
	cert      *auth.Certificate // nil without one of the county's own
	links     auth.Links
	passwords *auth.Passwords
	token     string
	hash      []byte
	broker    *broker.Broker // nil with an external one
	own       credential
	speaker   *speech.Command
	fleet     *fleet.Fleet
	watch     *watch.Watch
	bundles   bundles
	said      said

	urls, listeners map[scheduler.Door]string
	mqttURL         string
	timeBucket      bucket
	enrolBucket     bucket

	mu       sync.Mutex
	started  bool
	teardown []step
	stopped  sync.Once
	err      error
	failed   chan error
}

// step is one named teardown.
type step struct {
	name string
	do   func() error
}

// New makes a centre from its options; nothing is opened yet.
func New(o Options) (*App, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &App{options: o, urls: map[scheduler.Door]string{}, listeners: map[scheduler.Door]string{}, bundles: bundles{filepath.Join(o.Data, "bundles")}, speaker: o.speaker(), passwords: auth.NewPasswords(), log: o.Logger.With("component", "app"), failed: make(chan error, 1)}, nil
}

// later registers a teardown the moment its resource exists.
func (a *App) later(name string, do func() error) {
	a.teardown = append(a.teardown, step{name, do})
}

// Start opens and starts everything. If a part fails, those before it are taken
// down again and the error says which one it was. ctx bounds the start alone.
func (a *App) Start(ctx context.Context) error {
	a.mu.Lock()
	if a.started {
		a.mu.Unlock()
		return errors.New("start centre: it was started before")
	}
	a.started = true
	a.mu.Unlock()
	parts := []struct {
		name  string
		start func(context.Context) error
	}{
		{"data directory", a.openData},
		{"keys", a.openKeys},
		{"store", a.openStore},
		{"certificate", a.openCertificate},
		{"media files", a.openMedia},
		{"watch", a.startWatch},
		{"broker", a.startBroker},
		{"fleet", a.startFleet},
		{"housekeeping", a.startHousekeeping},
		{"web server", a.startHTTP},
		{"address file", a.writeAddress},
	}
	for _, p := range parts {
		err := p.start(ctx)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("start %s: %w", p.name, err), a.Stop())
		}
	}
	a.log.Info("ready", "http", a.URL(), "mqtt", a.mqttURL, "data", a.options.Data)
	return nil
}

// Stop takes everything down in reverse order and joins what went wrong. It may
// be called more than once, and on a centre that was never started.
func (a *App) Stop() error {
	a.stopped.Do(func() {
		for i := len(a.teardown) - 1; i >= 0; i-- {
			s := a.teardown[i]
			if err := s.do(); err != nil {
				a.err = errors.Join(a.err, fmt.Errorf("stop %s: %w", s.name, err))
			}
		}
	})
	return a.err
}

// Failed delivers the error of a part that ended by itself, such as the web
// server; the centre is to be stopped then.
func (a *App) Failed() <-chan error { return a.failed }

// background runs f until its teardown, which waits for it.
func (a *App) background(name string, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { f(ctx) })
	a.later(name, func() error {
		cancel()
		wg.Wait()
		return nil
	})
}

// openData makes the directory, for its owner alone, and locks it.
func (a *App) openData(context.Context) error {
	if err := os.MkdirAll(a.options.Data, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(a.options.Data, 0o700); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(a.options.Data, "lock"))
	if err != nil {
		return err
	}
	a.later("lock", unlock)
	return nil
}

func (a *App) openKeys(context.Context) (err error) {
	dir, now := a.options.Data, time.Now()
	if a.keys, err = auth.OpenKeys(dir, now); err != nil {
		return err
	}
	if a.token, _, err = auth.Token(filepath.Join(dir, "token")); err != nil {
		return err
	}
	a.hash = auth.Hash(a.token)
	if a.options.TLS {
		a.ca, err = auth.OpenCA(dir, a.options.Hosts, now)
	}
	return err
}

func (a *App) openStore(ctx context.Context) error {
	// The database is for its owner alone from its first byte on.
	path := filepath.Join(a.options.Data, databaseFile)
	_, cut := os.Stat(path + "-wal") // SQLite removes it when it is closed in order
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	a.store, err = store.Open(ctx, store.Options{Path: path, VFS: a.options.VFS, Logger: a.options.Logger})
	if err != nil {
		return err
	}
	a.later("store", a.store.Close)
	if err := a.checkAfterCut(ctx, cut == nil); err != nil {
		return err
	}
	ok, err := a.store.TokenOK(ctx, a.token)
	if err == nil && !ok {
		err = a.store.SetTokenHash(ctx, a.hash)
	}
	if err != nil {
		return err
	}
	return a.keepKey(ctx)
}

// keepKey notes the public part of the signing key. A key that the store has
// not seen means that the keys were changed: everything is sealed anew.
func (a *App) keepKey(ctx context.Context) error {
	id, public := a.keys.Newest()
	known, err := a.store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.ID == id {
			return nil
		}
	}
	now := time.Now()
	for _, k := range known {
		if k.Removed.IsZero() {
			k.Removed = now
			if err := a.store.AddSigningKey(ctx, k); err != nil {
				return err
			}
		}
	}
	if err := a.store.AddSigningKey(ctx, store.SigningKey{ID: id, Public: public, Created: now}); err != nil {
		return err
	}
	if len(known) > 0 {
		return a.store.StaleAll(ctx)
	}
	return nil
}

func (a *App) openMedia(context.Context) (err error) {
	a.files, err = media.OpenStore(filepath.Join(a.options.Data, "media"))
	if err == nil {
		a.later("media files", a.files.Close)
	}
	return err
}

func (a *App) startWatch(context.Context) (err error) {
	a.watch, err = watch.New(watch.Options{Judge: judge{a.store}, Alive: a.options.Alive, Logger: a.options.Logger})
	if err == nil {
		a.background("watch", a.watch.Run)
		a.background("releases", func(ctx context.Context) { watch.RunTimed(ctx, a.store, a.options.Logger) })
	}
	return err
}

// startHousekeeping forgets what is over, at the start and each hour.
func (a *App) startHousekeeping(context.Context) error {
	tidy := func(ctx context.Context, now time.Time) {
		if err := a.store.Tidy(ctx, now); err != nil && ctx.Err() == nil {
			a.log.Error("tidy the store", "error", err)
		}
		if _, err := a.files.SweepPartials(now.Add(-uploadLife)); err != nil {
			a.log.Error("remove old uploads", "error", err)
		}
	}
	a.background("housekeeping", func(ctx context.Context) {
		tick := time.NewTicker(time.Hour)
		defer tick.Stop()
		for now := time.Now(); ; {
			tidy(ctx, now)
			select {
			case <-ctx.Done():
				return
			case now = <-tick.C:
			}
		}
	})
	return nil
}

// uploadLife is how long an upload that nobody goes on with is kept.
const uploadLife = 7 * 24 * time.Hour

// Store is the centre's store. It and what follows may be used after Start.
func (a *App) Store() *store.Store { return a.store }

// Files are the media files.
func (a *App) Files() *media.Store { return a.files }

// Fleet asks units for item detail and counts what was published.
func (a *App) Fleet() *fleet.Fleet { return a.fleet }

// Keys are the signing keys.
func (a *App) Keys() *auth.Keys { return a.keys }

// Token is the administrator's token, which the command line reads from its file.
func (a *App) Token() string { return a.token }

// SpeechAvailable tells whether the program that speaks is installed.
func (a *App) SpeechAvailable() bool { return a.speaker.Available() }

// URL is the address of the centre's web server for its administration, UnitsURL
// for units, and PhonesURL for village admins and crews: one and the same, unless
// they have listeners of their own.
func (a *App) URL() string { return a.urls[scheduler.DoorAdmin] }

// UnitsURL is where units fetch and send.
func (a *App) UnitsURL() string { return a.urls[scheduler.DoorUnits] }

// PhonesURL is where cards and links lead.
func (a *App) PhonesURL() string { return a.urls[scheduler.DoorPhones] }

// MQTTURL is the address of the broker for units.
func (a *App) MQTTURL() string { return a.mqttURL }

// listen opens a TCP listener, under TLS if the centre has an authority.
func (a *App) listen(address string) (net.Listener, error) {
	l, err := a.options.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if a.ca != nil {
		c := a.ca.ClientTLS()
		c.NextProtos = []string{"http/1.1"}
		return tls.NewListener(l, c), nil
	}
	return l, nil
}
