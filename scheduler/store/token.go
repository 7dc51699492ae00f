package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

const tokenColumns = "id, person, title, acts, area, created, used, ends, ended"

func scanToken(scan func(...any) error) (k scheduler.Token, err error) {
	var acts string
	var created, used, ends, ended int64
	if err = scan(&k.ID, &k.Person, &k.Title, &acts, &k.Area, &created, &used, &ends, &ended); err != nil {
		return k, err
	}
	k.Created, k.Used, k.Ends, k.Ended = at(created), at(used), at(ends), at(ended)
	return k, decode(acts, &k.Acts)
}

// AddToken makes a token of a person, or of the administrator who needs no
// account. Its secret is kept nowhere.
func (s *Store) AddToken(ctx context.Context, k scheduler.Token) (secret string, out scheduler.Token, err error) {
	err = s.write(ctx, func(t *tx) error {
		if k.Person != scheduler.AdminID {
			if _, err := t.active(k.Person); err != nil {
				return err
			}
		}
		if err := k.Validate(t.world(), t.now); err != nil {
			return err
		}
		var hash []byte
		secret, hash = newSecret()
		out = k
		out.ID, out.Created, out.Used, out.Ends, out.Ended = newID("t"), at(ms(t.now)), at(0), at(ms(k.Ends)), at(0)
		if err := t.exec("INSERT INTO token (hash, "+tokenColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0)", hash,
			out.ID, out.Person, out.Title, encode(out.Acts), out.Area, ms(out.Created), ms(out.Ends)); err != nil {
			return fmt.Errorf("add token: %w", err)
		}
		return t.changed("add token", "token", out.ID, out.Title, nil, out)
	})
	return secret, out, err
}

// Tokens lists those that are good, of one person or of all ("").
func (s *Store) Tokens(ctx context.Context, person string) (out []scheduler.Token, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.tokens("ended = 0 AND ends > ? AND (? = '' OR person = ?) ORDER BY person, created, id", ms(t.now), person, person)
		return err
	})
	return out, err
}

// Token is one token, also one that has ended.
func (s *Store) Token(ctx context.Context, id string) (k scheduler.Token, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.tokens("id = ?", id)
		if err == nil && len(all) == 0 {
			return scheduler.Missing("token", id, t.ids("token"))
		}
		if err == nil {
			k = all[0]
		}
		return err
	})
	return k, err
}

func (t *tx) tokens(where string, args ...any) (out []scheduler.Token, err error) {
	err = t.each(func(scan func(...any) error) error {
		k, err := scanToken(scan)
		out = append(out, k)
		return err
	}, "SELECT "+tokenColumns+" FROM token WHERE "+where, args...)
	return out, err
}

// RevokeToken ends a token at once. Revoking one that has ended changes nothing.
func (s *Store) RevokeToken(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.count("UPDATE token SET ended = ? WHERE id = ? AND ended = 0", ms(t.now), id)
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		all, err := t.tokens("id = ?", id)
		if err == nil && len(all) == 0 {
			return scheduler.Missing("token", id, t.ids("token"))
		}
		if err != nil || n == 0 {
			return err
		}
		return t.audit("revoke token", "token", id, all[0].Title)
	})
}

// newCode is a secret of 80 bits that people can type: 16 letters and digits in
// groups of four, without those that look alike.
func newCode() string {
	c := rand.Text()[:16] // base32: A-Z and 2-7
	return strings.Join([]string{c[:4], c[4:8], c[8:12], c[12:]}, "-")
}

// plainCode is a code as it was made, however it was typed.
func plainCode(typed string) string {
	c := strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(c) != 16 {
		return c
	}
	return strings.Join([]string{c[:4], c[4:8], c[8:12], c[12:]}, "-")
}
