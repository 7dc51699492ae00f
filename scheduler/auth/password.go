package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of argon2id (RFC 9106): 19 MiB, two passes, one lane, the smaller
// choice of OWASP's list. One takes some 25 ms on a server core; a
// login shall cost no more than 100 ms on a small PC.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// Passwords hashes and checks passwords, two at a time: whoever tries many gets
// neither the centre's memory nor both of its cores.
type Passwords struct{ gate chan struct{} }

// NewPasswords makes one; there is one for each centre.
func NewPasswords() *Passwords { return &Passwords{gate: make(chan struct{}, 2)} }

// Hash is what is stored of a password, in the PHC form.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails
	key, err := p.derive(ctx, password, salt, argonPasses, argonMemory, argonLanes)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b64(salt), b64(key)), nil
}

// Verify tells whether hash is that of password. It takes as long for an empty
// hash, which no password has.
func (p *Passwords) Verify(ctx context.Context, password, hash string) (bool, error) {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(hash, "$")
	if hash == "" {
		_, err := p.derive(ctx, password, make([]byte, argonSalt), argonPasses, argonMemory, argonLanes)
		return false, err
	}
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("check password: the stored form is not argon2id")
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes)
	if err != nil || version != argon2.Version || memory > 1<<20 || passes > 100 || passes == 0 || lanes == 0 {
		return false, fmt.Errorf("check password: the stored form cannot be read")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != argonKey {
		return false, fmt.Errorf("check password: the stored form cannot be read")
	}
	got, err := p.derive(ctx, password, salt, passes, memory, lanes)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func (p *Passwords) derive(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case p.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.gate }()
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, argonKey), nil
}
