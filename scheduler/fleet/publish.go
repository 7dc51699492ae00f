package fleet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

// Times and sizes of publishing.
const (
	// coalesce is how long edits of bulletins gather before they go out.
	coalesce = time.Second
	// retryAfter is when something that failed is tried again.
	retryAfter = 30 * time.Second
	// window is how many publishes may be under way at once.
	window = 256
	// wakeEach is after how many snapshots of one pass the sender is woken.
	wakeEach = 64
)

// compose turns stale snapshots into sealed ones, whether there is a link or
// not: orders at once, bulletins a second after the first change.
func (f *Fleet) compose(ctx context.Context) {
	failed := map[Target]failure{}
	var due time.Time // of the bulletins; zero when none waits
	for ctx.Err() == nil {
		dirty := f.options.Dirty() // asked for before Stale, so that nothing is missed
		now := time.Now()
		targets, err := f.options.Composer.Stale(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Error("list stale snapshots", "error", err)
		}
		next := now.Add(retryAfter)
		sealed := 0
		waiting := false
		for _, t := range targets {
			if e, ok := failed[t]; ok && now.Before(e.again) {
				next = earlier(next, e.again)
				continue
			}
			if t.Kind != wire.KindOrders && (due.IsZero() || now.Before(due)) {
				if due.IsZero() {
					due = now.Add(coalesce)
				}
				waiting = true
				continue
			}
			if sealed += f.composeOne(ctx, t, failed); sealed%wakeEach == 1 {
				wake(f.send)
			}
		}
		if waiting {
			next = earlier(next, due)
		} else {
			due = time.Time{}
		}
		if sealed > 0 {
			wake(f.send)
		}
		f.sleep(ctx, dirty, next)
	}
}

// failure is a snapshot that could not be sealed.
type failure struct {
	again time.Time
	text  string
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (f *Fleet) sleep(ctx context.Context, dirty <-chan struct{}, until time.Time) {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-dirty:
	case <-f.poke:
	case <-t.C:
	}
}

// composeOne seals one snapshot and returns how many it sealed. One that fails,
// as it is too big, is noted for people, tried again later, and holds nothing up.
func (f *Fleet) composeOne(ctx context.Context, t Target, failed map[Target]failure) int {
	s, err := f.options.Composer.Compose(ctx, t)
	if err == nil && s.Payload == nil {
		delete(failed, t)
		return 0
	}
	var b []byte
	if err == nil {
		b, err = f.options.Signer.Seal(t.Kind, t.Address, s.Revision, s.Payload)
	}
	if err == nil {
		err = f.options.Composer.SaveEnvelope(ctx, Sealed{Target: t, Revision: s.Revision, Bytes: b})
	}
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		f.log.Error("seal snapshot", "address", t.Address, "kind", t.Kind, "error", err)
		if failed[t].text != err.Error() {
			f.options.Note(ctx, "", "not-published", fmt.Sprintf("%s of %s cannot be sent: %v", t.Kind, t.Address, err))
		}
		failed[t] = failure{again: time.Now().Add(retryAfter), text: err.Error()}
		return 0
	}
	delete(failed, t)
	f.counted.sealed.Add(1)
	return 1
}

// sendAll publishes what is sealed for as long as the session lasts: at first
// everything if the broker is empty, then whatever is new.
func (f *Fleet) sendAll(ctx context.Context, s *session, refill bool) error {
	var ring []byte // as this broker has it
	for {
		var err error
		if ring, err = f.sendRing(s, ring); err == nil {
			err = f.sendSealed(ctx, s, refill)
		}
		retry := retryAfter
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errPublish):
			return err
		case err != nil: // the store's: the link is good
			f.log.Error("publish", "error", err)
			retry = time.Second
		default:
			refill = false
		}
		t := time.NewTimer(retry)
		select {
		case <-f.send:
		case <-t.C:
		case <-s.lost:
			t.Stop()
			return s.why
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
		t.Stop()
	}
}

// errPublish means that the link is bad.
var errPublish = errors.New("publish")

func (f *Fleet) sendRing(s *session, sent []byte) ([]byte, error) {
	ring := f.options.Signer.Ring()
	if bytes.Equal(ring, sent) {
		return sent, nil
	}
	if err := await(s.client.Publish(wire.KeysTopic, 1, true, ring)); err != nil {
		return sent, fmt.Errorf("%w key ring: %w", errPublish, err)
	}
	return ring, nil
}

// sendSealed publishes all envelopes, or those not yet published, a window at a time.
func (f *Fleet) sendSealed(ctx context.Context, s *session, all bool) error {
	list, err := f.options.Envelopes.Envelopes(ctx, !all)
	if err != nil {
		return fmt.Errorf("read envelopes: %w", err)
	}
	slices.SortStableFunc(list, func(a, b Sealed) int { return cmp.Compare(rank(a), rank(b)) })
	for part := range slices.Chunk(list, window) {
		if err := f.sendPart(ctx, s, part); err != nil {
			return err
		}
	}
	return nil
}

// rank puts orders before bulletins, and those of areas before those of units.
func rank(e Sealed) int {
	r := 0
	if e.Kind != wire.KindOrders {
		r = 2
	}
	if kind, _ := e.Address.Split(); kind == "unit" {
		r++
	}
	return r
}

func (f *Fleet) sendPart(ctx context.Context, s *session, part []Sealed) error {
	tokens := make([]paho.Token, len(part))
	for i, e := range part {
		tokens[i] = s.client.Publish(wire.SnapshotTopic(e.Kind, e.Address), 1, true, e.Bytes)
	}
	for i, e := range part {
		if err := await(tokens[i]); err != nil {
			return fmt.Errorf("%w %s of %s: %w", errPublish, e.Kind, e.Address, err)
		}
		f.counted.published.Add(1)
		if e.Published {
			f.counted.refilled.Add(1)
			continue
		}
		if err := f.options.Envelopes.MarkPublished(ctx, e.Target, e.Revision); err != nil {
			return fmt.Errorf("mark %s of %s as published: %w", e.Kind, e.Address, err)
		}
	}
	return nil
}
