package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// How long, and how many bytes of, entries stay that the centre has stored, and
// how long item detail stays. Entries that it has not stored go only when they
// alone are more than keepBytes, which is years of a unit's proof.
const (
	keepStored = 60 * 24 * time.Hour
	keepBytes  = 64 << 20
	// ackEvery is how many acknowledged entries may be sent once more after a
	// power cut; the centre ignores what it has.
	ackEvery = 64
	// seqBlock is how many numbers are reserved at a time.
	seqBlock = 1024
	// seqLeap is how far numbers leap where nobody knows which were given.
	seqLeap = 1 << 30
	// fallEvery and farthest bound what an acknowledgement can do, which nobody
	// signs: how often the centre may ask for everything again, and how far ahead
	// of this card it may be.
	fallEvery = 10 * time.Minute
	farthest  = 4 * seqLeap
)

// ErrNotGiven says that an acknowledgement is of a number that no entry has.
var ErrNotGiven = errors.New("this card has given no such number")

// outbox is the journal of entries and how far the centre has stored them.
//
// A number is never given twice, whatever became of the record that bore it:
// the centre would take the second for the first. So numbers are reserved in
// blocks, and an outbox that was not closed goes on above the last block.
type outbox struct {
	journal  *journal
	acked    uint64
	saved    uint64 // acked as it stands on disk
	reserved uint64 // no number above it was ever given
	answers  uint64
	leapt    bool      // since the start
	fell     time.Time // when acked fell last
	limit    int64     // bytes; keepBytes
}

func (s *Spool) openOutbox() {
	o := &outbox{journal: openJournal(s.disk, "outbox", isA(func(e wire.Entry) bool { return e.Seq != 0 })), limit: keepBytes}
	s.outbox = o
	_, err := readCell(s.disk, "acked", &o.acked)
	s.note(err)
	found, err := readCell(s.disk, "reserved", &o.reserved)
	s.note(err)
	j := o.journal
	j.next = max(j.next, o.acked+1, o.reserved+1)
	if err != nil || !found && (j.lost || j.next > 1) {
		j.next += seqLeap
	}
	o.saved = o.acked
}

// release gives back the numbers that were reserved and not given: the outbox is
// closed in order.
func (s *Spool) release() error {
	o := s.outbox
	if last := o.journal.next - 1; o.reserved > last {
		if err := s.putCell("reserved", last); err != nil {
			return err
		}
		o.reserved = last
	}
	return nil
}

// Append writes entries and syncs them. Their Seq is given here; At must be set.
// An error says that the card did not take them: they wait in memory then, can
// be sent from there, and are written by a later call, with or without entries.
func (s *Spool) Append(entries ...wire.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.overflow.unsent()
	all := append(waiting[:len(waiting):len(waiting)], entries...)
	if len(all) == 0 {
		return nil
	}
	err := s.append(all)
	if err != nil && diskCode(err) == CodeFull && s.makeRoom() {
		err = s.append(all)
	}
	if s.wrote(ofProof, err) == nil {
		s.overflow.moved()
		return s.bound(all[len(all)-1].At)
	}
	if gone := s.overflow.add(entries); len(gone) > 0 {
		e, text := lostProof(len(gone), gone[0].At, gone[len(gone)-1].At, "the card takes nothing, and the memory is full")
		s.tellLost(text)
		s.overflow.add([]wire.Entry{e})
	}
	return fmt.Errorf("append to outbox: %w", err)
}

// tellLost keeps the newest word about lost proof as a condition.
func (s *Spool) tellLost(text string) {
	delete(s.issues, CodeProofLost)
	s.issues[CodeProofLost] = text // the entry is its event
}

// append brings entries to the card.
func (s *Spool) append(entries []wire.Entry) error {
	o := s.outbox
	j := o.journal
	for _, name := range []string{"id", "id.copy"} { // entries need a name
		if u, waits := s.unsaved[name]; waits && s.put(name, u.body) != nil {
			return s.unsaved[name].err
		}
	}
	if top := j.next + uint64(len(entries)); top > o.reserved {
		if err := s.putCell("reserved", top+seqBlock); err != nil {
			return err
		}
		o.reserved = top + seqBlock
	}
	at, bodies := make([]int64, len(entries)), make([][]byte, len(entries))
	for i, e := range entries {
		e.Seq = j.next + uint64(i)
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		at[i], bodies[i] = e.At, body
	}
	return j.append(at, bodies, true)
}

// bound keeps the outbox within its limits: what the centre has stored goes when
// it is old or room is needed; what it has not, last of all, and not in silence.
func (s *Spool) bound(newest int64) error {
	o := s.outbox
	var lost int
	var from, to int64
	err := o.journal.drop(func(seg segment, total int64) bool {
		if seg.last <= o.acked {
			return total > o.limit || seg.maxAt < newest-keepStored.Milliseconds()
		}
		if total <= o.limit {
			return false
		}
		if lost == 0 {
			from = seg.minAt
		}
		lost += int(seg.last - max(seg.first, o.acked+1) + 1)
		to = seg.maxAt
		return true
	})
	if lost == 0 || err != nil {
		return err
	}
	e, text := lostProof(lost, from, to, fmt.Sprintf("more than %d MB waited for it", o.limit>>20))
	s.tellLost(text)
	e.At = newest
	return s.append([]wire.Entry{e})
}

// makeRoom frees the card for proof. It answers whether anything went.
func (s *Spool) makeRoom() bool {
	if s.dropPrepared(false) {
		return true
	}
	if boundBad(s.disk, 0, 0) {
		return true
	}
	if s.dropSpare() {
		return true
	}
	for _, j := range []*journal{s.outbox.journal, s.detail} {
		one := true
		before := len(j.segs)
		_ = j.drop(func(seg segment, _ int64) bool {
			ok := one && (j == s.detail || seg.last <= s.outbox.acked)
			one = false
			return ok
		})
		if len(j.segs) < before {
			return true
		}
	}
	return false
}

// Batch is what is sent at once.
type Batch struct {
	// Spool is under whose name the numbers count.
	Spool string
	// After is the number up to which everything is stored, or nothing is kept.
	After   uint64
	Entries []wire.Entry
}

// Batch gives the oldest entries that the centre has not stored: up to n, and
// up to so many bytes, but one in any case.
func (s *Spool) Batch(n, bytes int) Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.outbox
	b := Batch{Spool: s.id, After: o.acked}
	o.journal.each(o.acked, 0, func(r record) bool {
		var e wire.Entry
		if json.Unmarshal(r.body, &e) != nil { // the CRC was right: a newer version's entry at worst
			return true
		}
		if bytes -= len(r.body); bytes < 0 && len(b.Entries) > 0 {
			return false
		}
		e.Seq = r.seq
		b.Entries = append(b.Entries, e)
		return len(b.Entries) < n
	})
	if len(b.Entries) == 0 {
		return s.overflow.batch(n, bytes)
	}
	b.After = min(b.After, b.Entries[0].Seq-1)
	return b
}

// Pending is the number of entries that the centre has not stored.
func (s *Spool) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.overflow.entries)
	for _, seg := range s.outbox.journal.segs {
		if from := max(seg.first, s.outbox.acked+1); seg.last >= from {
			n += int(seg.last - from + 1)
		}
	}
	return n
}

// Answers counts the answers of the centre that changed something.
func (s *Spool) Answers() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox.answers
}

// Ack notes that the centre has stored the entries under a spool's name up to
// seq. When the number falls, because the centre was restored from a backup, the
// entries above it are pending again, as far as they are still kept. When it is
// higher than any number given here, this card was restored from an older image:
// what is pending is then written once more under numbers that the centre has
// not seen. That happens once after a start, if at all, and the number falls now
// and then at most: a forged answer must not fill the card, nor the line. It
// cannot destroy proof either: what was acknowledged stays for long, and the
// centre, to which the next report says what it should have, asks for it again.
func (s *Spool) Ack(spool string, seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.outbox
	switch spool {
	case s.overflow.id:
		s.overflow.ack(seq)
		o.answers++
		return nil
	case s.id:
	default:
		return nil // of another card, or of an earlier life
	}
	last := o.journal.next - 1
	switch {
	case seq > last && (o.leapt || seq-last > farthest):
		return fmt.Errorf("acknowledge %d: %w: the last is %d", seq, ErrNotGiven, last)
	case seq < o.acked && !o.fell.IsZero() && time.Since(o.fell) < fallEvery:
		return nil
	case seq < o.acked:
		o.fell = time.Now()
	case seq > last:
		pending := s.pending()
		o.journal.next, o.leapt = seq+1, true
		if err := s.append(pending); err != nil && len(pending) > 0 {
			o.journal.next = last + 1
			return fmt.Errorf("acknowledge %d: %w", seq, err)
		}
	}
	if o.acked != seq {
		o.acked = seq
		o.answers++
	}
	if seq >= o.saved+ackEvery { // after a fall that was forgotten the centre answers the same again
		if err := s.saveAcked(); err != nil {
			return fmt.Errorf("acknowledge %d: %w", seq, err)
		}
	}
	return nil
}

// pending are all entries on the card that the centre has not stored.
func (s *Spool) pending() (list []wire.Entry) {
	s.outbox.journal.each(s.outbox.acked, 0, func(r record) bool {
		var e wire.Entry
		if json.Unmarshal(r.body, &e) == nil {
			list = append(list, e)
		}
		return true
	})
	return list
}

func (s *Spool) saveAcked() error {
	o := s.outbox
	if o.saved == o.acked {
		return nil
	}
	if err := s.putCell("acked", o.acked); err != nil {
		return err
	}
	o.saved = o.acked
	return nil
}
