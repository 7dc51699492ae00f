package player

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ALSASettings are the settings of a sound card's output.
type ALSASettings struct {
	// Buffer is the card's buffer, two periods; default 100 ms, at least 10 ms.
	// A longer one costs less processor time and stands more load, a shorter one
	// lets a warning sound sooner: the latency is twice the buffer.
	Buffer time.Duration
	// Wait lets Start succeed where there is no card: the output tells its fault
	// and plays when the card comes. Without it Start fails with ErrNoCard.
	Wait bool
}

const (
	cardPoll = 200 * time.Millisecond
	// maxReopens is how often a process opens a lost card again.
	maxReopens = 20
	// heldTries is how often in a row a process tries in vain to open a card
	// that it has lost. It still holds what it lost, and that may be what is in
	// the way.
	heldTries = 4
	// emptyTries is how often a process tries that holds nothing: half an hour.
	emptyTries = 600
	// hungLife is how long a process lives whose card did not answer when it
	// was opened.
	hungLife = time.Minute
)

// reopenWait is how long to wait before the nth try to open a card.
func reopenWait(try int) time.Duration {
	return min(250*time.Millisecond<<min(try, 10), 3*time.Second)
}

// errNoAnswer says that a card was being opened and neither came nor failed.
var errNoAnswer = errors.New("no answer")

// line is one opening of a card.
type line interface {
	// lost says why it plays no longer, nil while it does.
	lost() error
	// close ends the calls of fill. The card itself stays open until the
	// process ends.
	close()
}

// card is an output that is opened anew when it is lost. What was opened is
// never let go by the library below, and each try in vain leaves a little
// memory; so the tries of a process are numbered, and then the card is given
// up: a new process must go on.
type card struct {
	name    string
	latency time.Duration
	wait    bool
	// open opens the card; it gives up when stop is closed.
	open func(fill func([]float32), stop <-chan struct{}) (line, error)

	fill  func([]float32)
	fault func(error)
	stop  chan struct{}
	once  sync.Once
	wg    sync.WaitGroup

	held   int // openings of this process
	failed int // tries in vain since the last
}

// Name implements Output.
func (c *card) Name() string { return c.name }

// Latency implements Output.
func (c *card) Latency() time.Duration { return c.latency }

// Start implements Output.
func (c *card) Start(fill func([]float32), fault func(error)) error {
	c.fill, c.fault = fill, fault
	l, err := c.open(c.fill, c.stop)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoCard, err)
		if !c.wait {
			return err
		}
		c.failed++
		c.fault(err)
	} else {
		c.held++
	}
	c.wg.Go(func() { c.keep(l, err) })
	return nil
}

// Close implements Output. The card itself stays open, playing silence, until
// the process ends.
func (c *card) Close() error {
	c.once.Do(func() { close(c.stop) })
	c.wg.Wait()
	return nil
}

// keep watches the line and opens the card again when it is lost; without a
// line, err says why there is none.
func (c *card) keep(l line, err error) {
	tick := time.NewTicker(cardPoll)
	defer tick.Stop()
	for {
		if l == nil {
			if l = c.reopen(err); l == nil {
				return
			}
			c.fault(nil)
		}
		select {
		case <-c.stop:
			l.close()
			return
		case <-tick.C:
		}
		if err = l.lost(); err != nil {
			l.close()
			l = nil
			c.fault(fmt.Errorf("sound card lost: %w", err))
		}
	}
}

// reopen tries until the card is open, the tries are used up, or Close; then
// it returns nil. err is why the card is to be opened.
func (c *card) reopen(err error) line {
	for {
		most := emptyTries
		if c.held > 0 {
			most = heldTries
		}
		switch {
		case c.held > maxReopens:
			c.fault(fmt.Errorf("sound card lost and opened again %d times: %w: %w", maxReopens, ErrGivenUp, err))
			return nil
		case c.failed >= most:
			c.fault(fmt.Errorf("sound card tried %d times in vain: %w: %w", c.failed, ErrGivenUp, err))
			return nil
		}
		wait := reopenWait(c.failed)
		if errors.Is(err, errNoAnswer) {
			wait = hungLife
		}
		select {
		case <-c.stop:
			return nil
		case <-time.After(wait):
		}
		if errors.Is(err, errNoAnswer) { // the thread that opens it is lost; let there be one
			c.fault(fmt.Errorf("open sound card: %w: %w", ErrGivenUp, err))
			return nil
		}
		var l line
		if l, err = c.open(c.fill, c.stop); err == nil {
			c.held++
			c.failed = 0
			return l
		}
		c.failed++
	}
}
