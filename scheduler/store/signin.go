package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// strangers is how many counters there are for accounts that do not exist: as
// many answers as there are, and no more rows than this.
const strangers = 1024

// SignInStart tells the stored hash that a password must match, "" where nobody
// can match it. It refuses while the account is held back on this device, and
// counts the try as a wrong one until SignInEnd knows better: the hash is checked
// outside, as that takes long, and many that try at once are not to pass together.
func (s *Store) SignInStart(ctx context.Context, account string, b Browser) (hash string, err error) {
	var refused error
	err = s.write(ctx, func(t *tx) error {
		bucket, err := t.bucket(account, b)
		if err != nil {
			return err
		}
		var wrong int
		var last int64
		if _, err := t.one("SELECT count, last FROM wrong_password WHERE bucket = ?", []any{bucket}, &wrong, &last); err != nil {
			return err
		}
		wait := scheduler.SignInWait(wrong)
		if until := at(last).Add(wait); wait > 0 && until.After(t.now) {
			refused = &scheduler.Error{Kind: scheduler.Forbidden, Field: "account",
				Message: scheduler.Words{ZH: fmt.Sprintf("连续 %d 次密码不对", wrong), EN: fmt.Sprintf("%d wrong passwords in a row", wrong)},
				Remedy:  scheduler.Words{ZH: fmt.Sprintf("等 %v，或要一张登录卡", until.Sub(t.now).Round(time.Second)+time.Second), EN: fmt.Sprintf("wait %v, or ask for a sign-in card", until.Sub(t.now).Round(time.Second)+time.Second)}}
			return nil
		}
		if err := t.exec(`INSERT INTO wrong_password (bucket, count, last) VALUES (?, 1, ?)
			ON CONFLICT (bucket) DO UPDATE SET count = count + 1, last = excluded.last`, bucket, ms(t.now)); err != nil {
			return fmt.Errorf("count wrong password: %w", err)
		}
		_, err = t.one("SELECT password FROM person WHERE id = ? AND state = 'active'", []any{account}, &hash)
		return err
	})
	if err == nil {
		err = refused
	}
	return hash, err
}

// bucket is where wrong passwords are counted. A browser in which the person was
// signed in before has its own, so that nobody can lock them out from elsewhere;
// all others share one for the account. An address is none: a carrier puts a
// county behind one.
func (t *tx) bucket(account string, b Browser) (string, error) {
	if !wire.ValidID(account) {
		return "stranger 0", nil
	}
	var n int
	known, err := t.one("SELECT 1 FROM session WHERE person = ? AND device = ? AND device <> x'' LIMIT 1", []any{account, b.hash()}, &n)
	if err != nil || known {
		return account + " " + hex.EncodeToString(b.hash()), err
	}
	exists, err := t.one("SELECT 1 FROM person WHERE id = ?", []any{account}, &n)
	if !exists {
		h := digest(account)
		return fmt.Sprintf("stranger %d", (int(h[0])<<8|int(h[1]))%strangers), err
	}
	return account + " elsewhere", err
}

// SignInEnd makes the session, if the password was right, and forgets the wrong
// ones before it.
func (s *Store) SignInEnd(ctx context.Context, account string, b Browser, right bool) (secret string, v scheduler.Session, err error) {
	wrong := false
	err = s.write(ctx, func(t *tx) error {
		bucket, err := t.bucket(account, b)
		if err != nil {
			return err
		}
		if right {
			p, err := t.active(account)
			if err == nil {
				err = t.exec("DELETE FROM wrong_password WHERE bucket = ?", bucket)
			}
			if err == nil {
				secret, v, err = t.begin(p, "password", b)
			}
			return err
		}
		wrong = true
		var n int
		if _, err := t.one("SELECT count FROM wrong_password WHERE bucket = ?", []any{bucket}, &n); err != nil {
			return err
		}
		if wait := scheduler.SignInWait(n); wait > 0 && !strings.HasPrefix(bucket, "stranger ") {
			t.actor = scheduler.Actor{Via: "password", From: b.From}
			return t.audit("hold back", "person", account, fmt.Sprintf("%d wrong passwords, waits %v", n, wait))
		}
		return nil
	})
	if err == nil && wrong {
		err = &scheduler.Error{Kind: scheduler.Unauthorized, Field: "password", Message: scheduler.Words{ZH: "账号或密码不对", EN: "account or password is wrong"},
			Remedy: scheduler.Words{ZH: "再试一次，或要一张登录卡", EN: "try again, or ask for a sign-in card"}}
	}
	return secret, v, err
}

const cardColumns = "id, person, given_by, created, ends, used"

func scanCard(scan func(...any) error) (c scheduler.Card, err error) {
	var created, ends, used int64
	err = scan(&c.ID, &c.Person, &c.By, &created, &ends, &used)
	c.Created, c.Ends, c.Used = at(created), at(ends), at(used)
	return c, err
}

// AddCard makes a card with which a person signs in once; a new one ends those
// not used yet. The code is kept nowhere. It is for AdminID too, from the
// centre's own machine.
func (s *Store) AddCard(ctx context.Context, person string, life time.Duration) (code string, c scheduler.Card, err error) {
	codes, cards, err := s.AddCards(ctx, []string{person}, life)
	if err != nil {
		return "", c, err
	}
	return codes[0], cards[0], nil
}

// AddCards makes one for each of many, in one transaction, or none.
func (s *Store) AddCards(ctx context.Context, people []string, life time.Duration) (codes []string, cards []scheduler.Card, err error) {
	if life <= 0 || life > scheduler.MaxCardLife {
		return nil, nil, &scheduler.Error{Kind: scheduler.Invalid, Field: "days", Value: fmt.Sprint(int(life.Hours() / 24)),
			Message: scheduler.Words{ZH: "登录卡的有效期是 1 到 90 天", EN: "a card waits 1 to 90 days for its use"},
			Remedy:  scheduler.Words{ZH: "写这之间的天数", EN: "give a number of days between them"}}
	}
	err = s.write(ctx, func(t *tx) error {
		codes, cards = nil, nil
		for _, person := range people {
			code, c, err := t.addCard(person, life)
			if err != nil {
				return err
			}
			codes, cards = append(codes, code), append(cards, c)
		}
		return nil
	})
	return codes, cards, err
}

func (t *tx) addCard(person string, life time.Duration) (code string, c scheduler.Card, err error) {
	if person != scheduler.AdminID {
		if _, err := t.active(person); err != nil {
			return "", c, err
		}
	}
	if err := t.exec("DELETE FROM card WHERE person = ? AND used = 0", person); err != nil {
		return "", c, fmt.Errorf("add card: %w", err)
	}
	code = newCode()
	now := at(ms(t.now))
	c = scheduler.Card{ID: newID("k"), Person: person, By: t.actor.ID, Created: now, Ends: now.Add(life)}
	if err := t.exec("INSERT INTO card (hash, "+cardColumns+") VALUES (?, ?, ?, ?, ?, ?, 0)", digest(code), c.ID, c.Person, c.By, ms(c.Created), ms(c.Ends)); err != nil {
		return "", c, fmt.Errorf("add card: %w", err)
	}
	return code, c, t.changed("give card", "card", c.ID, person, nil, c)
}

// Cardless are those who still need a card: who have no password, are signed in
// nowhere, and hold none that can be used.
func (s *Store) Cardless(ctx context.Context) (out []string, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.strings(`SELECT id FROM person p WHERE state = 'active' AND password = ''
			AND NOT EXISTS (SELECT 1 FROM session s WHERE s.person = p.id AND s.ended = 0 AND s.ends > ?)
			AND NOT EXISTS (SELECT 1 FROM card c WHERE c.person = p.id AND c.used = 0 AND c.ends > ?) ORDER BY id`, ms(t.now), ms(t.now))
		return err
	})
	return out, err
}

// CardOf tells whose a card is, while it can be used.
func (s *Store) CardOf(ctx context.Context, code string) (c scheduler.Card, name string, err error) {
	err = s.read(ctx, func(t *tx) error {
		if c, err = t.card(code); err != nil {
			return err
		}
		p, _, err := t.person(c.Person)
		name = p.Name
		return err
	})
	return c, name, err
}

func (t *tx) card(code string) (c scheduler.Card, err error) {
	found := false
	err = t.each(func(scan func(...any) error) error {
		found = true
		c, err = scanCard(scan)
		return err
	}, "SELECT "+cardColumns+" FROM card WHERE hash = ? AND used = 0 AND ends > ?", digest(plainCode(code)), ms(t.now))
	if err == nil && !found {
		err = &scheduler.Error{Kind: scheduler.Unauthorized, Field: "card",
			Message: scheduler.Words{ZH: "这张卡用过了、过期了，或输错了", EN: "this card was used, has expired, or is mistyped"},
			Remedy:  scheduler.Words{ZH: "再看看卡上的字母，或要一张新卡", EN: "look at its letters again, or ask for a new one"}}
	}
	return c, err
}

// UseCard signs the card's person in, once.
func (s *Store) UseCard(ctx context.Context, code string, b Browser) (secret string, v scheduler.Session, err error) {
	err = s.write(ctx, func(t *tx) error {
		c, err := t.card(code)
		if err != nil {
			return err
		}
		p := scheduler.Person{ID: scheduler.AdminID}
		if c.Person != scheduler.AdminID {
			if p, err = t.active(c.Person); err != nil {
				return err
			}
		}
		if err := t.exec("UPDATE card SET used = ? WHERE id = ?", ms(t.now), c.ID); err != nil {
			return fmt.Errorf("use card: %w", err)
		}
		secret, v, err = t.begin(p, "card", b)
		return err
	})
	return secret, v, err
}
