package auth

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestPasswords(t *testing.T) {
	p, ctx := NewPasswords(), t.Context()
	hash, err := p.Hash(ctx, "三只小鸭 过河 去")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	again, _ := p.Hash(ctx, "三只小鸭 过河 去")
	if again == hash {
		t.Error("two hashes of one password are equal: no salt")
	}
	for password, want := range map[string]bool{"三只小鸭 过河 去": true, "三只小鸭 过河 来": false, "": false} {
		if got, err := p.Verify(ctx, password, hash); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	begun := time.Now()
	if got, err := p.Verify(ctx, "anything", ""); got || err != nil {
		t.Errorf("no password is set, and one is taken: %v, %v", got, err)
	}
	if took := time.Since(begun); took < time.Millisecond {
		t.Errorf("an account without a password answers after %v: it can be told apart", took)
	}
	for _, bad := range []string{"plain", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=8,t=0,p=1$AAAA$AAAA", strings.TrimSuffix(hash, hash[len(hash)-4:])} {
		if ok, err := p.Verify(ctx, "anything", bad); ok || err == nil {
			t.Errorf("%q is taken: %v, %v", bad, ok, err)
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	p.gate <- struct{}{}
	p.gate <- struct{}{}
	if _, err := p.Hash(gone, "x"); err == nil {
		t.Error("a third waits for nobody")
	}
}

// BenchmarkPassword is what a login costs.
func BenchmarkPassword(b *testing.B) {
	p := NewPasswords()
	hash, _ := p.Hash(b.Context(), "correct horse battery")
	for b.Loop() {
		_, _ = p.Verify(b.Context(), "correct horse battery", hash)
	}
}
