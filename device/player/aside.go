package player

import (
	"cmp"
	"errors"
	"time"
)

// Errors that an Aside ends with, besides the output's own.
var (
	// ErrMuted: the player is muted.
	ErrMuted = errors.New("muted")
	// ErrHushed: something that goes first has begun, or another Aside.
	ErrHushed = errors.New("something that goes first has begun")
)

// asideWait is how long the clips of an aside may take to be opened, in frames.
const asideWait = 5 * Rate

// Aside is what sounds beside the plan and over it: a test tone, and clips after
// it. It is no part of any plan and no proof of anything.
type Aside struct {
	// Tone is how long the tone is, Gain how loud.
	Tone time.Duration
	Gain float64
	// Clips follow each other. Of each span the clip, the offset, the frames and
	// the gain count.
	Clips []Span
}

func (a Aside) frames() int64 {
	n := frames(a.Tone)
	for _, s := range a.Clips {
		n += s.Frames
	}
	return n
}

// aside is an Aside on its way.
type aside struct {
	tone   tone
	voices []*voice
	waited int64
	end    ramp // to silence, once it is hushed
	hushed bool
	why    error // of the first clip that could not be played
	done   chan error
	buf    []float32
	timer  *time.Timer // when counting
}

// Say sounds an Aside as soon as the amplifier is warm. The channel gets one
// value when it is over: nil if it sounded whole, else what came between. An error
// at once says why nobody would hear it.
func (p *Player) Say(a Aside) (<-chan error, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.deck.absent:
		return nil, ErrNoCard
	case p.status.Fault != nil:
		return nil, p.status.Fault
	case p.deck.muted:
		return nil, ErrMuted
	case p.closed:
		return nil, ErrHushed
	}
	p.endAside(ErrHushed)
	s := &aside{tone: tone{length: frames(a.Tone), gain: a.Gain}, end: ramp{now: 1, to: 1}, done: make(chan error, 1)}
	p.aside = s
	if p.counting() {
		s.timer = time.AfterFunc(duration(p.deck.amp.lead+a.frames()), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.aside == s {
				p.endAside(nil)
			}
		})
		return s.done, nil
	}
	for _, span := range a.Clips {
		v := &voice{span: span, src: p.decoders.open(span.Clip, span.Offset)}
		v.begin(0, time.Time{}, 0)
		s.voices = append(s.voices, v)
	}
	p.deck.amp.held = true
	return s.done, nil
}

// Hush lets an Aside fall silent.
func (p *Player) Hush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch a := p.aside; {
	case a == nil || a.hushed:
	case p.counting():
		p.endAside(ErrHushed)
	default:
		a.hushed = true
		a.end.toward(0, 1.0/float64(fadeFrames))
	}
}

// endAside forgets the aside, if there is one; the lock is held.
func (p *Player) endAside(why error) {
	a := p.aside
	if a == nil {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	for _, v := range a.voices {
		v.drop()
	}
	p.aside, p.deck.amp.held = nil, false
	a.done <- why
}

// runAside adds the aside to the frames that the deck has just handed out.
func (p *Player) runAside(buf []float32) {
	a := p.aside
	if a == nil {
		return
	}
	begin := p.deck.pos - int64(len(buf))
	if warm := p.deck.amp.wakeNow(begin); warm > begin {
		buf = buf[min(int64(len(buf)), warm-begin):]
	}
	if len(a.buf) < len(buf) {
		a.buf = make([]float32, len(buf))
	}
	out := a.buf[:len(buf)]
	clear(out)
	over := a.run(out, p.deck.scratch)
	for i, s := range out {
		buf[i] = max(-1, min(1, buf[i]+s*float32(a.end.now)))
		a.end.skip(1)
	}
	switch {
	case a.hushed && a.end.now == 0:
		p.endAside(ErrHushed)
	case over:
		p.endAside(a.why)
	}
}

// run adds what comes next to out, and answers whether that was the last of it.
func (a *aside) run(out, scratch []float32) (over bool) {
	n := a.tone.mix(out)
	for out = out[n:]; len(out) > 0 && len(a.voices) > 0; {
		v := a.voices[0]
		if !v.src.ready() {
			if a.waited += int64(len(out)); a.waited < asideWait {
				return false
			}
			v.drop()
			a.voices, a.waited, a.why = a.voices[1:], 0, cmp.Or(a.why, errSlowClip)
			continue
		}
		k, err := v.run(min(int64(len(out)), v.left()), out, scratch)
		if err != nil || v.left() <= 0 {
			v.drop()
			a.voices, a.waited = a.voices[1:], 0
			if err != nil && !errors.Is(err, ErrShort) {
				a.why = cmp.Or(a.why, err)
			}
		}
		out = out[k:]
	}
	return a.tone.done >= a.tone.length && len(a.voices) == 0
}

// errSlowClip: the card does not give the clip.
var errSlowClip = errors.New("its clip cannot be read in time")
