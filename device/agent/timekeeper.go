package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

const (
	// askEvery is how often the centre is asked for the time, at least: of 100 ppm
	// half an hour makes 180 ms, which airtime corrects unheard. askAgain is how soon after an answer
	// that was not believed.
	askEvery = 30 * time.Minute
	askAgain = 5 * time.Minute
	// askRecent is how young an answer may be that a new session does not renew.
	askRecent = time.Minute
	// askSpread is over how long units that know the time ask after a new session.
	askSpread = 5 * time.Second
	// samples are asked for until one took no longer than quick.
	samples = 4
	quick   = 20 * time.Millisecond
	// askTimeout bounds one question, and with it the uncertainty of an answer.
	askTimeout = 10 * time.Second
	// pollTrusted and pollUntrusted are how often the system is asked.
	pollTrusted   = 15 * time.Second
	pollUntrusted = time.Second
	// maxTimeAnswer bounds an answer in bytes: a key ring and a time.
	maxTimeAnswer = 64 << 10
	// believedWithin is what the system's clock is held for where the centre is
	// too old to tell the time.
	believedWithin = 10 * time.Minute
)

// errNoTime says that the centre is of a version that does not tell the time.
var errNoTime = errors.New("the centre does not tell the time")

// timekeeper asks those who know for the time.
type timekeeper struct {
	unit   string
	centre func() *endpoint
	root   ed25519.PublicKey
	air    *airtime.Clock
	word   *word
	spool  *spool.Spool
	log    *slog.Logger
	// old tells whether the centre has said that it does not tell the time.
	old func() bool
	// changed is called when the time has become known, or another one.
	changed func()
	// refuse is told of an answer that is not the centre's, or not to this question.
	refuse func(error)
	wake   chan struct{}
}

// watch looks at the system's own clock until ctx ends.
func (k *timekeeper) watch(ctx context.Context) {
	for {
		if k.air.Poll() {
			k.log.Info("the system knows the time", "at", k.air.Now())
			k.changed()
		}
		k.keep()
		if k.air.Waits() {
			k.changed()
		}
		wait := pollTrusted
		if !k.air.Trusted() {
			wait = pollUntrusted
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

// run asks the centre until ctx ends: at once, each half an hour, and soon after
// each new session. What is refused, or does not come, is asked for again with
// a backoff.
func (k *timekeeper) run(ctx context.Context) {
	last := -askRecent // elapsed time of the last answer
	for attempt := 0; ; {
		believed, err := k.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := time.Duration(float64(askEvery) * (0.7 + 0.3*mathrand.Float64()))
		switch {
		case err != nil:
			k.log.Debug("the centre does not tell the time", "err", err)
			most := askAgain
			if !k.air.Trusted() {
				most = backoffMost
			}
			wait = jitter(attempt, backoffFirst, most)
			attempt++
		case !believed && k.air.Differs() != 0:
			k.log.Warn("the centre's clock differs", "by", k.air.Differs())
			wait = askAgain
			fallthrough
		default:
			attempt, last = 0, k.air.Elapsed()
		}
		next := k.air.Elapsed() + wait
		for next > k.air.Elapsed() && !k.pause(ctx, next-k.air.Elapsed()) {
			if ctx.Err() != nil {
				return
			}
			soon := k.air.Elapsed() // a new session: the centre is there
			if k.air.Trusted() {    // a whole valley comes back at once
				soon = max(soon+time.Duration(mathrand.Float64()*float64(askSpread)), last+askRecent)
			}
			next, attempt = min(next, soon), 0
		}
	}
}

// pause waits; it is false when something woke it before.
func (k *timekeeper) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-k.wake:
		return false
	case <-t.C:
		return true
	}
}

// ask takes some samples and learns from the best.
func (k *timekeeper) ask(ctx context.Context) (believed bool, err error) {
	var list []airtime.Sample
	for range samples {
		s, once := k.sample(ctx)
		if errors.Is(once, errNoTime) {
			if k.old() && k.air.Believe(believedWithin) {
				k.log.Warn("the centre is too old to tell the time: the system's clock is believed")
				k.changed()
			}
			return false, once
		}
		if once != nil {
			err = once
			break
		}
		list = append(list, s)
		if s.Answered-s.Asked <= quick {
			break
		}
	}
	best, ok := airtime.Best(list)
	if !ok {
		return false, err
	}
	before := k.air.Trusted()
	believed = k.air.Learn(best)
	k.word.answered(best.At)
	if believed && !before {
		k.log.Info("the centre tells the time", "at", k.air.Now(), "uncertainty", k.air.Uncertainty())
	}
	k.keep()
	k.changed()
	return believed, nil
}

// sample asks once, with a nonce of its own.
func (k *timekeeper) sample(ctx context.Context) (airtime.Sample, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	nonce := hex.EncodeToString(random[:])
	body, err := wire.Encode(wire.TimeRequest{Unit: k.unit, Nonce: nonce})
	if err != nil {
		return airtime.Sample{}, fmt.Errorf("ask for the time: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	centre := k.centre()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(centre.settings.HTTP, "/")+"/time", bytes.NewReader(body))
	if err != nil {
		return airtime.Sample{}, fmt.Errorf("ask for the time: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	s := airtime.Sample{Asked: k.air.Elapsed()}
	resp, err := centre.undated.Do(r)
	if err != nil {
		return s, fmt.Errorf("ask for the time: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxTimeAnswer))
	s.Answered = k.air.Elapsed()
	switch {
	case err != nil:
		return s, fmt.Errorf("ask for the time: %w", err)
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusMethodNotAllowed:
		return s, errNoTime
	case resp.StatusCode != http.StatusOK:
		return s, fmt.Errorf("ask for the time: the centre answers %s", resp.Status)
	}
	t, err := k.open(raw, nonce)
	if err != nil {
		k.refuse(err)
	}
	s.At = time.UnixMilli(int64(t.At))
	return s, err
}

// open verifies an answer under the ring that is held or the one that came with
// it, whichever is newer.
func (k *timekeeper) open(raw []byte, nonce string) (wire.Time, error) {
	a, err := wire.DecodeLenient[wire.TimeAnswer](raw)
	if err != nil {
		return wire.Time{}, fmt.Errorf("read the time: %w", err)
	}
	var ring wire.KeyRing
	if e, ok := k.spool.Held(wire.KeysAddress, wire.KindKeyRing); ok && e.Verify(wire.KeyRing{}, k.root) == nil {
		ring, _ = e.KeyRing()
	}
	if sealed, err := json.Marshal(a.Ring); err == nil {
		if came, err := wire.OpenKeyRing(sealed, k.root); err == nil && came.Revision > ring.Revision {
			ring = came
		}
	}
	t, err := wire.OpenTime(a.Time, wire.UnitAddress(k.unit), ring, k.root)
	if err != nil {
		return t, fmt.Errorf("verify the time: %w", err)
	}
	if t.Nonce != nonce {
		return t, fmt.Errorf("verify the time: %w: it is the answer to another question", wire.ErrWrongAddress)
	}
	return t, nil
}

// keep puts what was learned on the card.
func (k *timekeeper) keep() {
	kept, fresh := k.air.Keep()
	if !fresh {
		return
	}
	raw, err := json.Marshal(kept)
	if err == nil {
		err = k.spool.KeepClock(raw)
	}
	if err != nil {
		k.log.Error("the clock cannot be kept", "err", err)
	}
}

// clock makes the unit's clock of what its card says.
func clock(board airtime.System, s *spool.Spool, log *slog.Logger) *airtime.Clock {
	var kept airtime.Kept
	if raw := s.Clock(); raw != nil {
		if err := json.Unmarshal(raw, &kept); err != nil {
			log.Warn("what was kept of the clock cannot be read", "err", err)
			kept = airtime.Kept{}
		}
	}
	return airtime.New(board, kept, time.UnixMilli(s.LastAlive().Floor))
}
