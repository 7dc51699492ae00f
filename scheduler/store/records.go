package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// Note adds an event of the centre itself or about a unit (unit may be empty).
func (s *Store) Note(ctx context.Context, unit, code, text string) error {
	return s.write(ctx, func(t *tx) error { return t.note(t.now, unit, code, text) })
}

// AuditCommand notes that a unit was told to do something once.
func (s *Store) AuditCommand(ctx context.Context, unit, id, do string) error {
	return s.write(ctx, func(t *tx) error { return t.audit("command "+do, "unit", unit, id) })
}

func (t *tx) note(when time.Time, unit, code, text string) error {
	t.event("notable", unit, "", code, text)
	return t.exec("INSERT INTO notable (at, unit, code, text) VALUES (?, ?, ?, ?)", ms(when), unit, code, text)
}

// Notables lists the events that units and the centre reported, newest first.
func (s *Store) Notables(ctx context.Context, unit string, p Page) (out []scheduler.Notable, next string, err error) {
	before, err := beforeOf(p)
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			var n scheduler.Notable
			var when int64
			err := scan(&n.ID, &when, &n.Unit, &n.Code, &n.Text)
			n.At = at(when)
			out = append(out, n)
			return err
		}, "SELECT id, at, unit, code, text FROM notable WHERE id < ? AND (? = '' OR unit = ?) ORDER BY id DESC LIMIT ?", before, unit, unit, limitOf(p)+1)
	})
	out, next = cut(out, p, func(n scheduler.Notable) string { return strconv.FormatInt(n.ID, 10) })
	return out, next, err
}

// beforeOf reads a cursor that is a number, of a list that goes down.
func beforeOf(p Page) (int64, error) {
	if p.After == "" {
		return 1<<63 - 1, nil
	}
	n, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil {
		return 0, badCursor(p.After)
	}
	return n, nil
}

func badCursor(given string) error {
	return &scheduler.Error{Kind: scheduler.Invalid, Field: "cursor", Value: given,
		Message: scheduler.Words{ZH: "这不是这个列表的翻页标记", EN: "this is no cursor of this list"},
		Remedy:  scheduler.Words{ZH: "写上一页给的 next，或不写", EN: "give the next of the answer before, or none"}}
}

// cut ends a page that was read with one entry more than asked for.
func cut[T any](list []T, p Page, cursor func(T) string) ([]T, string) {
	if n := limitOf(p); len(list) > n {
		return list[:n], cursor(list[n-1])
	}
	return list, ""
}

// idempotencyLife is how long an answer is kept; abandoned is when a request
// whose end was never told is taken for dead.
const (
	idempotencyLife = 7 * 24 * time.Hour
	abandoned       = 10 * time.Minute
)

// Recall begins a request under an idempotency key. It returns the answer given
// before, or nil when the request is new, which is then under way until
// Remember or Forget. The same key with another fingerprint, or one still under
// way, is a conflict.
func (s *Store) Recall(ctx context.Context, key, fingerprint string) (answer *Remembered, err error) {
	err = s.write(ctx, func(t *tx) error {
		var print, header string
		var when int64
		var r Remembered
		found, err := t.one("SELECT at, fingerprint, status, header, body FROM idempotency WHERE key = ?", []any{key}, &when, &print, &r.Status, &header, &r.Body)
		if err != nil {
			return fmt.Errorf("recall request: %w", err)
		}
		age := t.now.Sub(at(when))
		if found && age < idempotencyLife && (r.Status != 0 || age < abandoned) {
			switch {
			case print != fingerprint:
				return conflict("Idempotency-Key", key,
					scheduler.Words{ZH: "这个键已用于另一个请求", EN: "this key was used for another request"},
					scheduler.Words{ZH: "每个请求换一个新键", EN: "use a new key for each request"})
			case r.Status == 0:
				return conflict("Idempotency-Key", key,
					scheduler.Words{ZH: "用这个键的第一个请求还没有完", EN: "the first request with this key is still under way"},
					scheduler.Words{ZH: "等它的回答，或稍等一会儿再问", EN: "wait for its answer, or ask again in a moment"})
			}
			answer = &r
			return decode(header, &r.Header)
		}
		return t.exec(`INSERT INTO idempotency (key, at, fingerprint, status, header, body) VALUES (?, ?, ?, 0, '', x'')
			ON CONFLICT (key) DO UPDATE SET at = excluded.at, fingerprint = excluded.fingerprint, status = 0, header = '', body = x''`, key, ms(t.now), fingerprint)
	})
	return answer, err
}

// Remember keeps the answer for 7 days.
func (s *Store) Remember(ctx context.Context, key string, r Remembered) error {
	return s.write(ctx, func(t *tx) error {
		if r.Body == nil {
			r.Body = []byte{}
		}
		return t.exec("UPDATE idempotency SET status = ?, header = ?, body = ? WHERE key = ?", r.Status, encode(r.Header), r.Body, key)
	})
}

// Forget gives the key back after a failure that changed nothing.
func (s *Store) Forget(ctx context.Context, key string) error {
	return s.write(ctx, func(t *tx) error { return t.exec("DELETE FROM idempotency WHERE key = ? AND status = 0", key) })
}
