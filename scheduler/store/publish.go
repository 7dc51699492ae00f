package store

import (
	"context"

	"github.com/villagecast/villagecast/device/wire"
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
// bulletins of areas from the top, then those of units. It is empty when all is
// composed and its envelopes are saved.
func (s *Store) Stale(ctx context.Context) ([]Target, error) { panic("unfinished") }

// Dirty is closed at the next change that makes a snapshot stale. Ask for it
// before Stale, then nothing is missed.
func (s *Store) Dirty() <-chan struct{} { panic("unfinished") }

// Compose makes the snapshot anew. If its content differs from the one of the
// last revision it gets a new revision, max(last+1, unix milliseconds), which
// is committed before Compose returns; if not, the stale mark is taken away. A
// revision that was given and whose envelope was never saved is given up.
func (s *Store) Compose(ctx context.Context, t Target) (Snapshot, error) { panic("unfinished") }

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
func (s *Store) SaveEnvelope(ctx context.Context, e Sealed) error { panic("unfinished") }

// Envelopes are all envelopes kept, to fill an empty broker; with unpublished,
// only those not yet marked as published.
func (s *Store) Envelopes(ctx context.Context, unpublished bool) ([]Sealed, error) {
	panic("unfinished")
}

// MarkPublished notes that the broker has taken the envelope of this revision.
func (s *Store) MarkPublished(ctx context.Context, t Target, revision uint64) error {
	panic("unfinished")
}

// StaleAll marks every snapshot, as after a new signing key. Content that did
// not change gets a new revision all the same.
func (s *Store) StaleAll(ctx context.Context) error { panic("unfinished") }
