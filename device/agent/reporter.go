package agent

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

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
	// maxUnsaved is how many entries wait in memory for a card that takes none.
	maxUnsaved = 2000
)

// reporter brings the proof to the card and from there to the centre. record
// may be called from any goroutine.
type reporter struct {
	unit, boot string
	spool      *spool.Spool
	air        *air
	link       *link
	cond       *conditions
	log        *slog.Logger
	wake       chan struct{}
	answered   chan struct{} // poked by every word of the centre

	mu      sync.Mutex
	unsaved []wire.Entry
	online  bool // the centre, by its own word
}

func event(at time.Time, code, text string) wire.Entry {
	return wire.Entry{At: at.UnixMilli(), Event: &wire.Event{Code: code, Text: words(text, wire.MaxWords)}}
}

// record writes entries to the outbox. What the card does not take waits in
// memory and is tried again with every later call.
func (r *reporter) record(entries ...wire.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		if e.At == 0 {
			e.At = r.air.stamp()
		}
		e.Seq = 1 // given by the outbox; any number passes the check
		if err := e.Validate(); err != nil {
			r.log.Error("an entry of our own is not valid", "err", err)
			continue
		}
		r.unsaved = append(r.unsaved, e)
	}
	if len(r.unsaved) == 0 {
		return
	}
	if _, err := r.spool.Append(r.unsaved...); err != nil {
		r.unsaved = r.unsaved[max(0, len(r.unsaved)-maxUnsaved):]
		r.cond.raise(CodeUnsaved, err.Error())
		r.log.Error("proof cannot be written", "entries", len(r.unsaved), "err", err)
		return
	}
	r.unsaved = nil
	r.cond.clear(CodeUnsaved)
	poke(r.wake)
}

// pending is the number of entries that the centre has not stored.
func (r *reporter) pending() int {
	r.mu.Lock()
	n := len(r.unsaved)
	r.mu.Unlock()
	return n + r.spool.Pending()
}

// run sends reports, one at a time, until ctx ends.
func (r *reporter) run(ctx context.Context) {
	for unanswered := 0; ; {
		session, acked := r.link.session(), r.spool.Acked()
		wait := time.Duration(0) // until there is something to say
		if sent := r.report(); sent {
			wait = min(storedWait<<min(unanswered, 10), storedMost)
		}
		expired := r.pause(ctx, wait, session, acked)
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
func (r *reporter) pause(ctx context.Context, wait time.Duration, session, acked uint64) (expired bool) {
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
			if wait == 0 || r.spool.Acked() != acked || r.link.session() != session {
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
	after := r.spool.Acked()
	entries := r.spool.Peek(reportEntries)
	size := 0
	for i, e := range entries {
		b, _ := json.Marshal(e) // it came from JSON
		if size += len(b); size > reportBytes && i > 0 {
			entries = entries[:i]
			break
		}
	}
	if len(entries) == 0 {
		return false
	}
	after = min(after, entries[0].Seq-1) // the centre's word may have come in between
	return r.link.post(wire.ChannelReport, wire.Report{Unit: r.unit, Spool: r.spool.ID(), Boot: r.boot, After: after, Entries: entries}, true)
}

// stored takes the centre's word.
func (r *reporter) stored(payload []byte) {
	s, err := wire.DecodeLenient[wire.Stored](payload)
	if err != nil {
		r.log.Warn("cannot read what the centre says it stored", "err", err)
		return
	}
	if s.Spool != r.spool.ID() {
		return
	}
	if err := r.spool.Ack(s.Seq); err != nil {
		r.log.Error("cannot note what the centre stored", "err", err)
	}
	poke(r.wake)
	poke(r.answered)
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
func (r *reporter) centre(payload []byte) (c wire.Centre, ok bool) {
	c, err := wire.DecodeLenient[wire.Centre](payload)
	if err != nil {
		r.log.Warn("cannot read what the centre says of itself", "err", err)
		return c, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.online = c.Online
	return c, true
}

func (r *reporter) centreOnline() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.online
}

// ask answers a request for item detail.
func (r *reporter) ask(payload []byte) {
	q, err := wire.DecodeLenient[wire.DetailRequest](payload)
	if err != nil {
		r.log.Warn("cannot read what the centre asks", "err", err)
		return
	}
	runs, next, err := r.spool.Detail(q.From, q.To, q.After, detailPage)
	if err != nil {
		r.log.Warn("cannot answer what the centre asks", "err", err)
		return
	}
	r.link.post(wire.ChannelDetail, wire.Detail{ID: q.ID, Cues: runs, Next: next}, false)
}
