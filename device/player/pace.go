package player

import (
	"sync"
	"time"
)

// paceFrames is how many frames an output without a card takes at a time.
const paceFrames = Rate / 20

// A pacer takes frames in real time without a card to set the pace.
type pacer struct {
	name string
	sink func([]float32) error // nil: the frames go nowhere
	done func() error          // ends the sink; may be nil

	stop chan struct{}
	wg   sync.WaitGroup
	once sync.Once
	err  error
}

// NewSilent returns an output that keeps real time and makes no sound, for a
// unit without a card; meter and Tap work as with a card. Its latency is 0.
func NewSilent() Output { return &pacer{name: "silent", stop: make(chan struct{})} }

// absent keeps time in the place of an output that is not there.
type absent struct{ Output }

// NewAbsent returns an output for a unit that should have sound and has nothing to
// sound from: time goes on as with NewSilent, but nobody hears it, so all that it
// takes counts as silent.
func NewAbsent() Output {
	return absent{&pacer{name: "no sound output", stop: make(chan struct{})}}
}

// Name implements Output.
func (o *pacer) Name() string { return o.name }

// Latency implements Output: a frame "sounds" when it is taken.
func (o *pacer) Latency() time.Duration { return 0 }

// Start implements Output.
func (o *pacer) Start(fill func([]float32), fault func(error)) error {
	o.wg.Go(func() { o.run(fill, fault) })
	return nil
}

// Close implements Output.
func (o *pacer) Close() error {
	o.once.Do(func() {
		close(o.stop)
		o.wg.Wait()
		if o.done != nil {
			o.err = o.done()
		}
	})
	return o.err
}

func (o *pacer) run(fill func([]float32), fault func(error)) {
	buf := make([]float32, paceFrames)
	due := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	sink := o.sink
	for {
		select {
		case <-o.stop:
			return
		case <-timer.C:
		}
		if time.Since(due) > time.Second { // the process was stopped: a gap, not a burst
			due = time.Now()
		}
		fill(buf)
		if sink != nil {
			if err := sink(buf); err != nil {
				fault(err)
				sink = nil
			}
		}
		due = due.Add(duration(paceFrames))
		timer.Reset(time.Until(due))
	}
}
