package app

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// timeRate is how many questions for the time are answered each second, and
	// timeBurst how many at once: a county whose power returns. The rest come
	// again with a backoff.
	timeRate  = 500
	timeBurst = 2000
	// maxTimeRequest bounds a question in bytes.
	maxTimeRequest = 1 << 10
)

// serveTime tells a unit the time, signed, for its nonce. It needs no login: the
// answer is no secret, and a unit that does not know the time cannot judge a
// certificate by its dates.
func (a *App) serveTime(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !a.timeBucket.take(time.Now()) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many ask for the time at once; ask again in a while", http.StatusTooManyRequests)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTimeRequest))
	if err != nil {
		http.Error(w, "the question is too long", http.StatusRequestEntityTooLarge)
		return
	}
	q, err := wire.Decode[wire.TimeRequest](body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := a.tellTime(q, time.Now())
	if err != nil {
		a.log.Error("tell the time", "unit", q.Unit, "error", err)
		http.Error(w, "the centre cannot sign now", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

func (a *App) tellTime(q wire.TimeRequest, now time.Time) ([]byte, error) {
	address, at := wire.UnitAddress(q.Unit), uint64(now.UnixMilli())
	sealed, err := a.keys.Seal(wire.KindTime, address, at, wire.Time{Address: address, Nonce: q.Nonce, At: at})
	if err != nil {
		return nil, err
	}
	e, err := wire.ParseEnvelope(sealed)
	ring, err2 := wire.ParseEnvelope(a.keys.Ring())
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return json.Marshal(wire.TimeAnswer{Ring: ring, Time: e})
}

// bucket lets so many through each second, and some more at once.
type bucket struct {
	mu   sync.Mutex
	left float64
	at   time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at.IsZero() {
		b.left = timeBurst
	}
	b.left = min(timeBurst, b.left+timeRate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
