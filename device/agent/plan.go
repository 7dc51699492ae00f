package agent

import (
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// key names what holds an output.
type key struct {
	output    wire.Output
	programme string
	version   int
	interrupt string
}

// span is one stretch of one item that was planned, and how much of it is
// accounted for.
type span struct {
	id    string
	key   key
	title string
	level wire.Level
	round int64 // unix ms
	item  int
	hash  media.Hash
	// what is its content, volume and level by the latest plan.
	what timetable.Span
	// at is the instant of frame offset; what was planned first.
	at     time.Time
	offset int64
	// end is the frame up to which it is planned now; cut says that the item
	// does not end there and does not go on either.
	end int64
	cut bool
	// next is the frame up to which it is accounted for.
	next int64
	// begun: the output took some of it. seen are the stretches accounted for,
	// by their first frame.
	begun bool
	seen  map[int64]taken
	// over: the output has said its last word on it.
	over bool
}

type taken struct{ frames, silent int64 }

func (s *span) instant(frame int64) time.Time { return s.at.Add(duration(frame - s.offset)) }

func duration(frames int64) time.Duration {
	return time.Duration(frames/wire.Rate)*time.Second + time.Duration(frames%wire.Rate)*time.Second/wire.Rate
}

func frames(d time.Duration) int64 {
	return int64(d/time.Second)*wire.Rate + int64(d%time.Second)*wire.Rate/int64(time.Second)
}

// sameOrigin is how far the instants of an item's first frame, computed from
// two plans, may differ by rounding.
const sameOrigin = 5 * time.Millisecond

// planner gives the spans of one plan after the other lasting names, so that
// what sounds goes on when the plan is made anew, and what was played can be
// told to belong to a round and an item.
type planner struct {
	spans map[string]*span
	count uint64
}

// plan takes the timetable's spans in and gives them as they were planned
// first, with their present end.
func (p *planner) plan(list []timetable.Span, now time.Time) []*span {
	planned := map[string]bool{}
	out := make([]*span, 0, len(list))
	for i, t := range list {
		if t.Pause || t.Frames <= 0 || p.played(t) {
			continue
		}
		s := p.find(t, planned, now)
		s.end, s.what = t.Offset+t.Frames, t
		s.cut = t.Sound != nil && s.end < t.Sound.Frames && !goesOn(list[i:])
		planned[s.id] = true
		out = append(out, s)
	}
	for id, s := range p.spans {
		switch {
		case planned[id]:
		case !s.begun && s.at.After(now): // it never was
			delete(p.spans, id)
		default: // it was to play until now, and no longer
			s.end = min(s.end, max(s.next, s.offset+frames(now.Sub(s.at))))
		}
	}
	return out
}

// played tells whether the output has already taken all of t: it is ahead of the
// clock by its latency, so that a plan made just before an item's end still
// names the item's last moments.
func (p *planner) played(t timetable.Span) bool {
	k := key{t.Output, t.Programme, t.Version, t.Interrupt}
	for _, s := range p.spans {
		if s.over && s.key == k && s.round == t.Round.UnixMilli() && s.item == t.Item && s.next >= t.Offset+t.Frames &&
			near(s.at.Add(-duration(s.offset)), t.From.Add(-duration(t.Offset))) {
			return true
		}
	}
	return false
}

// goesOn tells whether the item of the first span goes on in the second, as it
// does where the volume changes.
func goesOn(list []timetable.Span) bool {
	if len(list) < 2 {
		return false
	}
	a, b := list[0], list[1]
	return a.Output == b.Output && a.Programme == b.Programme && a.Interrupt == b.Interrupt && a.Version == b.Version &&
		a.Round.Equal(b.Round) && a.Item == b.Item && b.Offset == a.Offset+a.Frames
}

// find is the span that t is, or goes on with now, or a new one. A cut item that
// rejoins has two spans of one origin: the later part belongs to the one that
// begins later.
func (p *planner) find(t timetable.Span, planned map[string]bool, now time.Time) *span {
	k := key{t.Output, t.Programme, t.Version, t.Interrupt}
	origin := t.From.Add(-duration(t.Offset))
	var best *span
	for _, s := range p.spans {
		if s.key != k || s.round != t.Round.UnixMilli() || s.item != t.Item || s.over || planned[s.id] {
			continue
		}
		runs := !t.From.After(now) && !s.at.After(t.From)
		if (runs || near(s.at, t.From)) && near(s.at.Add(-duration(s.offset)), origin) && (best == nil || s.offset > best.offset) {
			best = s
		}
	}
	if best != nil {
		return best
	}
	p.count++
	s := &span{
		id:  fmt.Sprintf("%s%s.%d/%d/%d/%s#%d", t.Programme, t.Interrupt, t.Version, t.Round.UnixMilli(), t.Item, t.Output, p.count),
		key: k, title: t.Title, level: t.Level, round: t.Round.UnixMilli(), item: t.Item,
		at: t.From, offset: t.Offset, next: t.Offset, seen: map[int64]taken{},
	}
	if t.Sound != nil {
		s.hash = media.Hash(t.Sound.Hash)
	}
	p.spans[s.id] = s
	return s
}

// near tells whether two instants are the same but for rounding.
func near(a, b time.Time) bool {
	d := a.Sub(b)
	return d < sameOrigin && d > -sameOrigin
}

// forPlayer is the plan of sound.
func forPlayer(spans []*span, sp *spool.Spool) []player.Span {
	out := make([]player.Span, 0, len(spans))
	for _, s := range spans {
		if s.what.Sound == nil {
			continue
		}
		out = append(out, player.Span{
			ID: s.id, At: s.at, Offset: s.offset, Frames: s.end - s.offset, Cut: s.cut,
			Gain: float64(s.what.Volume) / 100,
			Clip: clip{sp, *s.what.Sound},
		})
	}
	return out
}

// forScreen is the plan of texts.
func forScreen(spans []*span) []screen.Span {
	out := make([]screen.Span, 0, len(spans))
	for _, s := range spans {
		if s.what.Text == nil {
			continue
		}
		out = append(out, screen.Span{ID: s.id, At: s.at, Until: s.instant(s.end), Text: *s.what.Text, Level: s.what.Level})
	}
	return out
}
