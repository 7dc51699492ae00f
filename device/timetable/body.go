package timetable

import (
	"hash/fnv"

	"github.com/villagecast/villagecast/device/wire"
)

// body is what a playlist is on one output: the timeline of its rounds, in
// frames from the first round's start.
type body struct {
	items   []wire.Item
	segs    []seg // what this output plays of a round
	runs    []seg // segs joined where they touch; item is unused
	length  int64 // of a round
	over    int64 // where in a round this output would have played the last of it if every item were ready
	period  int64 // from round to round
	nominal int64 // from round to round if every item were ready: names chain rounds
	rounds  int64 // 0: without end
	wrap    bool  // the pause belongs to the programme
	missing []int // the items that are not ready
	shape   uint64
}

type seg struct {
	from, to int64
	item     int
}

// hold is the longest pause that belongs to a programme.
const hold = 60 * wire.Rate

func newBody(o wire.Output, items []wire.Item, rounds, pause int64, grid bool, ready func(string) bool) *body {
	b := &body{items: items, rounds: rounds}
	var full int64
	for i, it := range items {
		f := it.Frames()
		if full += f; it.For(o) {
			b.over = full
		}
		if o == wire.OutputSound && it.Sound != nil && !ready(it.Sound.Hash) {
			b.missing = append(b.missing, i)
			continue
		}
		if it.For(o) {
			b.segs = append(b.segs, seg{b.length, b.length + f, i})
		}
		b.length += f
	}
	b.nominal = full + pause*wire.Rate
	b.period = b.length + pause*wire.Rate
	if grid {
		b.period = b.nominal
	}
	for _, s := range b.segs {
		if n := len(b.runs); n > 0 && b.runs[n-1].to == s.from {
			b.runs[n-1].to = s.to
			continue
		}
		b.runs = append(b.runs, s)
	}
	if n := len(b.runs); n > 0 {
		b.wrap = b.period-b.length <= hold && b.runs[0].from == 0 && b.runs[n-1].to == b.length
	}
	b.period = max(b.period, 1) // nothing of it is ready
	h := fnv.New64a()
	for _, s := range b.segs {
		for _, v := range [3]int64{s.from, s.to, int64(s.item)} {
			for i := range 8 {
				h.Write([]byte{byte(v >> (8 * i))})
			}
		}
	}
	b.shape = h.Sum64() ^ uint64(b.period)
	return b
}

// total is the length of a whole chain.
func (b *body) total() int64 { return (b.rounds-1)*b.period + b.length }

// sounding is how much of a chain counts against the maximum play time: all but
// the pauses that free the output.
func (b *body) sounding() int64 {
	if b.period-b.length > hold {
		return b.rounds * b.length
	}
	return b.total()
}

// at splits a position into round and position in the round; a position before
// the first round is its start.
func (b *body) at(pos int64) (round, in int64) {
	if pos < 0 {
		return 0, 0
	}
	round = pos / b.period
	if b.rounds > 0 && round >= b.rounds {
		round = b.rounds - 1
	}
	return round, pos - round*b.period
}

// occupied is the first stretch that ends after pos in which the body wants the
// output. In a pause it is the one that begins with the next round.
func (b *body) occupied(pos int64) (from, to int64, ok bool) {
	round, in := b.at(pos)
	for i, r := range b.runs {
		if in >= r.to {
			continue
		}
		from, to = round*b.period+r.from, round*b.period+r.to
		more := b.rounds == 0 || round+1 < b.rounds
		if b.wrap && i == len(b.runs)-1 && more {
			switch {
			case len(b.runs) > 1:
				to = (round+1)*b.period + b.runs[0].to
			case b.rounds == 0:
				to = never
			default:
				to = b.total()
			}
		}
		return from, to, true
	}
	if len(b.runs) == 0 || b.rounds > 0 && round+1 >= b.rounds {
		return 0, 0, false
	}
	return b.occupied((round + 1) * b.period)
}

// lead is how long a round leaves the output free at its beginning; 0 if
// nothing of it is ready.
func (b *body) lead() int64 {
	if len(b.runs) == 0 {
		return 0
	}
	return b.runs[0].from
}

// first tells whether pos is where this output begins its round.
func (b *body) first(pos int64) bool {
	_, in := b.at(pos)
	return in <= b.lead()
}

// runStart is the start of the run that pos lies in, pos itself outside.
func (b *body) runStart(pos int64) int64 {
	round, in := b.at(pos)
	for _, r := range b.runs {
		if in >= r.from && in < r.to {
			return round*b.period + r.from
		}
	}
	return pos
}

// itemAt finds what plays at a position; item −1 in a pause or gap.
func (b *body) itemAt(pos int64) (round int64, item int, offset int64) {
	round, in := b.at(pos)
	for _, s := range b.segs {
		if in >= s.from && in < s.to {
			return round, s.item, in - s.from
		}
	}
	return round, -1, in
}

// position is the inverse of itemAt, in a body whose ready items may differ:
// an item that is gone gives the start of the next one, the last one the end of
// its round.
func (b *body) position(round int64, item int, offset int64) int64 {
	for _, s := range b.segs {
		switch {
		case item < 0:
		case s.item == item:
			return round*b.period + s.from + min(offset, s.to-s.from)
		case s.item > item:
			return round*b.period + s.from
		}
	}
	if item < 0 {
		return round*b.period + min(offset, b.period)
	}
	return round*b.period + b.length
}
