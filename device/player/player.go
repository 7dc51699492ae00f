package player

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Player plays a plan on one output. Its methods may be called from any
// goroutine.
type Player struct {
	out    Output
	log    scribe
	notify chan struct{}
	meter  meter

	stopping context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	decoders *decoders // nil when counting
	amp      chan bool // what Amp is to be called with

	mu       sync.Mutex
	clock    frameClock
	deck     deck
	reports  []Played
	status   Status
	volume   ramp   // of the mute
	aside    *aside // nil for none
	race     racer
	asked    time.Duration // when the output last asked for frames
	lastFill time.Duration
	lastLen  int64 // frames of the last fill
	filled   bool
	lost     bool // the output has failed since the last fill
	behind   behind
	started  bool
	closed   bool
	poke     chan struct{} // wakes the counter
}

// New returns a player on out, which it owns from now on; nothing is asked of
// the output before Start. With a *Counting output nothing is rendered. Every
// player is to be closed, one that could not be started too.
func New(out Output, opts Options) *Player {
	opts.fill(out.Latency())
	p := &Player{
		out:    out,
		log:    make(scribe, 64),
		notify: make(chan struct{}, 1),
		poke:   make(chan struct{}, 1),
		volume: ramp{now: 1, to: 1},
	}
	p.stopping, p.stop = context.WithCancel(context.Background())
	logger := opts.Logger.With("component", "player")
	p.wg.Go(func() { p.log.run(p.stopping, logger) })
	p.clock = frameClock{base: time.Now(), now: opts.Now, latency: out.Latency()}
	p.clock.readAir()
	_, none := out.(absent)
	p.deck = deck{clock: &p.clock, grace: frames(opts.Grace), report: p.report, ended: -1, absent: none}
	if !p.counting() {
		p.decoders = newDecoders(opts.Ahead)
		p.deck.decoders = p.decoders
	}
	if opts.Amp != nil {
		p.runAmp(opts)
	}
	p.status = Status{Output: out.Name(), Absent: none, Since: time.Now()}
	return p
}

func (o *Options) fill(latency time.Duration) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace <= 0 {
		o.Grace = max(2*latency+o.AmpLead, 250*time.Millisecond)
	}
	if o.Ahead <= 0 {
		o.Ahead = 3 * time.Second
	}
	o.Ahead = max(o.Ahead, 500*time.Millisecond)
	if o.AmpHold <= 0 {
		o.AmpHold = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// Decodes tells whether clips are opened at all: not where frames are only counted.
func (p *Player) Decodes() bool { return !p.counting() }

func (p *Player) counting() bool {
	_, ok := p.out.(*Counting)
	return ok
}

// runAmp starts the goroutine that calls opts.Amp, so that nothing waits for
// the switch; it makes the first call, off, and when the player closes the last.
func (p *Player) runAmp(opts Options) {
	p.amp = make(chan bool, 16)
	p.deck.amp = amplifier{
		lead: frames(opts.AmpLead),
		hold: frames(opts.AmpHold + p.clock.latency),
		change: func(on bool) {
			select {
			case p.amp <- on:
			default:
				p.log.say(slog.LevelError, "amplifier switch is stuck", "on", on)
			}
		},
	}
	p.wg.Go(func() {
		opts.Amp(false) // whatever a process before has left
		state := false
		for {
			select {
			case state = <-p.amp:
				opts.Amp(state)
			case <-p.stopping.Done():
				if state {
					opts.Amp(false)
				}
				return
			}
		}
	})
}

// Start opens the output. An error that is ErrNoCard means that there is none.
func (p *Player) Start() error {
	p.mu.Lock()
	if p.started || p.closed {
		p.mu.Unlock()
		return errors.New("start player: started or closed before")
	}
	p.started = true
	p.mu.Unlock()
	if err := p.out.Start(p.fill, p.fault); err != nil {
		p.fault(err)
		return fmt.Errorf("start sound output %q: %w", p.out.Name(), err)
	}
	if p.counting() {
		p.wg.Go(p.count)
	} else {
		p.wg.Go(p.watch)
	}
	return nil
}

// Close stops the output at once, without a fade, reports what was sounding
// and waits for every goroutine of the player's.
func (p *Player) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.catchUp()
	started := p.started
	p.mu.Unlock()

	var err error
	if started {
		err = p.out.Close()
	}
	p.mu.Lock()
	unheard := int64(0)
	if p.lost { // what stood in its buffers
		unheard = frames(p.clock.latency)
	}
	p.deck.stop(unheard)
	p.endAside(ErrHushed)
	p.mu.Unlock()
	p.meter.close()
	p.stop()
	p.wg.Wait()
	if p.decoders != nil {
		p.decoders.wg.Wait()
	}
	return err
}

// SetPlan replaces the whole future. The spans need no order but must not
// overlap; one that begins while another still sounds waits for its end. What
// sounds and is in the plan goes on; what sounds and is not, or ends before
// now, fades out. What began late and is over by the plan ends whole.
//
// A span that is due already begins at once: whole if its Offset is 0 and it is
// late by no more than Options.Grace, else at the frame where the clock is, and
// not at all when its End is over (ErrMissed). Frames are handed out ahead of
// their sounding, so one planned for this moment is late by the output's
// latency; see Soonest.
func (p *Player) SetPlan(spans []Span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.catchUp()
	p.deck.set(spans)
	if p.decoders != nil {
		p.deck.openAhead(p.deck.pos)
	}
	p.wake()
}

// Soonest is the earliest air time at which a span given now can begin on
// time, its clip opened and the amplifier warm. A span for "at once" takes it
// as its At.
func (p *Player) Soonest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	lead := int64(0)
	if a := &p.deck.amp; a.change != nil {
		if lead = a.lead; a.on {
			lead = max(0, a.warm-p.deck.pos)
		}
	}
	if p.counting() {
		return p.clock.instant(p.deck.pos + lead)
	}
	if !p.filled {
		return p.clock.now().Add(p.clock.latency + duration(lead))
	}
	// One more chunk passes while the clip is opened.
	return p.clock.instant(p.deck.pos + max(p.lastLen, Rate/20) + lead)
}

// Drain returns the stretches that have ended since the last call, in the
// order in which they ended.
func (p *Player) Drain() []Played {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	r := p.reports
	p.reports = nil
	return r
}

// Notify returns a channel that gets a value when Drain or Status has news;
// several news may share one value.
func (p *Player) Notify() <-chan struct{} { return p.notify }

// Running returns the stretch that sounds now, as far as it was taken.
func (p *Player) Running() (Played, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	return p.deck.sounding()
}

// Fading tells whether something that was cut still falls silent. Notify has news
// when it is over.
func (p *Player) Fading() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	return len(p.deck.fading) > 0
}

// SetMute silences the output, or ends that, within 20 ms; the plan goes on
// meanwhile, and its stretches count their muted frames as silent.
func (p *Player) SetMute(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	p.deck.muted = on
	to := 1.0
	if on {
		to = 0
		p.endAside(ErrMuted)
	}
	p.volume.toward(to, 50.0/Rate)
}

// Status returns how the player is.
func (p *Player) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	s := p.status
	s.Taken, s.Starved, s.Muted = p.deck.pos, p.deck.starve, p.deck.muted
	if p.filled {
		s.LastFill = p.clock.base.Add(p.lastFill)
	}
	return s
}

// Progress is when the output last took frames, by the system clock; zero
// before the first time.
func (p *Player) Progress() time.Time { return p.Status().LastFill }

// report takes in a stretch that has ended; the lock is held.
func (p *Player) report(r Played) {
	if r.Err != nil {
		p.log.say(slog.LevelWarn, "span did not play to its end", "span", r.ID, "frames", r.Frames, "err", r.Err)
	}
	p.reports = append(p.reports, r)
	p.tell()
}

func (p *Player) tell() {
	select {
	case p.notify <- struct{}{}:
	default:
	}
}

// fault takes in what befell the output.
func (p *Player) fault(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	if err != nil && !p.lost { // what stood in its buffers is gone
		p.deck.gap(frames(p.clock.latency))
	}
	p.setFault(err)
	p.wake()
}

func (p *Player) setFault(err error) {
	if err == nil && p.status.Fault == nil {
		return
	}
	if err == nil {
		p.log.say(slog.LevelInfo, "sound output plays again", "output", p.status.Output, "after", time.Since(p.status.Since))
	} else {
		p.log.say(slog.LevelError, "sound output failed", "output", p.status.Output, "err", err)
		p.endAside(err)
	}
	p.lost = p.lost || err != nil
	p.status.Fault, p.status.Since = err, time.Now()
	p.tell()
}
