package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
			s.writeProblem(w, &scheduler.Error{Kind: scheduler.Invalid, Field: "Idempotency-Key", Value: cut(key, 20),
				Message: "is longer than 128 characters", Remedy: "send a random key, such as a UUID"})
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.writeProblem(w, &scheduler.Error{Kind: scheduler.TooLarge, Field: "body", Message: "cannot be read whole", Remedy: "send less at once"})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.remembered(w, r, next, key, fingerprint(r, body))
	})
}

func fingerprint(r *http.Request, body []byte) string {
	sum := sha256.New()
	io.WriteString(sum, r.Method+" "+r.URL.RequestURI()+"\n")
	sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))
}

func (s *server) remembered(w http.ResponseWriter, r *http.Request, next http.Handler, key, print string) {
	before, err := s.Store.Recall(r.Context(), key, print)
	if err != nil {
		s.writeProblem(w, err)
		return
	}
	if before != nil {
		give(w, *before)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if rec.done {
			return
		}
		_ = s.Store.Forget(r.Context(), key) // a panic passes through here
	}()
	next.ServeHTTP(rec, r)
	rec.done = true
	answer := scheduler.Remembered{Status: rec.status, Header: map[string]string{}, Body: rec.body.Bytes()}
	for name := range rec.header {
		answer.Header[name] = rec.header.Get(name)
	}
	if rec.status >= 500 {
		err = s.Store.Forget(r.Context(), key)
	} else {
		err = s.Store.Remember(r.Context(), key, answer)
	}
	if err != nil {
		s.Logger.Error("remember answer", "component", "api", "err", err)
	}
	give(w, answer)
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
