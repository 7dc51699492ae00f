package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// book is a store in memory that fails on command.
type book struct {
	mu    sync.Mutex
	dirty chan struct{}
	stale []fleet.Target
	// content is a title that the target's snapshot carries.
	content map[fleet.Target]string
	rev     map[fleet.Target]uint64
	sealed  map[fleet.Target]fleet.Sealed

	calls    []string // presence and holdings, in order
	notes    []string
	links    []string
	reported map[string]bool // unit/spool/seq
	highest  map[string]uint64
	fail     error // of RecordAll
	tooBig   wire.Address
}

func newBook() *book {
	return &book{
		dirty: make(chan struct{}), content: map[fleet.Target]string{}, rev: map[fleet.Target]uint64{},
		sealed: map[fleet.Target]fleet.Sealed{}, reported: map[string]bool{}, highest: map[string]uint64{},
	}
}

// change gives a target another content, which makes it stale.
func (b *book) change(title string, ts ...fleet.Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range ts {
		b.content[t] = title
		if !slices.Contains(b.stale, t) {
			b.stale = append(b.stale, t)
		}
	}
	close(b.dirty)
	b.dirty = make(chan struct{})
}

func (b *book) Dirty() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dirty
}

func (b *book) Stale(context.Context) ([]fleet.Target, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stale), nil
}

func (b *book) Compose(_ context.Context, t fleet.Target) (fleet.Snapshot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rev[t]++
	s := fleet.Snapshot{Target: t, Revision: b.rev[t]}
	if t.Address == b.tooBig {
		return s, fmt.Errorf("compose: %w", wire.ErrTooBig)
	}
	if t.Kind == wire.KindOrders {
		s.Payload = &wire.Orders{Address: t.Address, Revision: s.Revision, Barred: []wire.Bar{{ID: b.content[t], At: 1}}}
	} else {
		s.Payload = &wire.Bulletin{Address: t.Address, Revision: s.Revision, Calendars: map[string][]wire.Date{b.content[t]: nil}}
	}
	return s, nil
}

func (b *book) SaveEnvelope(_ context.Context, e fleet.Sealed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed[e.Target] = e
	b.stale = slices.DeleteFunc(b.stale, func(t fleet.Target) bool { return t == e.Target })
	return nil
}

func (b *book) Envelopes(_ context.Context, unpublished bool) ([]fleet.Sealed, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []fleet.Sealed
	for _, e := range b.sealed {
		if !unpublished || !e.Published {
			list = append(list, e)
		}
	}
	return list, nil
}

func (b *book) MarkPublished(_ context.Context, t fleet.Target, revision uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.sealed[t]; e.Revision == revision {
		e.Published = true
		b.sealed[t] = e
	}
	return nil
}

func (b *book) call(format string, args ...any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, fmt.Sprintf(format, args...))
	return nil
}

func (b *book) Born(_ context.Context, m wire.Birth, _ time.Time) error {
	return b.call("%s born %d", m.Unit, m.Session)
}

func (b *book) Beat(_ context.Context, m wire.Heartbeat, _ time.Time) error {
	return b.call("%s beat %d", m.Unit, m.Session)
}

func (b *book) Gone(_ context.Context, m wire.Will, _ time.Time) error {
	return b.call("%s gone %d", m.Unit, m.Session)
}

func (b *book) OnAir(_ context.Context, unit string, session uint64, on []wire.OnAir, _ time.Time) error {
	return b.call("%s on air %d: %d", unit, session, len(on))
}

func (b *book) HaveAll(_ context.Context, hs []wire.Have, _ time.Time) error {
	for _, h := range hs {
		b.call("%s has %d of %d", h.Unit, h.Ready, h.Assets)
	}
	return nil
}

func (b *book) RecordAll(_ context.Context, rs []wire.Report, _ time.Time) ([]fleet.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return nil, b.fail
	}
	var answers []fleet.Recorded
	for _, r := range rs {
		if r.Unit == "stranger" {
			answers = append(answers, fleet.Recorded{Unit: r.Unit, Err: errors.New("no such unit")})
			continue
		}
		for _, e := range r.Entries {
			b.reported[fmt.Sprintf("%s/%s/%d", r.Unit, r.Spool, e.Seq)] = true
			b.highest[r.Unit+r.Spool] = max(b.highest[r.Unit+r.Spool], e.Seq)
		}
		answers = append(answers, fleet.Recorded{Unit: r.Unit, Stored: wire.Stored{Spool: r.Spool, Seq: b.highest[r.Unit+r.Spool]}})
	}
	return answers, nil
}

func (b *book) note(_ context.Context, unit, code, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes = append(b.notes, unit+" "+code+": "+text)
}

func (b *book) link(up bool, _ time.Time, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.links = append(b.links, fmt.Sprintf("%v %s", up, why))
}

// said are the calls so far.
func (b *book) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}
