package agent

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/wire"
)

const (
	// maxRefused is how many refusals a Have names.
	maxRefused = 50
	// refusalPause is how often one kind of refusal becomes an event: whoever
	// has taken the broker must not fill the card.
	refusalPause = 10 * time.Minute
)

// refusals are the snapshots, and the parts of snapshots, that were not taken.
type refusals struct {
	air    *airtime.Clock
	record func(...wire.Entry)
	log    *slog.Logger

	mu    sync.Mutex
	whole []wire.Refusal // at most one an address and kind
	parts []wire.Refusal
	count int // since the start
	told  map[string]told
}

type told struct {
	at   time.Time
	more int // that came since and were not told
}

// add notes that a snapshot was refused. It answers whether that is news: a flood
// of one kind must not make the unit speak at every message.
func (r *refusals) add(x wire.Refusal) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stamp(&x)
	same := func(old wire.Refusal) bool {
		return old.Address == x.Address && old.Kind == x.Kind && old.Code == x.Code
	}
	known := slices.ContainsFunc(r.whole, same)
	r.drop(x.Address, x.Kind)
	r.whole = append(r.whole, x)
	r.whole = r.whole[max(0, len(r.whole)-maxRefused):]
	return r.tellOf(x) || !known
}

// note tells of something refused that a Have does not name: what is no
// snapshot, or came where nothing should. what is one of a few words, not the
// sender's.
func (r *refusals) note(what, code, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(what+" "+code, fmt.Sprintf("%s: %s: %s", what, code, words(why, wire.MaxWords)))
}

// clear forgets the refusal of a snapshot, since a good one came.
func (r *refusals) clear(address wire.Address, kind wire.Kind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drop(address, kind)
}

func (r *refusals) drop(address wire.Address, kind wire.Kind) bool {
	n := len(r.whole)
	r.whole = slices.DeleteFunc(r.whole, func(x wire.Refusal) bool { return x.Address == address && x.Kind == kind })
	return len(r.whole) != n
}

// setParts replaces the list of programmes and interrupts that were left out.
func (r *refusals) setParts(list []wire.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range list {
		same := func(old wire.Refusal) bool {
			return old.Address == list[i].Address && old.Revision == list[i].Revision && old.Why == words(list[i].Why, wire.MaxWords)
		}
		if j := slices.IndexFunc(r.parts, same); j >= 0 {
			list[i] = r.parts[j]
			continue
		}
		r.stamp(&list[i])
		r.tellOf(list[i])
	}
	r.parts = list
}

func (r *refusals) stamp(x *wire.Refusal) {
	x.At = r.air.Stamp()
	x.Why = words(x.Why, wire.MaxWords)
}

// tellOf tells of a snapshot or of a part of one.
func (r *refusals) tellOf(x wire.Refusal) bool {
	return r.tell(fmt.Sprintf("%s %s %s", x.Address, x.Kind, x.Code), fmt.Sprintf("%s for %s, revision %d: %s: %s", x.Kind, x.Address, x.Revision, x.Code, x.Why))
}

// tell makes an event of a refusal, unless one with this key was told a moment
// ago. Keys are few, whatever comes: they are remembered for good.
func (r *refusals) tell(key, text string) bool {
	r.count++
	now, before := r.air.Now(), r.told[key]
	if age := now.Sub(before.at); !before.at.IsZero() && age >= 0 && age < refusalPause {
		before.more++
		r.told[key] = before
		return false
	}
	r.told[key] = told{at: now}
	if before.more > 0 {
		text = fmt.Sprintf("%s (and %d like it since the last message)", text, before.more)
	}
	r.log.Warn("refused", "what", text)
	r.record(event(now, CodeRefused, text))
	return true
}

// list is what a Have says.
func (r *refusals) list() []wire.Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append(slices.Clone(r.whole), r.parts...)
	return all[:min(len(all), maxRefused)]
}

// total is how many were refused since the start.
func (r *refusals) total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
