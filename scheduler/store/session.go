package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// usedEvery is how exactly it is kept when a session or token was used last.
const usedEvery = time.Hour

const sessionColumns = "id, person, via, label, origin, created, used, ends, ended"

func scanSession(scan func(...any) error) (v scheduler.Session, err error) {
	var created, used, ends, ended int64
	err = scan(&v.ID, &v.Person, &v.Via, &v.Label, &v.From, &created, &used, &ends, &ended)
	v.Created, v.Used, v.Ends, v.Ended = at(created), at(used), at(ends), at(ended)
	return v, err
}

// Browser is what is known of where somebody signs in.
type Browser struct {
	// Device is the browser's own lasting mark, secret to it; empty if it has none.
	Device string
	Label  string
	From   string
}

func (b Browser) hash() []byte {
	if b.Device == "" {
		return []byte{}
	}
	return digest(b.Device)
}

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// begin makes a session, and its secret, which is kept nowhere.
func (t *tx) begin(p scheduler.Person, via string, b Browser) (secret string, v scheduler.Session, err error) {
	secret, hash := newSecret()
	now := at(ms(t.now))
	v = scheduler.Session{ID: newID("s"), Person: p.ID, Via: via, Label: b.Label, From: b.From, Created: now, Used: now, Ends: now.Add(scheduler.SessionLife(p.Grants))}
	if err := t.exec("INSERT INTO session (hash, device, "+sessionColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", hash, b.hash(),
		v.ID, v.Person, v.Via, v.Label, v.From, ms(v.Created), ms(v.Used), ms(v.Ends)); err != nil {
		return "", v, fmt.Errorf("sign in: %w", err)
	}
	t.actor = scheduler.Actor{ID: p.ID, Name: p.Name, Via: via, Session: v.ID, From: b.From}
	return secret, v, t.audit("sign in", "session", v.ID, b.Label)
}

// SignInAdmin makes a session of the administrator who needs no account, for the
// link that the centre printed.
func (s *Store) SignInAdmin(ctx context.Context, b Browser) (secret string, v scheduler.Session, err error) {
	err = s.write(ctx, func(t *tx) error {
		secret, v, err = t.begin(scheduler.Person{ID: scheduler.AdminID}, "link", b)
		return err
	})
	return secret, v, err
}

// SessionActor is who holds a session's secret; Unauthorized if nobody does any
// more.
func (s *Store) SessionActor(ctx context.Context, secret, from string) (a scheduler.Actor, err error) {
	return s.actorOf(ctx, "session", secret, func(t *tx) error {
		found := false
		err := t.each(func(scan func(...any) error) error {
			v, err := scanSession(scan)
			found = true
			a = scheduler.Actor{ID: v.Person, Session: v.ID, Via: scheduler.ViaSession, From: from}
			return err
		}, "SELECT "+sessionColumns+" FROM session WHERE hash = ? AND ended = 0 AND ends > ?", digest(secret), ms(t.now))
		if err == nil && !found {
			return notSignedIn()
		}
		return t.fill(&a, err)
	}, &a)
}

// TokenActor is who holds an API token, narrowed to what it is for.
func (s *Store) TokenActor(ctx context.Context, secret, from string) (a scheduler.Actor, err error) {
	return s.actorOf(ctx, "token", secret, func(t *tx) error {
		found := false
		err := t.each(func(scan func(...any) error) error {
			k, err := scanToken(scan)
			found = true
			a = scheduler.Actor{ID: k.Person, Session: k.ID, Via: scheduler.ViaToken, From: from, Limit: &scheduler.Limit{Acts: k.Acts, Area: k.Area}}
			return err
		}, "SELECT "+tokenColumns+" FROM token WHERE hash = ? AND ended = 0 AND ends > ?", digest(secret), ms(t.now))
		if err == nil && !found {
			return notSignedIn()
		}
		return t.fill(&a, err)
	}, &a)
}

// actorOf reads an actor, and notes now and then that the session or token is in use.
func (s *Store) actorOf(ctx context.Context, table, secret string, read func(*tx) error, a *scheduler.Actor) (scheduler.Actor, error) {
	stale := false
	err := s.read(ctx, func(t *tx) error {
		if err := read(t); err != nil {
			return err
		}
		var used int64
		_, err := t.one("SELECT used FROM "+table+" WHERE hash = ?", []any{digest(secret)}, &used)
		stale = t.now.Sub(at(used)) >= usedEvery
		return err
	})
	if err != nil {
		return scheduler.Actor{}, err
	}
	if stale {
		err = s.write(ctx, func(t *tx) error {
			return t.exec("UPDATE "+table+" SET used = ? WHERE hash = ?", ms(t.now), digest(secret))
		})
	}
	return *a, err
}

// fill adds the name and the roles of the person.
func (t *tx) fill(a *scheduler.Actor, err error) error {
	if err != nil {
		return err
	}
	if a.ID == scheduler.AdminID {
		a.Grants = scheduler.TheAdmin("").Grants
		return nil
	}
	p, found, err := t.person(a.ID)
	if err != nil {
		return err
	}
	if !found || p.State != scheduler.PersonActive {
		return notSignedIn()
	}
	a.Name = p.Name
	a.Grants, err = t.grantsOf(p)
	return err
}

func notSignedIn() error {
	return &scheduler.Error{Kind: scheduler.Unauthorized, Message: scheduler.Words{ZH: "你没有登录，或登录已经结束", EN: "you are not signed in, or it has ended"},
		Remedy: scheduler.Words{ZH: "在 /login 登录，或带上还有效的令牌", EN: "sign in at /login, or send a token that is still good"}}
}

// Sessions lists those that hold, of one person or of all ("").
func (s *Store) Sessions(ctx context.Context, person string) (out []scheduler.Session, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			v, err := scanSession(scan)
			out = append(out, v)
			return err
		}, "SELECT "+sessionColumns+" FROM session WHERE ended = 0 AND ends > ? AND (? = '' OR person = ?) ORDER BY person, used DESC, id", ms(t.now), person, person)
	})
	return out, err
}

// Session is one session, also one that has ended.
func (s *Store) Session(ctx context.Context, id string) (v scheduler.Session, err error) {
	err = s.read(ctx, func(t *tx) error {
		v, err = t.session(id)
		return err
	})
	return v, err
}

func (t *tx) session(id string) (v scheduler.Session, err error) {
	found := false
	err = t.each(func(scan func(...any) error) error {
		found = true
		v, err = scanSession(scan)
		return err
	}, "SELECT "+sessionColumns+" FROM session WHERE id = ?", id)
	if err == nil && !found {
		err = scheduler.Missing("session", id, nil)
	}
	return v, err
}

// EndSession signs a browser out. Ending one that has ended changes nothing.
func (s *Store) EndSession(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		v, err := t.session(id)
		if err != nil || !v.Ended.IsZero() {
			return err
		}
		if err := t.exec("UPDATE session SET ended = ? WHERE id = ?", ms(t.now), id); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return t.audit("end session", "session", id, v.Person)
	})
}

// A browser is known for a year after its last session ended; wrong passwords
// are forgotten after a day.
const (
	browserKnown   = 366 * 24 * time.Hour
	wrongForgotten = 24 * time.Hour
)

// forgetDoors removes what opens no door any more. The audit keeps what happened.
func (t *tx) forgetDoors(now time.Time) error {
	old := ms(now.Add(-browserKnown))
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM wrong_password WHERE last < ?", []any{ms(now.Add(-wrongForgotten))}},
		{"DELETE FROM session WHERE ends < ? OR ended > 0 AND ended < ?", []any{old, old}},
		{"DELETE FROM token WHERE ends < ?", []any{old}},
		{"DELETE FROM card WHERE ends < ?", []any{old}},
	} {
		if err := t.exec(step.query, step.args...); err != nil {
			return fmt.Errorf("forget old sessions: %w", err)
		}
	}
	return nil
}
