package store

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// Events are the events after id, oldest first, at most limit. If id is older
// than the log reaches (it keeps 10,000) or unknown, reset is true and the
// events are none: the caller goes on from last.
func (s *Store) Events(ctx context.Context, after int64, limit int) (es []scheduler.Event, last int64, reset bool, err error) {
	panic("unfinished")
}

// LastEvent is the id of the newest event, 0 if there is none.
func (s *Store) LastEvent(ctx context.Context) (int64, error) { panic("unfinished") }

// Wake is closed at the next event. Ask for it before Events, then nothing is missed.
func (s *Store) Wake() <-chan struct{} { panic("unfinished") }

// Note adds an event of the centre itself or about a unit (unit may be empty).
func (s *Store) Note(ctx context.Context, unit, code, text string) error { panic("unfinished") }

// Notables lists the events that units and the centre reported, newest first.
func (s *Store) Notables(ctx context.Context, unit string, p Page) ([]scheduler.Notable, string, error) {
	panic("unfinished")
}

// AuditLine says who changed what.
type AuditLine struct {
	ID    int64
	At    time.Time
	Actor string
	// Act is a verb and a noun, such as "release programme"; Ref the id.
	Act  string
	Ref  string
	Text string
}

// Audit lists the audit, newest first.
func (s *Store) Audit(ctx context.Context, p Page) ([]AuditLine, string, error) {
	panic("unfinished")
}

// Remembered is the answer that was given under an idempotency key.
type Remembered struct {
	Status int
	Header map[string]string
	Body   []byte
}

// Recall begins a request under an idempotency key. It returns the answer given
// before, or nil when the request is new, which is then under way until
// Remember or Forget. The same key with another fingerprint, or one still under
// way, is a conflict.
func (s *Store) Recall(ctx context.Context, key, fingerprint string) (*Remembered, error) {
	panic("unfinished")
}

// Remember keeps the answer for 7 days.
func (s *Store) Remember(ctx context.Context, key string, r Remembered) error { panic("unfinished") }

// Forget gives the key back after a failure that changed nothing.
func (s *Store) Forget(ctx context.Context, key string) error { panic("unfinished") }

// Tidy forgets what is over: idempotency keys after 7 days, events beyond
// 10,000, and it marks the snapshots that still carry ended programmes,
// warnings, mutes and bars. Call it hourly.
func (s *Store) Tidy(ctx context.Context, now time.Time) error { panic("unfinished") }

// SetTokenHash keeps the SHA-256 of the API token of the one administrator;
// TokenOK tells whether a token is the one.
func (s *Store) SetTokenHash(ctx context.Context, hash []byte) error { panic("unfinished") }

// TokenOK tells whether the token is the administrator's.
func (s *Store) TokenOK(ctx context.Context, token string) (bool, error) { panic("unfinished") }

// SigningKey is the public part of a signing key that the centre has used.
type SigningKey struct {
	ID      string
	Public  []byte
	Created time.Time
	// Removed is zero while the key is in the ring.
	Removed time.Time
}

// AddSigningKey keeps the public part of a key; the private one is a file.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) error { panic("unfinished") }

// SigningKeys lists them, oldest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) { panic("unfinished") }
