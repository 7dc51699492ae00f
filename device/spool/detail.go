package spool

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/villagecast/villagecast/device/wire"
)

func (s *Spool) openDetail() {
	s.detail = openJournal(s.disk, "detail", isA(func(r wire.CueRun) bool { return r.Programme+r.Interrupt != "" }))
}

// AddDetail writes item detail, by rising end, and syncs it. It is kept for 60
// days and at most 64 MB.
func (s *Spool) AddDetail(runs ...wire.CueRun) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, bodies := make([]int64, len(runs)), make([][]byte, len(runs))
	for i, r := range runs {
		body, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("add item detail: %w", err)
		}
		at[i], bodies[i] = r.To, body
	}
	before := len(s.detail.segs)
	err := s.detail.append(at, bodies, true)
	if err != nil && diskCode(err) == CodeFull && s.makeRoom() {
		err = s.detail.append(at, bodies, true)
	}
	if err := s.wrote(ofDetail, err); err != nil {
		return fmt.Errorf("add item detail: %w", err)
	}
	if len(s.detail.segs) > before {
		newest := at[len(at)-1]
		return s.detail.drop(func(seg segment, total int64) bool {
			return total > keepBytes || seg.maxAt < newest-keepStored.Milliseconds()
		})
	}
	return nil
}

// Detail gives up to n stretches of items that overlap from–to (unix
// milliseconds), after the cursor (empty at first), and the cursor of the next
// page, empty at the end.
func (s *Spool) Detail(from, to int64, cursor string, n int) (runs []wire.CueRun, next string, err error) {
	var after uint64
	if cursor != "" {
		if after, err = strconv.ParseUint(cursor, 10, 64); err != nil {
			return nil, "", fmt.Errorf("read item detail: cursor %.40q: use the one of the page before, or none", cursor)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var last uint64
	s.detail.each(after, from, func(r record) bool {
		var run wire.CueRun
		if json.Unmarshal(r.body, &run) != nil || run.From >= to || run.To <= from {
			return true
		}
		if len(runs) == n {
			next = strconv.FormatUint(last, 10)
			return false
		}
		runs, last = append(runs, run), r.seq
		return true
	})
	return runs, next, nil
}

// Alive is what a unit writes each minute, so that after a power cut it can say
// when it went off and what was on air, and goes on from there.
type Alive struct {
	// At is when it was written, unix milliseconds of air time.
	At int64 `json:"at"`
	// Seen is the last sign of life: At, or when something was proved after it. It
	// is not written, and 0 in a mark of this run.
	Seen int64 `json:"-"`
	// Clean says that the agent was stopped on purpose.
	Clean bool `json:"clean,omitempty"`
	// Floor is the newest signed time seen, unix milliseconds.
	Floor int64 `json:"floor,omitempty"`
	// Open are the as-run entries that were not closed, as they would be if
	// they ended at At.
	Open []wire.AsRun `json:"open,omitempty"`
	// State is the timetable's; the spool does not look into it.
	State json.RawMessage `json:"state,omitempty"`
}

func (s *Spool) openAlive() {
	s.alive = openJournal(s.disk, "alive", isA(func(a struct{ At, Seq int64 }) bool { return a.At != 0 && a.Seq == 0 }))
	// The newest mark stands in the last segment, or before it where that was
	// damaged whole.
	for n := len(s.alive.segs); n > 0 && s.last.At == 0; n-- {
		s.alive.each(s.alive.segs[n-1].first-1, 0, func(r record) bool {
			var mark Alive
			if json.Unmarshal(r.body, &mark) == nil {
				s.last = mark
			}
			return true
		})
	}
	s.forgetClosed()
}

// forgetClosed takes out of the last mark what was closed after it: its entry
// stands in the outbox, and must not be proved twice. Nor was the unit off by
// then: where the card was gone and came back, that can be long after the mark.
func (s *Spool) forgetClosed() {
	s.last.Seen = s.last.At
	if s.last.At == 0 {
		return
	}
	s.outbox.journal.each(0, s.last.At, func(r record) bool {
		var e wire.Entry
		if json.Unmarshal(r.body, &e) == nil && e.AsRun != nil {
			s.last.Seen = max(s.last.Seen, e.AsRun.To)
			s.last.Open = slices.DeleteFunc(s.last.Open, func(a wire.AsRun) bool { return sameStretch(a, *e.AsRun) })
		}
		return true
	})
}

// sameStretch tells whether two entries are about one stretch on one output.
func sameStretch(a, b wire.AsRun) bool {
	return a.Output == b.Output && a.Programme == b.Programme && a.Version == b.Version && a.Interrupt == b.Interrupt && a.From == b.From
}

// MarkAlive writes the alive mark and syncs it, and tries again what the card
// did not take before.
func (s *Spool) MarkAlive(mark Alive) error {
	body, err := json.Marshal(mark)
	if err != nil {
		return fmt.Errorf("write alive mark: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.save()
	s.last = mark
	err = s.alive.append([]int64{mark.At}, [][]byte{body}, true)
	if err != nil && diskCode(err) == CodeFull && s.makeRoom() {
		err = s.alive.append([]int64{mark.At}, [][]byte{body}, true)
	}
	if err := s.wrote(ofMark, err); err != nil {
		return fmt.Errorf("write alive mark: %w", err)
	}
	// Two segments are enough to find the last mark when the newest is torn.
	return s.alive.drop(func(segment, int64) bool { return len(s.alive.segs) > 2 })
}

// LastAlive is the newest alive mark, of an earlier run or of this one. Its At
// is 0 when there is none. What was closed after the mark of an earlier run is
// not open in it.
func (s *Spool) LastAlive() Alive {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
