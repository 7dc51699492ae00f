package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// secretBytes is the length of every random secret: 256 bits.
const secretBytes = 32

// NewSecret makes a random 256-bit secret as 43 characters of base64url, and
// the SHA-256 under which it is stored. It serves units and tokens alike:
// a random secret of that length needs no slow hash.
func NewSecret() (secret string, hash []byte) {
	b := make([]byte, secretBytes)
	rand.Read(b) // never fails, see crypto/rand
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, Hash(secret)
}

// Hash is what is stored of a secret: its SHA-256, 32 bytes.
func Hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// Match tells whether hash is that of secret, in constant time. An empty hash
// matches nothing.
func Match(secret string, hash []byte) bool {
	return len(hash) == sha256.Size && subtle.ConstantTimeCompare(Hash(secret), hash) == 1
}

// Token reads the token of the interface from its file, or makes file and token
// at the first start. The command line reads the same file.
func Token(path string) (token string, made bool, err error) {
	b, made, err := ensureSecret(path, func() ([]byte, error) {
		s, _ := NewSecret()
		return []byte(s + "\n"), nil
	})
	if err != nil {
		return "", false, fmt.Errorf("open token: %w", err)
	}
	token = strings.TrimSpace(string(b))
	if len(token) < 43 {
		return "", false, fmt.Errorf("open token: %s holds no token of 256 bits: remove it and start again, a new one is made", path)
	}
	return token, made, nil
}
