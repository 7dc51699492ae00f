// Package fleet is the centre's side of the wire. It publishes what the store
// says (composed, signed, retained, one publish for each address touched), and
// takes in what units say: presence, what they hold, and the proof, which is
// acknowledged only after it is committed.
//
// It speaks to any MQTT 3.1.1 broker through the one client path, the embedded
// broker included; only the way to dial differs. A broker that comes back empty
// is filled again.
package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Target is one snapshot: an address, and bulletin or orders.
type Target struct {
	Address wire.Address
	Kind    wire.Kind
}

// Snapshot is the content of a target under a revision.
type Snapshot struct {
	Target
	Revision uint64
	// Payload is a *wire.Bulletin or *wire.Orders; nil when the content is the
	// one that was sealed last, and there is nothing to do.
	Payload any
}

// Sealed is one signed envelope as bytes.
type Sealed struct {
	Target
	Revision  uint64
	Bytes     []byte
	Published bool
}

// Composer makes snapshots of what is decided.
type Composer interface {
	// Stale lists what must be composed anew.
	Stale(ctx context.Context) ([]Target, error)
	// Compose makes the snapshot and commits its revision.
	Compose(ctx context.Context, t Target) (Snapshot, error)
	// SaveEnvelope keeps the sealed snapshot; it is stale no more.
	SaveEnvelope(ctx context.Context, e Sealed) error
}

// Envelopes keeps what is sealed.
type Envelopes interface {
	// Envelopes lists all, or those not yet marked as published.
	Envelopes(ctx context.Context, unpublished bool) ([]Sealed, error)
	// MarkPublished notes that a broker has taken the revision.
	MarkPublished(ctx context.Context, t Target, revision uint64) error
}

// Presence takes what units say of their life. An error says that nothing was
// kept of the message.
type Presence interface {
	Born(ctx context.Context, b wire.Birth, now time.Time) error
	Beat(ctx context.Context, h wire.Heartbeat, now time.Time) error
	Gone(ctx context.Context, w wire.Will, now time.Time) error
}

// Holdings takes what units hold and do.
type Holdings interface {
	HaveAll(ctx context.Context, hs []wire.Have, now time.Time) error
	OnAir(ctx context.Context, unit string, session uint64, on []wire.OnAir, now time.Time) error
}

// Recorded is the answer to one report. Err is set when this report alone was
// refused.
type Recorded struct {
	Unit   string
	Stored wire.Stored
	Err    error
}

// Proof keeps reports: all of them in one transaction, or none.
type Proof interface {
	RecordAll(ctx context.Context, rs []wire.Report, now time.Time) ([]Recorded, error)
}

// Signer signs snapshots.
type Signer interface {
	// Seal signs a payload with the newest key.
	Seal(kind wire.Kind, address wire.Address, revision uint64, payload any) ([]byte, error)
	// Ring is the envelope of the key ring.
	Ring() []byte
}

// Options of a fleet. All but Dial, TLS, Dirty, Note, Link, Logger and Features must be given.
type Options struct {
	// URL of the broker, such as tcp://10.0.0.5:1883 or ssl://broker:8883.
	URL string
	// TLS trusts the broker, for ssl.
	TLS *tls.Config
	// Dial replaces the way to the broker, as to an embedded one.
	Dial func(ctx context.Context) (net.Conn, error)
	// User and Password of the centre; User is its client id too.
	User, Password string

	Composer  Composer
	Envelopes Envelopes
	Presence  Presence
	Holdings  Holdings
	Proof     Proof
	Signer    Signer

	// Dirty gives a channel that is closed at the next change that makes a
	// snapshot stale. Without it only Poke wakes the publisher.
	Dirty func() <-chan struct{}
	// Note adds an event for people; unit may be empty.
	Note func(ctx context.Context, unit, code, text string)
	// Link is told when the centre begins and ceases to hear its units.
	Link   func(up bool, now time.Time, why string)
	Logger *slog.Logger
	// Features are the wire.Feature… that this centre and its broker know; units
	// use no other.
	Features []string
}

func (o *Options) validate() error {
	switch {
	case o.User == "":
		return errors.New("no user name for the broker given")
	case o.Composer == nil || o.Envelopes == nil || o.Presence == nil || o.Holdings == nil || o.Proof == nil || o.Signer == nil:
		return errors.New("a part of the store is not given")
	}
	if o.Dial == nil {
		u, err := url.Parse(o.URL)
		if err != nil || u.Host == "" {
			return fmt.Errorf("broker URL %q: give it as tcp://host:1883 or ssl://host:8883", o.URL)
		}
		switch u.Scheme {
		case "tcp", "mqtt", "ssl", "tls", "mqtts":
		default:
			return fmt.Errorf("broker URL %q: the scheme is %q, use tcp or ssl", o.URL, u.Scheme)
		}
	}
	if o.Dirty == nil {
		o.Dirty = func() <-chan struct{} { return nil }
	}
	if o.Note == nil {
		o.Note = func(context.Context, string, string, string) {}
	}
	if o.Link == nil {
		o.Link = func(bool, time.Time, string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Fleet runs from Run until its context ends.
type Fleet struct {
	options Options
	log     *slog.Logger

	session  atomic.Pointer[session] // nil while there is no link
	send     chan struct{}           // wakes the sender: something is sealed
	poke     chan struct{}           // wakes the composer
	presence chan heard
	reports  chan wire.Report
	done     chan struct{} // closed when the workers end

	asking   asking
	commands commanding
	bad      badness
	counted  counters
	since    int64 // of the last session's state, only used by the session loop
}

// New makes a fleet; Run starts it.
func New(o Options) (*Fleet, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make fleet: %w", err)
	}
	return &Fleet{
		options:  o,
		log:      o.Logger.With("component", "fleet"),
		send:     make(chan struct{}, 1),
		poke:     make(chan struct{}, 1),
		presence: make(chan heard, 4096),
		reports:  make(chan wire.Report, 1024),
		done:     make(chan struct{}),
	}, nil
}

// Run publishes and listens until ctx ends; then it says farewell to the
// broker, works off what it has heard, and returns. It may be called once.
func (f *Fleet) Run(ctx context.Context) {
	// What was heard is stored even though ctx has ended.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { f.compose(ctx) })
	wg.Go(func() { f.keepPresence(work) })
	wg.Go(func() { f.keepReports(work) })
	f.connect(ctx)
	close(f.done)
	stop()
	wg.Wait()
}

// Poke makes the publisher look for stale snapshots now, and for another key ring.
func (f *Fleet) Poke() {
	wake(f.poke)
	wake(f.send)
}

// Up tells whether the link to the broker is up and proven.
func (f *Fleet) Up() bool { return f.session.Load() != nil }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

// Counters count since the start of the fleet.
type Counters struct {
	// Sealed snapshots; Published counts publishes of snapshots that the
	// broker took, of which Refilled were only to fill an empty one.
	Sealed, Published, Refilled int64
	// Links counts proven connections to the broker.
	Links int64
	// Messages heard, of which Bad were refused.
	Messages, Bad int64
	// Reports and Entries committed, in Commits transactions.
	Reports, Entries, Commits int64
}

type counters struct {
	sealed, published, refilled, links, messages, bad, reports, entries, commits atomic.Int64
}

// Counters are a snapshot of the counters.
func (f *Fleet) Counters() Counters {
	c := &f.counted
	return Counters{
		Sealed: c.sealed.Load(), Published: c.published.Load(), Refilled: c.refilled.Load(),
		Links: c.links.Load(), Messages: c.messages.Load(), Bad: c.bad.Load(),
		Reports: c.reports.Load(), Entries: c.entries.Load(), Commits: c.commits.Load(),
	}
}
