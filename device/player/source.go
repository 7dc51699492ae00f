package player

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/media/audio"
)

// chunkFrames is how many frames a decoder hands over at a time: 50 ms.
const chunkFrames = Rate / 20

var errNoClip = errors.New("open clip: span has none")

// decoders starts and ends the goroutines that decode ahead, and keeps the
// chunks that they fill for the next ones.
type decoders struct {
	ahead time.Duration
	free  chan []float32
	wg    sync.WaitGroup
}

func newDecoders(ahead time.Duration) *decoders {
	return &decoders{ahead: ahead, free: make(chan []float32, 2*int(frames(ahead)/chunkFrames)+4)}
}

func (d *decoders) take() []float32 {
	select {
	case c := <-d.free:
		return c[:chunkFrames]
	default:
		return make([]float32, chunkFrames)
	}
}

func (d *decoders) give(c []float32) {
	select {
	case d.free <- c:
	default:
	}
}

// A source is one clip being decoded ahead. Its read side belongs to the mixer
// and never blocks.
type source struct {
	from   *decoders
	chunks chan []float32
	stop   chan struct{}
	ended  atomic.Bool // no chunk follows those in the channel; err is set
	err    error       // io.EOF or why decoding ended

	chunk []float32 // taken from the channel
	rest  []float32 // of chunk, not yet read
	owed  int64     // frames to be thrown away before the next read
}

// open begins to decode clip from its frame offset.
func (d *decoders) open(clip Clip, offset int64) *source {
	s := &source{
		from:   d,
		chunks: make(chan []float32, max(2, int(frames(d.ahead)/chunkFrames))),
		stop:   make(chan struct{}),
	}
	d.wg.Go(func() {
		s.err = s.decode(clip, offset)
		s.ended.Store(true)
	})
	return s
}

// close ends the decoding; the source is not read any more.
func (s *source) close() { close(s.stop) }

func (s *source) decode(clip Clip, offset int64) (err error) {
	defer func() { // a decoder that panics must not silence the village
		if r := recover(); r != nil {
			err = fmt.Errorf("decode clip: %v", r)
		}
	}()
	if clip == nil {
		return errNoClip
	}
	stream, err := clip.Open()
	if err != nil {
		return fmt.Errorf("open clip: %w", err)
	}
	if c, ok := stream.(io.Closer); ok {
		defer c.Close()
	}
	if c, ok := stream.(closing); ok {
		stream = c.Stream
	}
	if err := s.skip(stream, offset); err != nil {
		return err
	}
	for {
		c := s.from.take()
		n, err := readFull(stream, c)
		if n > 0 {
			select {
			case s.chunks <- c[:n]:
			case <-s.stop:
				return io.EOF
			}
		}
		if err != nil {
			return err
		}
	}
}

// skip brings stream to its frame n, in steps so that it can be stopped.
func (s *source) skip(stream Stream, n int64) error {
	for n > 0 {
		select {
		case <-s.stop:
			return io.EOF
		default:
		}
		want := min(n, 10*Rate)
		got, err := audio.Skip(stream, want)
		if err != nil {
			return wrapDecode(err)
		}
		if got < want {
			return io.EOF
		}
		n -= got
	}
	return nil
}

// readFull fills p unless the stream ends; it gives up on one that yields
// nothing.
func readFull(stream Stream, p []float32) (n int, err error) {
	for idle := 0; n < len(p); {
		k, err := stream.Read(p[n:])
		n += k
		if err != nil {
			return n, wrapDecode(err)
		}
		if idle++; k > 0 {
			idle = 0
		}
		if idle > 100 {
			return n, wrapDecode(io.ErrNoProgress)
		}
	}
	return n, nil
}

func wrapDecode(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("decode clip: %w", err)
}

// next makes rest non-empty if it can. False: nothing is there (yet).
func (s *source) next() bool {
	for {
		if k := min(s.owed, int64(len(s.rest))); k > 0 {
			s.rest, s.owed = s.rest[k:], s.owed-k
		}
		if len(s.rest) > 0 {
			return true
		}
		if s.chunk != nil {
			s.from.give(s.chunk)
			s.chunk = nil
		}
		select {
		case c := <-s.chunks:
			s.chunk, s.rest = c, c
		default:
			return false
		}
	}
}

// over says that the source has ended and been read to its end, and how.
func (s *source) over() (bool, error) {
	// ended is read first: chunks sent before it was set are in the channel.
	if s.ended.Load() && !s.next() {
		return true, s.err
	}
	return false, nil
}

// read fills p as far as there are frames. The rest it owes: those frames are
// thrown away when they come, so that the sound stays where the clock is.
func (s *source) read(p []float32) (n int) {
	for n < len(p) && s.next() {
		k := copy(p[n:], s.rest)
		n, s.rest = n+k, s.rest[k:]
	}
	return n
}

// ready says that there is enough to begin with, or all that there is.
func (s *source) ready() bool {
	return s.ended.Load() || s.next() && len(s.chunks) >= 2
}
