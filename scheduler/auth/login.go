package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Links are one-time login links: each code opens one session and is used up
// by it. They are kept in memory: a restart makes the old ones void.
type Links struct {
	mu    sync.Mutex
	until map[[sha256.Size]byte]time.Time
}

// Issue makes the code of a link that can be redeemed once before now + life.
func (l *Links) Issue(now time.Time, life time.Duration) string {
	code, hash := NewSecret()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil {
		l.until = map[[sha256.Size]byte]time.Time{}
	}
	maps.DeleteFunc(l.until, func(_ [sha256.Size]byte, t time.Time) bool { return !now.Before(t) })
	l.until[[sha256.Size]byte(hash)] = now.Add(life)
	return code
}

// Redeem uses a code up. It is false for one that is unknown, used or expired.
func (l *Links) Redeem(now time.Time, code string) bool {
	key := [sha256.Size]byte(Hash(code))
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.until[key]
	delete(l.until, key)
	return ok && now.Before(until)
}

// Sessions makes and checks the cookies of people who logged in. A cookie
// carries its own end and a MAC over it, so sessions outlive a restart without
// being stored; a new key file ends them all.
type Sessions struct{ key []byte }

// OpenSessions reads the key of the sessions from its file, or makes it.
func OpenSessions(path string) (*Sessions, error) {
	key, _, err := ensureSecret(path, func() ([]byte, error) {
		s, _ := NewSecret()
		return []byte(s), nil
	})
	if err != nil {
		return nil, fmt.Errorf("open sessions: %w", err)
	}
	if len(key) < secretBytes {
		return nil, fmt.Errorf("open sessions: %s is too short for a key: remove it and start again", path)
	}
	return &Sessions{key: key}, nil
}

// Issue makes a cookie's value that is valid until now + life.
func (s *Sessions) Issue(now time.Time, life time.Duration) string {
	end := binary.BigEndian.AppendUint64(nil, uint64(now.Add(life).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(end, s.mac(end)...))
}

// Valid tells whether a cookie's value was issued here and has not ended.
func (s *Sessions) Valid(now time.Time, cookie string) bool {
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(b) != 8+sha256.Size {
		return false
	}
	end, mac := b[:8], b[8:]
	return hmac.Equal(mac, s.mac(end)) && now.Unix() < int64(binary.BigEndian.Uint64(end))
}

func (s *Sessions) mac(end []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("villagecast session\x00"))
	h.Write(end)
	return h.Sum(nil)
}
