//go:build linux && cgo && alsa

package player

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/hajimehoshi/oto/v2"
)

const (
	cardChannels  = 2 // the same sample on both
	cardFrame     = 4 * cardChannels
	cardOpenTime  = 10 * time.Second
	cardPoll      = 200 * time.Millisecond
	cardSteady    = 10 * time.Minute // of playing forgive what was before
	playerPeriods = 2                // of oto's own buffer before the card's
)

const defaultBuffer = 100 * time.Millisecond

// period is half the buffer, in frames.
func (s ALSASettings) period() int64 {
	b := s.Buffer
	if b <= 0 {
		b = defaultBuffer
	}
	return frames(max(b, 10*time.Millisecond)) / 2
}

// NewALSA returns the default ALSA device. Its Start fails with ErrNoCard if
// none can be opened. A card that is lost later is opened again, up to 20 times
// (counted anew after ten minutes of playing); then the output gives up: what
// oto v2 has opened it never closes, so a new process must go on.
func NewALSA(s ALSASettings) (Output, error) {
	return &card{period: s.period(), stop: make(chan struct{})}, nil
}

// card is the default ALSA device through oto: mixer frames, oto's player
// buffer of two periods, the card's buffer of two periods.
type card struct {
	period int64
	fill   func([]float32)
	fault  func(error)
	stop   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup
}

// Name implements Output.
func (c *card) Name() string { return fmt.Sprintf("ALSA default, buffer %v", duration(2*c.period)) }

// Latency implements Output. oto asks for frames when its buffer has one
// period left and the card's is full, with one period in hand; so the frames
// asked for follow four periods.
func (c *card) Latency() time.Duration { return duration((2 + playerPeriods) * c.period) }

// Start implements Output.
func (c *card) Start(fill func([]float32), fault func(error)) error {
	c.fill, c.fault = fill, fault
	l, err := c.open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoCard, err)
	}
	c.wg.Go(func() { c.keep(l) })
	return nil
}

// Close implements Output. oto keeps the card itself open, playing silence,
// until the process ends.
func (c *card) Close() error {
	c.once.Do(func() { close(c.stop) })
	c.wg.Wait()
	return nil
}

// line is one opening of the card.
type line struct {
	ctx    *oto.Context
	player oto.Player
	feed   *feed
}

func (c *card) open() (*line, error) {
	ctx, ready, err := oto.NewContextWithOptions(&oto.NewContextOptions{
		SampleRate:   Rate,
		ChannelCount: cardChannels,
		Format:       oto.FormatFloat32LE,
		BufferSize:   duration(2 * c.period),
	})
	if err != nil {
		return nil, fmt.Errorf("open sound card: %w", err)
	}
	select {
	case <-ready:
	case <-c.stop:
		return nil, errors.New("open sound card: closed meanwhile")
	case <-time.After(cardOpenTime):
		return nil, fmt.Errorf("open sound card: no answer in %v", cardOpenTime)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open sound card: %w", err)
	}
	f := &feed{fill: c.fill, mono: make([]float32, playerPeriods*c.period)}
	p := ctx.NewPlayer(f)
	p.(oto.BufferSizeSetter).SetBufferSize(int(playerPeriods * c.period * cardFrame))
	p.Play()
	return &line{ctx: ctx, player: p, feed: f}, nil
}

func (l *line) close() {
	l.feed.shut()
	l.player.Close()
}

// keep watches the card and opens it again when it is lost.
func (c *card) keep(l *line) {
	tries, opened := 0, time.Now()
	tick := time.NewTicker(cardPoll)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			l.close()
			return
		case <-tick.C:
		}
		lost := l.ctx.Err()
		if lost == nil {
			continue
		}
		l.close()
		c.fault(fmt.Errorf("sound card lost: %w", lost))
		if time.Since(opened) > cardSteady {
			tries = 0
		}
		if l, tries = c.reopen(tries); l == nil {
			return
		}
		opened = time.Now()
		c.fault(nil)
	}
}

// reopen tries until the card is open, the tries are used up, or Close; then
// it returns nil.
func (c *card) reopen(tries int) (*line, int) {
	for {
		if tries >= maxReopens {
			c.fault(fmt.Errorf("sound card lost, %d times tried: %w", tries, ErrGivenUp))
			return nil, tries
		}
		select {
		case <-c.stop:
			return nil, tries
		case <-time.After(reopenWait(tries)):
		}
		tries++
		if l, err := c.open(); err == nil {
			return l, tries
		}
	}
}

// feed is what oto reads: the mixer's frames, on every channel.
type feed struct {
	mu   sync.Mutex
	fill func([]float32)
	mono []float32
	over bool
}

// Read implements io.Reader.
func (f *feed) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return 0, io.EOF
	}
	n := min(len(b)/cardFrame, len(f.mono))
	f.fill(f.mono[:n])
	for i, s := range f.mono[:n] {
		bits := math.Float32bits(s)
		binary.LittleEndian.PutUint32(b[cardFrame*i:], bits)
		binary.LittleEndian.PutUint32(b[cardFrame*i+4:], bits)
	}
	return n * cardFrame, nil
}

// shut ends the calls of fill.
func (f *feed) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
}
