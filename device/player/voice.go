package player

import (
	"errors"
	"io"
	"math"
	"time"
)

const (
	fadeFrames = int64(FadeTime * Rate / time.Second)
	edgeFrames = Rate / 100 // of a start in the middle of an item, and of a change of gain
)

// A voice is a span on its way: planned, sounding, or fading.
type voice struct {
	span Span
	src  *source // nil while not opened, and always when counting

	skipped int64 // frames after its offset at which src was opened

	// The stretch that sounds.
	from   int64     // frame of the clip that sounded first
	done   int64     // frames handed out since
	silent int64     // of them, as silence
	at     time.Time // air time of the first
	late   time.Duration
	cut    bool // ended by a new plan

	env  ramp // the edges: 1 in the middle of a span
	gain ramp
}

// place is the frame of the clip that comes next.
func (v *voice) place() int64 { return v.from + v.done }

// left is how many frames are to be handed out.
func (v *voice) left() int64 {
	left := v.span.Offset + v.span.Frames - v.place()
	if v.cut {
		left = min(left, v.env.left())
	}
	return left
}

// begin makes the voice sound from skip frames after its offset.
func (v *voice) begin(skip int64, at time.Time, late time.Duration) {
	v.from, v.done, v.silent = v.span.Offset+skip, 0, 0
	v.at, v.late = at, late
	v.gain = ramp{now: v.span.Gain, to: v.span.Gain}
	v.env = ramp{now: 1, to: 1}
	if v.from > 0 {
		v.env = ramp{now: 0, to: 1, step: 1.0 / edgeFrames}
	}
}

// sameAs says whether span is what sounds, going on. One that begins later in
// the clip than by slack is another stretch.
func (v *voice) sameAs(span Span, slack int64) bool {
	origin := func(s Span) time.Time { return s.At.Add(-duration(s.Offset)) }
	diff := origin(span).Sub(origin(v.span))
	return v.span.ID == span.ID && diff.Abs() <= time.Millisecond && span.Offset <= v.place()+slack
}

// goOn takes over what a new plan says about the voice while it sounds; false:
// it is to be cut.
func (v *voice) goOn(span Span) bool {
	end := span.Offset + span.Frames
	if left := end - v.place(); left <= 0 || span.Cut && left < fadeFrames && v.env.to != 0 {
		return false
	}
	// The beginning stays that of the plan under which it began.
	v.span.Frames = end - v.span.Offset
	v.span.Cut = span.Cut
	if v.span.Gain != span.Gain {
		v.span.Gain = span.Gain
		v.gain.toward(span.Gain, math.Abs(span.Gain-v.gain.now)/edgeFrames)
	}
	if v.env.to == 0 {
		v.env.toward(1, 1.0/float64(fadeFrames))
	}
	return true
}

// fade lets the voice fall silent from here.
func (v *voice) fade() {
	v.cut = true
	v.env.toward(0, 1.0/float64(fadeFrames))
}

// run hands out n frames, at most left(), added to out, or to nobody if out is
// nil. It returns how many there were before the clip ended, and how it did.
func (v *voice) run(n int64, out []float32, scratch []float32) (int64, error) {
	if v.span.Cut && v.env.to != 0 {
		// Up to the fade, then the rest.
		k := min(n, max(0, v.left()-fadeFrames))
		if k < n {
			got, err := v.step(k, out, scratch)
			if got < k || err != nil {
				return got, err
			}
			v.env.toward(0, 1.0/float64(min(fadeFrames, max(1, v.left()))))
			if out != nil {
				out = out[k:]
			}
			more, err := v.step(n-k, out, scratch)
			return got + more, err
		}
	}
	return v.step(n, out, scratch)
}

func (v *voice) step(n int64, out []float32, scratch []float32) (int64, error) {
	if out == nil || n == 0 {
		v.env.skip(n)
		v.gain.skip(n)
		v.done += n
		return n, nil
	}
	in := scratch[:n]
	got := int64(v.src.read(in))
	if got < n {
		if over, err := v.src.over(); over {
			v.mix(in[:got], out)
			v.done += got
			if errors.Is(err, io.EOF) {
				err = ErrShort
			}
			return got, err
		}
		// The clip is behind: its place passes in silence.
		clear(in[got:])
		v.src.owed += n - got
		v.silent += n - got
	}
	v.mix(in, out)
	v.done += n
	return n, nil
}

// mix adds in to out, through the gain and the edges.
func (v *voice) mix(in, out []float32) {
	if v.env.steady() && v.gain.steady() {
		g := float32(v.gain.now * v.env.now)
		if g == 1 {
			for i, s := range in {
				out[i] += s
			}
			return
		}
		for i, s := range in {
			out[i] += s * g
		}
		return
	}
	for i, s := range in {
		out[i] += s * float32(v.gain.now*v.env.now)
		v.env.skip(1)
		v.gain.skip(1)
	}
}

// unheard notes that the last n frames handed out did not sound.
func (v *voice) unheard(n int64) { v.silent = min(v.done, v.silent+n) }

// played is the report of the stretch as it is.
func (v *voice) played(err error) Played {
	return Played{
		ID: v.span.ID, Offset: v.from, Frames: v.done, At: v.at, Late: v.late.Round(time.Microsecond),
		Silent: v.silent, Cut: v.cut, Err: err,
	}
}

// A ramp is a value that moves evenly, frame by frame, to where it shall be.
type ramp struct{ now, to, step float64 }

func (r *ramp) steady() bool { return r.now == r.to }

func (r *ramp) toward(to, step float64) { r.to, r.step = to, step }

// left is how many frames the ramp needs until it is steady.
func (r *ramp) left() int64 {
	if r.steady() {
		return 0
	}
	return int64(math.Ceil(math.Abs(r.to-r.now)/r.step - 1e-6))
}

// skip moves on by n frames.
func (r *ramp) skip(n int64) {
	switch d := float64(n) * r.step; {
	case r.now < r.to:
		r.now = min(r.to, r.now+d)
	case r.now > r.to:
		r.now = max(r.to, r.now-d)
	}
	if math.Abs(r.to-r.now) < 1e-9 {
		r.now = r.to
	}
}
