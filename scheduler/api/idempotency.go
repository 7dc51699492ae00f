package api

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"github.com/villagecast/villagecast/scheduler"
)

// idempotent answers a POST that carries an Idempotency-Key seen before with the
// answer given then, so that a request whose answer was lost can be repeated.
func (s *server) idempotent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if r.Method != http.MethodPost || key == "" {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > 128 {
			s.fail(w, r, &scheduler.Error{Kind: scheduler.Invalid, Field: "Idempotency-Key", Value: cut(key, 20),
				Message: scheduler.Words{ZH: "超过 128 个字符", EN: "is longer than 128 characters"},
				Remedy:  scheduler.Words{ZH: "发一个随机的键，如 UUID", EN: "send a random key, such as a UUID"}})
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			undecoded(http.StatusRequestEntityTooLarge, "", nil).write(w, r.Header.Get("Accept-Language"))
			return
		}
		if err != nil {
			undecoded(http.StatusBadRequest, "the request ended early", nil).write(w, r.Header.Get("Accept-Language"))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.remembered(w, r, next, key, fingerprint(r, body))
	})
}

// fingerprint tells requests apart: the same words of another person are
// another request.
func fingerprint(r *http.Request, body []byte) string {
	sum := sha256.New()
	io.WriteString(sum, actor(r.Context()).ID+" "+r.Method+" "+r.URL.RequestURI()+"\n")
	sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))
}

// remembered runs a request once. What is written down of it is written even
// when the caller is gone: a caller who lost the link is just the one who asks
// again.
func (s *server) remembered(w http.ResponseWriter, r *http.Request, next http.Handler, key, print string) {
	ctx := context.WithoutCancel(r.Context())
	name := hex.EncodeToString(derive(key, "name"))
	before, err := s.Store.Recall(ctx, name, print)
	if e, ok := asError(err); ok {
		clear := *e // the caller knows the key by what was sent
		clear.Value = cut(key, 40)
		err = &clear
	}
	if err == nil && before != nil {
		before.Body, err = unseal(key, before.Body)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if before != nil {
		give(w, *before)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if !rec.done { // a panic passes through here
			_ = s.Store.Forget(ctx, name)
		}
	}()
	next.ServeHTTP(rec, r)
	rec.done = true
	answer := scheduler.Remembered{Status: rec.status, Header: map[string]string{}, Body: rec.body.Bytes()}
	for name := range rec.header {
		answer.Header[name] = rec.header.Get(name)
	}
	if rec.status >= 500 {
		err = s.Store.Forget(ctx, name)
	} else {
		kept := answer
		kept.Body = seal(key, kept.Body)
		err = s.Store.Remember(ctx, name, kept)
	}
	if err != nil {
		s.Logger.Error("remember answer", "component", "api", "err", err)
	}
	give(w, answer)
}

// derive makes something of a key that does not give the key away.
func derive(key, use string) []byte {
	out, err := hkdf.Key(sha256.New, []byte(key), nil, "villagecast idempotency "+use, 32)
	if err != nil {
		panic(err) // 32 bytes are never too many
	}
	return out
}

// seal closes an answer under the caller's key, which is stored nowhere: an
// answer may hold the secret of a unit that was added, and the centre keeps none.
func seal(key string, body []byte) []byte {
	box := boxOf(key)
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return box.Seal(nonce, nonce, body, nil)
}

func unseal(key string, sealed []byte) ([]byte, error) {
	box := boxOf(key)
	if len(sealed) < box.NonceSize() {
		return nil, errors.New("open remembered answer: it is too short")
	}
	return box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], nil)
}

func boxOf(key string) cipher.AEAD {
	block, err := aes.NewCipher(derive(key, "answer"))
	if err == nil {
		var box cipher.AEAD
		if box, err = cipher.NewGCM(block); err == nil {
			return box
		}
	}
	panic(err) // a key of 32 bytes always fits
}

func give(w http.ResponseWriter, a scheduler.Remembered) {
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// recorder keeps an answer until it is remembered.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	done   bool
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
