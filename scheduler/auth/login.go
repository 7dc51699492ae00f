package auth

import (
	"crypto/sha256"
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
