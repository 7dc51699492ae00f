package timetable

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// plan maps time to rounds, items and offsets inside a Stretch.
type plan struct {
	t              *Table
	p              *prog
	b              *body
	zero, start    int64
	first, firstID int64
	index          int // of the one item of a tail, else −1
}

// roundID is the scheduled start of a round: in a chain that of the undisturbed
// chain, else that of the round as it runs; the round gone on with keeps its own.
func (p plan) roundID(round int64) int64 {
	switch {
	case p.p.tail:
		return p.firstID
	case p.p.rule != nil && !p.p.loop():
		return p.start + nsOf(round*p.b.nominal)
	case round == p.first && p.firstID != 0:
		return p.firstID
	}
	return p.zero + nsOf(round*p.b.period)
}

// Spans expands the stretch between two instants: its items and pauses in
// order, each clipped to the stretch and to [from, to). A span also ends where
// a volume cap begins or ends; its item then goes on in the next.
func (s Stretch) Spans(from, to time.Time) []Span {
	if s.plan.b == nil {
		return nil
	}
	lo := max(from.UnixNano(), s.From.UnixNano())
	hi := min(to.UnixNano(), s.To.UnixNano())
	var out []Span
	p, b := s.plan, s.plan.b
	z := newZone(p.t.loc)
	for round, _ := b.at(framesIn(lo - p.zero)); ; round++ {
		base := round * b.period
		if (b.rounds > 0 && round >= b.rounds) || p.zero+nsOf(base) >= hi {
			return out
		}
		for _, g := range b.segs {
			out = s.clip(z, out, lo, hi, round, g)
		}
		if b.wrap && b.period > b.length && (b.rounds == 0 || round+1 < b.rounds) {
			out = s.clip(z, out, lo, hi, round, seg{b.length, b.period, -1})
		}
	}
}

// clip appends the part of a segment that lies in [lo, hi), cut where the
// volume changes.
func (s Stretch) clip(z *zone, out []Span, lo, hi, round int64, g seg) []Span {
	p := s.plan
	base := p.zero + nsOf(round*p.b.period+g.from)
	end := min(p.zero+nsOf(round*p.b.period+g.to), hi)
	for at := max(base, lo); at < end; {
		stop, volume := end, 0
		if s.Output == wire.OutputSound {
			volume, stop = p.t.volumeAt(z, p.p, at, end)
		}
		offset := framesIn(at - base)
		sp := Span{Output: s.Output, Programme: s.Programme, Version: s.Version, Interrupt: s.Interrupt,
			Title: s.Title, Level: s.Level, From: p.t.time(at), To: p.t.time(stop), Round: p.t.time(p.roundID(round)),
			Item: g.item, Pause: g.item < 0, Offset: offset, Frames: framesIn(stop-base) - offset, Volume: volume}
		if g.item >= 0 {
			it := p.b.items[g.item]
			if s.Output == wire.OutputSound {
				sp.Sound = it.Sound
			} else {
				sp.Text = it.Text
			}
			if p.index >= 0 {
				sp.Item = p.index
			}
		}
		out = append(out, sp)
		at = stop
	}
	return out
}

// volumeAt is the volume at an instant, in per cent of full output, and how
// long before end it stays so.
func (t *Table) volumeAt(z *zone, p *prog, at, end int64) (int, int64) {
	v := t.volume * p.volume / 100
	if p.loud || len(t.caps) == 0 {
		return int(v), end
	}
	day := floorDiv(z.civil(at), daySeconds)
	for d := day - 2; d <= day+1; d++ {
		for _, c := range t.caps {
			from, to := z.instant(d*daySeconds+c.from), z.instant(d*daySeconds+c.to)
			if from <= at && at < to {
				v = min(v, c.volume)
			}
			for _, edge := range [2]int64{from, to} {
				if edge > at {
					end = min(end, edge)
				}
			}
		}
	}
	return int(v), end
}

// time is an instant in the county's zone.
func (t *Table) time(ns int64) time.Time { return time.Unix(0, ns).In(t.loc) }
