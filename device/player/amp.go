package player

// amplifier switches the amplifier on ahead of what sounds and off when
// nothing does. The zero value has none to switch.
type amplifier struct {
	change func(on bool) // never blocks
	lead   int64         // frames that it is on before the first that sounds
	hold   int64         // frames of quiet after which it is switched off
	on     bool
	warm   int64 // frame from which it may sound
	quiet  int64 // frame since which nothing has sounded
	held   bool  // an aside wants it on
}

// wake switches on if a span that begins at the frame at is near enough to
// the frames up to end, and returns the frame before which it must not begin.
func (a *amplifier) wake(d *deck, at, end int64) int64 {
	if a.change == nil {
		return d.pos
	}
	if !a.on && at-a.lead <= end {
		a.on, a.warm, a.quiet = true, max(d.pos, at-a.lead)+a.lead, never
		a.change(true)
	}
	if !a.on {
		return at
	}
	return a.warm
}

// wakeNow switches on at the frame pos if need be, and returns the frame before
// which nothing is to begin.
func (a *amplifier) wakeNow(pos int64) int64 {
	if a.change == nil {
		return pos
	}
	if !a.on {
		a.on, a.warm, a.quiet = true, pos+a.lead, never
		a.change(true)
	}
	return a.warm
}

// rest notes at the end of a run whether anything sounds, and switches off in
// a long quiet.
func (a *amplifier) rest(d *deck) {
	if a.change == nil || !a.on {
		return
	}
	if !d.idle() || a.held {
		a.quiet = never
		return
	}
	if a.quiet == never {
		a.quiet = d.pos
	}
	if d.pos >= a.off(d) {
		a.on = false
		a.change(false)
	}
}

// off is the frame at which it is to be switched off if nothing is planned anew.
func (a *amplifier) off(d *deck) int64 {
	if a.change == nil || !a.on || a.held || !d.idle() {
		return never
	}
	off := max(a.warm, min(a.quiet, d.pos)) + a.hold
	if at, ok := d.nextAt(); ok && d.clock.frame(at) < off+a.lead {
		return never
	}
	return off
}

// before is the frame at which something must be done for a span at the frame
// next: switching on, or beginning it.
func (a *amplifier) before(d *deck, next int64) int64 {
	if a.change == nil {
		return next
	}
	if !a.on {
		return next - a.lead
	}
	return max(next, a.warm)
}
