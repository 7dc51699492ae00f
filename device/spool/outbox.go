package spool

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// How long, and how many bytes of, entries stay that the centre has stored, and
// how long item detail stays.
const (
	keepStored = 60 * 24 * time.Hour
	keepBytes  = 64 << 20
	// ackEvery is how many acknowledged entries may be sent once more after a
	// power cut; the centre ignores what it has.
	ackEvery = 64
	// seqBlock is how many numbers are reserved at a time against lost records.
	seqBlock = 1024
)

// outbox is the journal of entries and how far the centre has stored them.
type outbox struct {
	disk     Disk
	journal  *journal
	acked    uint64
	saved    uint64 // acked as it stands on disk
	reserved uint64 // no number above it was ever given
}

func (s *Spool) openOutbox() error {
	j, err := openJournal(s.disk, "outbox")
	if err != nil {
		return err
	}
	o := &outbox{disk: s.disk, journal: j}
	_, err = readCell(s.disk, "acked", &o.acked)
	s.note(err)
	found, err := readCell(s.disk, "reserved", &o.reserved)
	s.note(err)
	// Records that are gone may have been sent: their numbers must not be given
	// to others, or the centre would think that it has those.
	if found && (j.lost || j.next == 1) {
		j.next = max(j.next, o.reserved+1)
	}
	o.saved = o.acked
	s.outbox = o
	return nil
}

// Append writes entries, syncs them and returns the number of the last one.
// Their Seq is given here; At must be set. When it fails none is kept.
func (s *Spool) Append(entries ...wire.Entry) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.wrote(s.outbox.append(entries)); err != nil {
		return 0, fmt.Errorf("append to outbox: %w", err)
	}
	return s.outbox.journal.next - 1, nil
}

func (o *outbox) append(entries []wire.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	j := o.journal
	if top := j.next + uint64(len(entries)); top > o.reserved {
		if err := writeCell(o.disk, "reserved", top+seqBlock); err != nil {
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
	before := len(j.segs)
	if err := j.append(at, bodies, true); err != nil {
		return err
	}
	if len(j.segs) > before {
		newest := at[len(at)-1]
		return j.drop(func(seg segment, total int64) bool {
			return seg.last <= o.acked && (total > keepBytes || seg.maxAt < newest-keepStored.Milliseconds())
		})
	}
	return nil
}

// Peek gives up to n of the oldest entries that the centre has not stored.
func (s *Spool) Peek(n int) []wire.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox.peek(n)
}

func (o *outbox) peek(n int) []wire.Entry {
	var list []wire.Entry
	if n <= 0 {
		return nil
	}
	o.journal.each(o.acked, 0, func(r record) bool {
		var e wire.Entry
		if json.Unmarshal(r.body, &e) == nil { // the CRC was right: a newer version's entry at worst
			e.Seq = r.seq
			list = append(list, e)
		}
		return len(list) < n
	})
	return list
}

// Pending is the number of entries that the centre has not stored.
func (s *Spool) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, seg := range s.outbox.journal.segs {
		if from := max(seg.first, s.outbox.acked+1); seg.last >= from {
			n += int(seg.last - from + 1)
		}
	}
	return n
}

// Acked is the number up to which the centre has stored this spool's entries.
func (s *Spool) Acked() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox.acked
}

// Ack notes that the centre has stored this spool's entries up to seq. When the
// number falls, because the centre was restored from a backup, the entries
// above it are pending again, as far as they are still kept. When it is higher
// than any number given here, this card was restored from an older image: what
// is pending is then written once more under numbers that the centre has not seen.
func (s *Spool) Ack(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.outbox
	if last := o.journal.next - 1; seq > last {
		pending := o.peek(int(last - min(last, o.acked)))
		o.journal.next = seq + 1
		if err := o.append(pending); err != nil {
			o.journal.next = last + 1
			return fmt.Errorf("acknowledge %d: %w", seq, err)
		}
	}
	o.acked = seq
	if seq < o.saved || seq >= o.saved+ackEvery {
		if err := s.wrote(o.saveAcked()); err != nil {
			return fmt.Errorf("acknowledge %d: %w", seq, err)
		}
	}
	return nil
}

func (o *outbox) saveAcked() error {
	if o.saved == o.acked {
		return nil
	}
	if err := writeCell(o.disk, "acked", o.acked); err != nil {
		return err
	}
	o.saved = o.acked
	return nil
}
