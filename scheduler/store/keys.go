package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// tokenSetting is where the hash of the administrator's token is kept.
const tokenSetting = "token"

// SetTokenHash keeps the SHA-256 of the API token of the one administrator.
func (s *Store) SetTokenHash(ctx context.Context, hash []byte) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.audit("set token", "token", "", ""); err != nil {
			return err
		}
		return t.exec("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", tokenSetting, hash)
	})
}

// TokenOK tells whether the token is the administrator's. While none was set, none is.
func (s *Store) TokenOK(ctx context.Context, token string) (ok bool, err error) {
	err = s.read(ctx, func(t *tx) error {
		var hash []byte
		found, err := t.one("SELECT value FROM setting WHERE name = ?", []any{tokenSetting}, &hash)
		given := sha256.Sum256([]byte(token))
		ok = found && subtle.ConstantTimeCompare(given[:], hash) == 1
		return err
	})
	return ok, err
}

// SigningKey is the public part of a signing key that the centre has used.
type SigningKey struct {
	ID      string
	Public  []byte
	Created time.Time
	// Removed is zero while the key is in the ring.
	Removed time.Time
}

// AddSigningKey keeps the public part of a key; the private one is a file. A key
// that is there already is given its Removed.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) error {
	return s.write(ctx, func(t *tx) error {
		if k.Created.IsZero() {
			k.Created = t.now
		}
		act := "sign with key"
		if !k.Removed.IsZero() {
			act = "take key out"
		}
		if err := t.audit(act, "key", k.ID, ""); err != nil {
			return err
		}
		return t.exec(`INSERT INTO signing_key (id, public, created, removed) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET removed = excluded.removed`, k.ID, k.Public, ms(k.Created), ms(k.Removed))
	})
}

// SigningKeys lists them, oldest first.
func (s *Store) SigningKeys(ctx context.Context) (out []SigningKey, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			var k SigningKey
			var created, removed int64
			err := scan(&k.ID, &k.Public, &created, &removed)
			k.Created, k.Removed = at(created), at(removed)
			out = append(out, k)
			return err
		}, "SELECT id, public, created, removed FROM signing_key ORDER BY created, id")
	})
	return out, err
}
