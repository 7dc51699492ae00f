package store

import (
	"github.com/villagecast/villagecast/device/wire"
)

// A unit numbers what it proves by its memory card, and by its memory while the
// card is gone. When power fails meanwhile, the card knows nothing of what the
// memory proved: its last alive mark tells of a stretch once more, and of time
// when it was off in which it played. Only the centre has both words, so it is
// here that a stretch is kept once, and that what was proved was not off.

// storedSQL finds a stretch of the same thing on the same output, told under
// another spool's name, that begins in (?, ?] and ends at or after an instant.
// One in which nothing played proves nothing.
const storedSQL = `SELECT count(*) FROM asrun WHERE unit = ? AND start > ? AND start <= ? AND start + length >= ? AND spool <> ? AND content = ? AND (code & 3) = ? AND (code >> 6) <> ?`

// again tells whether a stretch is stored already. One told by an alive mark is
// if its middle is: the mark is older than what came after it.
func (b *batch) again(unit, spool, content int64, a wire.AsRun) (bool, error) {
	after, upTo, end := a.From-1, a.From, a.To
	if a.Outcome == wire.OutcomeUnknown || a.Outcome == wire.OutcomeFailed {
		upTo = a.From + (a.To-a.From)/2
		after, end = upTo-longest.Milliseconds(), upTo
	}
	code := packCode(wire.AsRun{Output: a.Output, Outcome: wire.OutcomeFailed, Grade: wire.GradeFailed})
	var n int
	err := b.stored.QueryRowContext(b.ctx, unit, after, upTo, end, spool, content, code&3, code>>6).Scan(&n)
	return n > 0, err
}

// addOff stores the time in which a unit says that it was off, without what it
// proved meanwhile under the names of other spools: each of them lasted at least
// from its first to its last word.
func (b *batch) addOff(unit, spool int64, o wire.Off) error {
	type span struct{ from, to int64 }
	left := []span{{o.From, o.To}}
	err := b.each(func(scan func(...any) error) error {
		var on span
		if err := scan(&on.from, &on.to); err != nil {
			return err
		}
		var rest []span
		for _, s := range left {
			if on.to <= s.from || on.from >= s.to {
				rest = append(rest, s)
				continue
			}
			if on.from > s.from {
				rest = append(rest, span{s.from, on.from})
			}
			if on.to < s.to {
				rest = append(rest, span{on.to, s.to})
			}
		}
		left = rest
		return nil
	}, "SELECT min(start), max(start + length) FROM asrun WHERE unit = ? AND start > ? AND start < ? AND start + length > ? AND spool <> ? GROUP BY spool",
		unit, o.From-longest.Milliseconds(), o.To, o.From, spool)
	for _, s := range left {
		if err == nil {
			err = b.exec("INSERT INTO off (unit, start, finish, clean) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", unit, s.from, s.to, o.Clean)
		}
	}
	return err
}
