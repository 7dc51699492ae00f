package media

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Hash names a file by its content: the SHA-256 of its bytes as 64 lower-case
// hexadecimal digits. The zero value names nothing.
type Hash string

// ParseHash checks that s is a hash in its one written form.
func ParseHash(s string) (Hash, error) {
	h := Hash(s)
	if !h.Valid() {
		return "", fmt.Errorf("parse hash %.80q: want 64 lower-case hexadecimal digits", s)
	}
	return h, nil
}

// Valid tells whether h is a hash in its one written form.
func (h Hash) Valid() bool {
	if len(h) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(h) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Short is the beginning of the hash, enough to tell files apart in a log.
func (h Hash) Short() string { return string(h[:min(len(h), 12)]) }

// Sum reads r to its end and returns the hash and the number of its bytes.
func Sum(r io.Reader) (Hash, int64, error) {
	d := sha256.New()
	n, err := io.Copy(d, r)
	if err != nil {
		return "", n, fmt.Errorf("sum content: %w", err)
	}
	return Hash(hex.EncodeToString(d.Sum(nil))), n, nil
}
