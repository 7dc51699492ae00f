package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

const (
	// reportEntries and reportBytes bound one report.
	reportEntries = 200
	reportBytes   = 100 << 10
	// storedWait is how long the centre has to say "stored" before the report
	// is sent once more; it doubles up to storedMost.
	storedWait = 20 * time.Second
	storedMost = 2 * time.Minute
	// deafAfter is how many unanswered reports prove that the connection does
	// not carry, although it stands.
	deafAfter = 4
	// detailPage is how many stretches of items one answer holds.
	detailPage = 500
)

// reporter brings the proof to the card and from there to the centre. record
// may be called from any goroutine.
type reporter struct {
	unit, boot string
	spool      *spool.Spool
	air        *airtime.Clock
	link       *link
	cond       *conditions
	log        *slog.Logger
	wake       chan struct{}
	answered   chan struct{} // poked by every word of the centre

	mu     sync.Mutex // orders what is recorded
	online bool       // the centre, by its own word
}

func event(at time.Time, code, text string) wire.Entry {
	return wire.Entry{At: at.UnixMilli(), Event: &wire.Event{Code: code, Text: words(text, wire.MaxWords)}}
}

// record writes entries to the outbox. What the card does not take waits in
// memory, is sent from there, and is tried again with every later call.
func (r *reporter) record(entries ...wire.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	good := make([]wire.Entry, 0, len(entries))
	for _, e := range entries {
		if e.At == 0 {
			e.At = r.air.Stamp()
		}
		e.Seq = 1 // given by the outbox; any number passes the check
		if err := e.Validate(); err != nil {
			r.log.Error("an entry of our own is not valid", "err", err)
			continue
		}
		good = append(good, e)
	}
	if err := r.spool.Append(good...); err != nil {
		if r.cond.raise(CodeUnsaved, err.Error()) {
			r.log.Error("proof cannot be written; it is kept in memory", "err", err)
		}
	} else {
		r.cond.clear(CodeUnsaved)
	}
	if len(good) > 0 {
		poke(r.wake)
	}
}

// pending is the number of entries that the centre has not stored.
func (r *reporter) pending() int { return r.spool.Pending() }

// run sends reports, one at a time, until ctx ends.
func (r *reporter) run(ctx context.Context) {
	for unanswered := 0; ; {
		session, answers := r.link.session(), r.spool.Answers()
		wait := time.Duration(0) // until there is something to say
		if sent := r.report(); sent {
			wait = min(storedWait<<min(unanswered, 10), storedMost)
		}
		expired := r.pause(ctx, wait, session, answers)
		if ctx.Err() != nil {
			return
		}
		if !expired {
			unanswered = 0
			continue
		}
		if unanswered++; unanswered >= deafAfter && r.centreOnline() {
			unanswered = 0
			r.link.drop(errors.New("the centre does not answer although it is there"))
		}
	}
}

// pause waits for an answer: until the centre's number moves or there is
// another session. It is true when the time is over. Without a time anything
// that wakes the reporter ends it.
func (r *reporter) pause(ctx context.Context, wait time.Duration, session, answers uint64) (expired bool) {
	var over <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-over:
			return true
		case <-r.wake:
			if wait == 0 || r.spool.Answers() != answers || r.link.session() != session {
				return false
			}
		}
	}
}

// report sends the oldest entries; it is false when there is none, or no link.
func (r *reporter) report() bool {
	if r.link.session() == 0 {
		return false
	}
	b := r.spool.Batch(reportEntries, reportBytes)
	if len(b.Entries) == 0 {
		return false
	}
	return r.link.post(wire.ChannelReport, wire.Report{Unit: r.unit, Spool: b.Spool, Boot: r.boot, After: b.After, Entries: b.Entries}, true)
}

// stored takes the centre's word. It fails for what cannot be read, or be true.
func (r *reporter) stored(payload []byte) error {
	s, err := wire.DecodeLenient[wire.Stored](payload)
	if err != nil {
		return err
	}
	switch err := r.spool.Ack(s.Spool, s.Seq); {
	case errors.Is(err, spool.ErrNotGiven):
		return err
	case err != nil:
		r.log.Error("cannot note what the centre stored", "err", err)
	}
	poke(r.wake)
	poke(r.answered)
	return nil
}

// lastWords gives the centre a moment to store what was proven at the end.
func (r *reporter) lastWords(moment time.Duration) {
	t := time.NewTimer(moment)
	defer t.Stop()
	for r.link.session() > 0 && r.spool.Pending() > 0 {
		select {
		case <-r.answered:
		case <-t.C:
			return
		}
	}
}

// centre takes the centre's word about itself.
func (r *reporter) centre(payload []byte) (wire.Centre, error) {
	c, err := wire.DecodeLenient[wire.Centre](payload)
	if err != nil {
		return c, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.online = c.Online
	return c, nil
}

func (r *reporter) centreOnline() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.online
}

// ask answers a request for item detail. It fails for one that cannot be read.
func (r *reporter) ask(payload []byte) error {
	q, err := wire.DecodeLenient[wire.DetailRequest](payload)
	if err != nil {
		return err
	}
	runs, next, err := r.spool.Detail(q.From, q.To, q.After, detailPage)
	if err != nil {
		r.log.Warn("cannot answer what the centre asks", "err", err)
		return nil
	}
	r.link.post(wire.ChannelDetail, wire.Detail{ID: q.ID, Cues: runs, Next: next}, false)
	return nil
}
