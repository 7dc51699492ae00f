package player

import (
	"context"
	"time"
)

// Player plays a plan on one output. Its methods may be called from any
// goroutine.
type Player struct{}

// New returns a player on out, which it owns from now on; nothing is asked of
// the output before Start. With a *Counting output nothing is rendered.
func New(out Output, opts Options) *Player { return &Player{} }

// Start opens the output. An error that is ErrNoCard means that there is none.
func (p *Player) Start() error { return nil }

// Close fades nothing: it stops the output, reports what was sounding and
// waits for every goroutine of the player's.
func (p *Player) Close() error { return nil }

// SetPlan replaces the whole future. The spans need no order but must not
// overlap; one that begins while another still sounds waits for its end.
func (p *Player) SetPlan(spans []Span) {}

// Soonest is the earliest air time at which a span given now can begin on
// time. A span for "at once" takes it as its At.
func (p *Player) Soonest() time.Time { return time.Time{} }

// Drain returns the stretches that have ended since the last call, in the
// order in which they ended.
func (p *Player) Drain() []Played { return nil }

// Notify returns a channel that gets a value when Drain or Status has news;
// several news may share one value.
func (p *Player) Notify() <-chan struct{} { return nil }

// Running returns the stretch that sounds now, as far as it was taken.
func (p *Player) Running() (Played, bool) { return Played{}, false }

// Level returns the peak and the root mean square of the last 50 ms that the
// output took, full scale 1.
func (p *Player) Level() (peak, rms float64) { return 0, 0 }

// Tap returns what the output takes, in chunks, until ctx is done; then the
// channel is closed. A reader that is more than a second behind loses chunks,
// and never slows the output. Chunks may be kept but not changed.
func (p *Player) Tap(ctx context.Context) <-chan []float32 { return nil }

// SetMute silences the output, or ends that; the plan goes on meanwhile.
func (p *Player) SetMute(on bool) {}

// Status returns how the player is.
func (p *Player) Status() Status { return Status{} }

// Progress is when the output last took frames.
func (p *Player) Progress() time.Time { return p.Status().LastFill }
