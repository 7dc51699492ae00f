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
	playerPeriods = 2 // of oto's own buffer before the card's
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

// NewALSA returns the default ALSA device, through oto: mixer frames, oto's
// player buffer of two periods, the card's buffer of two periods.
//
// A card that is lost is opened again. But what oto v2 has opened it never
// closes: a lost card that does not come back soon, or was lost 20 times, is
// given up (ErrGivenUp), so that a new process goes on which holds nothing.
//
// oto asks for frames when its buffer has one period left and the card's is
// full, with one period in hand; so the frames asked for follow four periods.
func NewALSA(s ALSASettings) (Output, error) {
	period := s.period()
	return &card{
		name:    fmt.Sprintf("ALSA default, buffer %v", duration(2*period)),
		latency: duration((2 + playerPeriods) * period),
		wait:    s.Wait,
		stop:    make(chan struct{}),
		open: func(fill func([]float32), stop <-chan struct{}) (line, error) {
			return openOto(period, fill, stop)
		},
	}, nil
}

// otoLine is one opening of the card.
type otoLine struct {
	ctx    *oto.Context
	player oto.Player
	feed   *feed
}

func openOto(period int64, fill func([]float32), stop <-chan struct{}) (line, error) {
	ctx, ready, err := oto.NewContextWithOptions(&oto.NewContextOptions{
		SampleRate:   Rate,
		ChannelCount: cardChannels,
		Format:       oto.FormatFloat32LE,
		BufferSize:   duration(2 * period),
	})
	if err != nil {
		return nil, fmt.Errorf("open sound card: %w", err)
	}
	select {
	case <-ready:
	case <-stop:
		return nil, errors.New("open sound card: closed meanwhile")
	case <-time.After(cardOpenTime):
		return nil, fmt.Errorf("open sound card: %w in %v", errNoAnswer, cardOpenTime)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open sound card: %w", err)
	}
	f := &feed{fill: fill, mono: make([]float32, playerPeriods*period)}
	p := ctx.NewPlayer(f)
	p.(oto.BufferSizeSetter).SetBufferSize(int(playerPeriods * period * cardFrame))
	p.Play()
	return &otoLine{ctx: ctx, player: p, feed: f}, nil
}

func (l *otoLine) lost() error { return l.ctx.Err() }

func (l *otoLine) close() {
	l.feed.shut()
	l.player.Close()
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
