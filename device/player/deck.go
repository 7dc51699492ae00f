package player

import (
	"errors"
	"io"
	"math"
	"slices"
	"time"
)

const (
	// joinFrames is how near the end of one span the instant of the next must be
	// for the two to be joined without a gap: 2 ms.
	joinFrames = Rate / 500
	// maxOpen is how many clips are decoded ahead at most.
	maxOpen = 8
	never   = math.MaxInt64
)

// A deck holds the plan and what sounds of it, and moves on frame by frame. It
// reads no clock but the mapping that its engine gives it, starts nothing but
// decoders, and its caller serialises the calls.
type deck struct {
	clock    *frameClock
	decoders *decoders // nil when counting
	grace    int64
	report   func(Played)
	amp      amplifier

	pos    int64    // next frame to be handed out
	plan   []*voice // not begun, by their instant
	on     *voice   // sounds
	fading []*voice // cut, falling silent
	ended  int64    // frame after the last span
	muted  bool
	absent bool  // there is no output: nothing is heard
	starve int64 // frames of spans that were silent because their clip was behind

	recent  []*voice // that ended lately, as a new plan may still hold their last frames
	scratch []float32
}

// recentMax is how many ended stretches are remembered.
const recentMax = 8

// set replaces the plan.
func (d *deck) set(spans []Span) {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return a.At.Compare(b.At) })
	spans = slices.DeleteFunc(spans, func(s Span) bool { return s.Frames <= 0 })

	if d.on != nil {
		i := slices.IndexFunc(spans, func(s Span) bool { return d.on.sameAs(s, d.grace) })
		switch {
		case i >= 0 && d.on.goOn(spans[i]):
			spans = slices.Delete(spans, i, i+1)
		case i >= 0: // its end is now
			spans = slices.Delete(spans, i, i+1)
			d.cutOn()
		case !d.on.span.End().After(d.clock.now().Add(time.Millisecond)):
			// By the plan it is over: it began late, and ends whole.
		default:
			d.cutOn()
		}
	}
	spans = slices.DeleteFunc(spans, d.over)

	old := d.plan
	d.plan = make([]*voice, 0, len(spans))
	for _, s := range spans {
		v := &voice{span: s}
		i := slices.IndexFunc(old, func(o *voice) bool {
			return o.src != nil && o.span.ID == s.ID && o.span.Offset == s.Offset
		})
		if i >= 0 { // what is decoded already need not be again
			v.src, v.skipped, old[i].src = old[i].src, old[i].skipped, nil
		}
		d.plan = append(d.plan, v)
	}
	for _, o := range old {
		o.drop()
	}
}

// over says that a span has been played already. Frames are handed out before
// they sound, so a plan made now may hold the end of one that is over here.
func (d *deck) over(s Span) bool {
	return slices.ContainsFunc(d.recent, func(v *voice) bool {
		return v.sameAs(s, d.grace) && s.Offset+s.Frames <= v.place()+d.grace
	})
}

// cutOn lets what sounds fade out.
func (d *deck) cutOn() {
	d.on.fade()
	d.fading = append(d.fading, d.on)
	d.on, d.ended = nil, -1
}

func (v *voice) drop() {
	if v.src != nil {
		v.src.close()
		v.src = nil
	}
}

func (d *deck) finish(v *voice, err error) {
	d.report(v.played(err))
	v.drop()
	if v.done > 0 {
		d.recent = append(d.recent, v)
		d.recent = d.recent[max(0, len(d.recent)-recentMax):]
	}
}

// run hands out n frames: it adds them to buf, which is n long and silent, or
// counts them only if buf is nil.
func (d *deck) run(n int64, buf []float32) {
	end := d.pos + n
	if buf != nil {
		d.openAhead(end)
		if int64(len(d.scratch)) < n {
			d.scratch = make([]float32, n)
		}
	}
	d.runFading(n, buf)
	for {
		// Counting begins a span at end itself: nothing happens up to the next edge.
		if d.on == nil && (d.pos < end || buf == nil) {
			d.pos = d.beginNext(end)
		}
		if d.pos >= end {
			break
		}
		v := d.on
		if v == nil {
			continue
		}
		k := min(end-d.pos, v.left())
		got, err := d.runVoice(v, k, tail(buf, n-(end-d.pos)))
		d.pos += got
		if err != nil || v.left() <= 0 {
			d.on, d.ended = nil, d.pos
			d.finish(v, err)
		}
	}
	d.amp.rest(d)
}

func tail(buf []float32, from int64) []float32 {
	if buf == nil {
		return nil
	}
	return buf[from:]
}

func (d *deck) runVoice(v *voice, n int64, out []float32) (int64, error) {
	before := v.silent
	got, err := v.run(n, out, d.scratch)
	d.starve += v.silent - before
	if d.muted || d.absent {
		v.silent = before + got
	}
	return got, err
}

func (d *deck) runFading(n int64, buf []float32) {
	d.fading = slices.DeleteFunc(d.fading, func(v *voice) bool {
		_, err := d.runVoice(v, min(n, v.left()), buf)
		over := err != nil || v.left() <= 0
		if over {
			d.finish(v, nil) // cut: that its clip ended meanwhile is no news
		}
		return over
	})
}

// beginNext begins the first span of the plan if its frame is pos; else it
// returns the frame up to which nothing begins, at most end.
func (d *deck) beginNext(end int64) int64 {
	for len(d.plan) > 0 {
		v := d.plan[0]
		at := d.clock.frame(v.span.At)
		joined := d.pos == d.ended && at-d.pos <= joinFrames
		if v.failed(d) {
			continue
		}
		on := d.amp.wake(d, at, end)
		if at > d.pos && !joined {
			return min(at, end)
		}
		if on > d.pos {
			return min(on, end)
		}
		skip := d.leftOut(v, d.pos-at)
		if skip >= v.span.Frames {
			d.plan = d.plan[1:]
			v.from = v.span.Offset
			d.finish(v, ErrMissed)
			continue
		}
		if !d.readyAt(v, skip) {
			return end
		}
		d.plan = d.plan[1:]
		d.on = v
		actual := d.clock.instant(d.pos)
		v.begin(skip, actual, actual.Sub(v.span.At.Add(duration(skip))))
		return d.pos
	}
	return end
}

// leftOut is how much of a span is left out that is so many frames late: nothing
// within the grace, so that no beginning is swallowed; but what begins in the
// middle of its clip is to be where the clock is.
func (d *deck) leftOut(v *voice, late int64) int64 {
	if late > d.grace || late > joinFrames && v.span.Offset > 0 {
		return late
	}
	return 0
}

// failed drops the first voice of the plan if its clip cannot be decoded.
func (v *voice) failed(d *deck) bool {
	if v.src == nil {
		return false
	}
	over, err := v.src.over()
	if !over {
		return false
	}
	d.plan = slices.DeleteFunc(d.plan, func(o *voice) bool { return o == v })
	if v.from = v.span.Offset; err == nil || errors.Is(err, io.EOF) {
		err = ErrShort
	}
	d.finish(v, err)
	return true
}

// readyAt says whether the voice can begin skip frames after its offset; it
// throws away what it need not keep for that.
func (d *deck) readyAt(v *voice, skip int64) bool {
	if d.decoders == nil {
		return true
	}
	if skip < v.skipped { // air time went back
		v.drop()
	}
	if v.src == nil {
		v.src = d.decoders.open(v.span.Clip, v.span.Offset+skip)
		v.skipped = skip
	}
	if skip > v.skipped {
		v.src.owed += skip - v.skipped
		v.skipped = skip
	}
	return v.src.ready() && d.clock.settled()
}

// openAhead opens the clips whose instant is near, and drops those that turn
// out to be no clips while there is time to plan anew.
func (d *deck) openAhead(end int64) {
	horizon := end + frames(d.decoders.ahead)
	for _, v := range slices.Clone(d.plan[:min(maxOpen, len(d.plan))]) {
		at := d.clock.frame(v.span.At)
		if at > horizon {
			break
		}
		if skip := d.leftOut(v, d.pos-at); v.src == nil && skip < v.span.Frames {
			d.readyAt(v, skip)
		}
		v.failed(d)
	}
}

// gap ends the stretch that sounds because the output took nothing for a
// while; the rest of its span comes as soon as frames are taken again, where
// the clock is then. The last frames, unheard of them, were taken and did not
// sound.
func (d *deck) gap(unheard int64) {
	for _, v := range d.fading {
		d.finish(v, nil)
	}
	d.fading, d.ended = nil, -1
	v := d.on
	if v == nil {
		return
	}
	d.on = nil
	v.unheard(unheard)
	d.report(v.played(ErrGap))
	rest := &voice{span: v.span, src: v.src}
	played := v.place() - v.span.Offset
	rest.span.At = rest.span.At.Add(duration(played))
	rest.span.Offset += played
	rest.span.Frames -= played
	d.plan = slices.Insert(d.plan, 0, rest)
}

// stop ends everything; the last frames, unheard of them, did not sound.
func (d *deck) stop(unheard int64) {
	if d.on != nil {
		d.on.unheard(unheard)
		d.on.cut = true
		d.fading = append(d.fading, d.on)
		d.on = nil
	}
	for _, v := range d.fading {
		d.finish(v, nil)
	}
	for _, v := range d.plan {
		v.drop()
	}
	d.fading, d.plan = nil, nil
}

// edge is the next frame at which something begins or ends, never if there is
// none; begins says that it hangs on air time.
func (d *deck) edge() (at int64, begins bool) {
	at = never
	for _, v := range d.fading {
		at = min(at, d.pos+v.left())
	}
	if d.on != nil {
		at = min(at, d.pos+d.on.left())
	} else if len(d.plan) > 0 {
		next := d.clock.frame(d.plan[0].span.At)
		at, begins = min(at, d.amp.before(d, next)), true
	}
	if off := d.amp.off(d); off < at {
		at = off
	}
	return max(at, d.pos), begins
}

// sounding is the stretch that sounds, if any.
func (d *deck) sounding() (Played, bool) {
	if d.on == nil {
		return Played{}, false
	}
	return d.on.played(nil), true
}

func (d *deck) idle() bool { return d.on == nil && len(d.fading) == 0 }

func (d *deck) nextAt() (time.Time, bool) {
	if len(d.plan) == 0 {
		return time.Time{}, false
	}
	return d.plan[0].span.At, true
}
