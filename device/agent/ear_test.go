package agent_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// A coded recording says in every sample which recording it is, and at which
// millisecond: 24 bits, the upper 8 its number, the lower 16 the time. So what
// sounds can be told from the sound alone.
const codeBits = 24

// coded is a WAV of so many seconds, at most 65, under a number of 1 to 100.
func coded(number byte, seconds float64) []byte {
	n := int(seconds * wire.Rate)
	var b bytes.Buffer
	b.Grow(44 + 3*n)
	size := uint32(3 * n)
	for _, v := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1),
		uint32(wire.Rate), uint32(3 * wire.Rate), uint16(3), uint16(codeBits), []byte("data"), size,
	} {
		_ = binary.Write(&b, binary.LittleEndian, v) // a buffer takes everything
	}
	for i := range n {
		ms := i / (wire.Rate / 1000)
		b.Write([]byte{byte(ms), byte(ms >> 8), number})
	}
	return b.Bytes()
}

// codedItem brings a coded recording to the centre; frames is its length by the
// bulletin in seconds.
func codedItem(c *agenttest.Centre, number byte, seconds float64) wire.Item {
	content := coded(number, seconds)
	return wire.Item{Title: fmt.Sprint("recording ", number), Sound: &wire.Sound{
		Hash: c.AddMedia(content), Size: int64(len(content)), Type: audio.WAV, Frames: int64(seconds * wire.Rate),
	}}
}

// A heardBit is a stretch of one coded recording that sounded without a break;
// of number 0 it is sound that is none, such as a fade.
type heardBit struct {
	number byte
	at     time.Time // when its first frame sounded
	offset int64     // of the recording, to within a millisecond
	frames int64
	from   int64 // frame of the output
}

func (b heardBit) end() time.Time { return b.at.Add(audio.Duration(b.frames)) }

func (b heardBit) String() string {
	return fmt.Sprintf("%s–%s recording %d from %.2f s", b.at.UTC().Format("15:04:05.000"), b.end().UTC().Format("15:04:05.000"), b.number, float64(b.offset)/wire.Rate)
}

// ear is a sound output that listens to coded recordings. It keeps real time;
// in a bubble that costs little.
type ear struct {
	stop chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	bits []heardBit
	pos  int64
}

func newEar() *ear { return &ear{stop: make(chan struct{})} }

func (e *ear) Name() string           { return "ear" }
func (e *ear) Latency() time.Duration { return 0 }

func (e *ear) Start(fill func([]float32), _ func(error)) error {
	e.wg.Go(func() {
		buf := make([]float32, wire.Rate/20)
		tick := time.NewTicker(audio.Duration(int64(len(buf))))
		defer tick.Stop()
		for {
			at := time.Now()
			fill(buf)
			e.hear(buf, at)
			select {
			case <-e.stop:
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

func (e *ear) Close() error {
	close(e.stop)
	e.wg.Wait()
	return nil
}

// shortest is the least that counts as sound of a recording: a fade may look
// like one for a few frames.
const shortest = wire.Rate / 50

func (e *ear) hear(buf []float32, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, s := range buf {
		pos := e.pos + int64(i)
		if s == 0 {
			continue
		}
		v := int64(s * (1 << (codeBits - 1)))
		number, offset := byte(v>>16), v&0xffff*(wire.Rate/1000)
		if last := e.last(); last != nil && last.from+last.frames == pos && last.number == number {
			if d := offset - (last.offset + last.frames); d > -wire.Rate/500 && d < wire.Rate/500 {
				last.frames++
				continue
			}
		}
		e.settle()
		e.bits = append(e.bits, heardBit{number: number, at: at.Add(audio.Duration(int64(i))), offset: offset, frames: 1, from: pos})
	}
	e.pos += int64(len(buf))
}

func (e *ear) last() *heardBit {
	if len(e.bits) == 0 {
		return nil
	}
	return &e.bits[len(e.bits)-1]
}

// settle makes the last bit sound of no recording if it was too short, and one
// with what was such before it.
func (e *ear) settle() {
	last := e.last()
	if last == nil || last.frames >= shortest {
		return
	}
	last.number, last.offset = 0, 0
	if n := len(e.bits); n > 1 {
		if before := &e.bits[n-2]; before.number == 0 && before.from+before.frames == last.from {
			before.frames += last.frames
			e.bits = e.bits[:n-1]
		}
	}
}

// heard is what sounded so far, oldest first.
func (e *ear) heard() []heardBit {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settle()
	return slices.Clone(e.bits)
}

// recordings is heard without what is no recording.
func (e *ear) recordings() []heardBit {
	return slices.DeleteFunc(e.heard(), func(b heardBit) bool { return b.number == 0 })
}

// loudCounty is agenttest's county with a unit that plays at full volume, so that
// coded recordings come out as they are.
func loudCounty(c *agenttest.Centre, programmes ...wire.Programme) {
	c.County(horn, programmes...)
	c.Bulletin(wire.Bulletin{Address: wire.UnitAddress(horn), Settings: &wire.Settings{
		Unit: horn, Name: "The horn", Chain: []string{"county", "village"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 100,
		Addresses: []wire.Held{{Address: "area/county"}, {Address: "area/village"}},
	}})
}
