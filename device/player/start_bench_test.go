//go:build linux && cgo && alsa

package player

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hajimehoshi/oto/v2"

	"github.com/villagecast/villagecast/device/player/vcap"
)

const (
	benchStarts = 200
	// settling is how long after an underrun starts are not judged: until the
	// frame clock has been anchored anew.
	settling = 2 * time.Second
	// fewest starts of a run that are to be left to be judged.
	fewestStarts = 50
)

func init() {
	scenes["bench-starts"] = benchOurStarts
	scenes["bench-oto-starts"] = benchOtoStarts
}

// startTimes are the instants of a run, at random phases.
func startTimes() []time.Time {
	at := time.Now().Add(2 * time.Second)
	list := make([]time.Time, benchStarts)
	for i := range list {
		list[i] = at
		at = at.Add(80*time.Millisecond + rand.N(80*time.Millisecond))
	}
	return list
}

// benchOurStarts plans short sounds at random instants.
func benchOurStarts() error {
	s, err := newScene()
	if err != nil {
		return err
	}
	var plan []Span
	for i, at := range startTimes() {
		plan = append(plan, Span{ID: fmt.Sprint(i), At: at, Clip: clipOf(burstFrames, uint64(i)), Frames: burstFrames, Gain: 1})
	}
	s.play(plan)
	return s.end()
}

// benchOtoStarts does the same with oto alone: a player for each sound, told to
// play at its instant less the card's buffer.
func benchOtoStarts() error {
	ctx, ready, err := oto.NewContextWithOptions(&oto.NewContextOptions{
		SampleRate: Rate, ChannelCount: cardChannels, Format: oto.FormatFloat32LE, BufferSize: defaultBuffer,
	})
	if err != nil {
		return err
	}
	<-ready
	if err := ctx.Err(); err != nil {
		return err
	}
	var a acted
	for i, at := range startTimes() {
		p := ctx.NewPlayer(strings.NewReader(string(stereo(vcap.Sweep(burstFrames, Rate, uint64(i))))))
		time.Sleep(time.Until(at.Add(-defaultBuffer)))
		p.Play()
		a.Spans = append(a.Spans, Span{At: at})
	}
	time.Sleep(time.Second)
	return json.NewEncoder(os.Stdout).Encode(a)
}

func stereo(mono []float32) []byte {
	b := make([]byte, 0, len(mono)*cardFrame)
	for _, s := range mono {
		bits := math.Float32bits(s)
		b = binary.LittleEndian.AppendUint32(b, bits)
		b = binary.LittleEndian.AppendUint32(b, bits)
	}
	return b
}

// starts are the errors of a run, by rising size, those near an underrun left out.
type starts struct {
	errs  []time.Duration
	left  int // left out
	xruns int
}

// p is the size of error that so many per cent of the starts stay within, in ms.
func (s starts) p(percent int) float64 {
	sizes := make([]time.Duration, len(s.errs))
	for i, e := range s.errs {
		sizes[i] = e.Abs()
	}
	slices.Sort(sizes)
	return float64(sizes[(len(sizes)*percent+99)/100-1]) / 1e6
}

// around takes the median off every error.
func (s starts) around() starts {
	if len(s.errs) == 0 {
		return s
	}
	list := slices.Sorted(slices.Values(s.errs))
	median := list[len(list)/2]
	for i := range list {
		list[i] -= median
	}
	s.errs = list
	return s
}

// judge compares where the sounds stand in the capture with where they were to be.
func judgeStarts(c *vcap.Capture, spans []Span) starts {
	s := starts{xruns: len(c.XRuns)}
	left, from := c.Channel(0), 0
	for i, span := range spans {
		m, ok := vcap.Find(left, vcap.Sweep(burstFrames, Rate, uint64(i)), from)
		if !ok {
			s.left++ // an underrun in its middle
			continue
		}
		from = m.Frame + burstFrames/2
		near := slices.ContainsFunc(c.XRuns, func(x vcap.XRun) bool {
			d := m.Frame + burstFrames - x.Frame
			return d > 0 && duration(int64(d)) < settling
		})
		if near {
			s.left++
			continue
		}
		s.errs = append(s.errs, c.Instant(m.Frame).Sub(span.At))
	}
	return s
}

// stageStarts runs a scene as a process of its own on a card of its own.
func stageStarts(b *testing.B, name string) starts {
	card := vcap.New(b)
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), card.Env(), sceneVariable+"="+name)
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		b.Errorf("scene %s: %v", name, err)
		return starts{}
	}
	var a acted
	if err := json.Unmarshal(out, &a); err != nil {
		b.Errorf("scene %s: %v", name, err)
		return starts{}
	}
	c, err := card.Capture()
	if err != nil {
		b.Error(err)
		return starts{}
	}
	return judgeStarts(c, a.Spans)
}

// add puts another run to it.
func (s *starts) add(more starts) {
	s.errs = append(s.errs, more.errs...)
	s.left += more.left
	s.xruns += more.xruns
}

// BenchmarkStart measures how far from its instant a planned sound reaches the
// captured card, beside oto alone in the same minute. Starts near an underrun
// of the host are counted apart.
func BenchmarkStart(b *testing.B) {
	for name, busy := range map[string]int{"idle": 0, "loaded": runtime.NumCPU()} {
		b.Run(name, func(b *testing.B) {
			var ours, bare starts
			stop := spin(busy)
			for range b.N {
				var both sync.WaitGroup
				both.Go(func() { ours.add(stageStarts(b, "bench-starts")) })
				both.Go(func() { bare.add(stageStarts(b, "bench-oto-starts").around()) })
				both.Wait()
			}
			stop()
			if len(ours.errs) < fewestStarts*b.N || len(bare.errs) < fewestStarts*b.N {
				b.Fatalf("only %d and %d starts of %d were far from an underrun (%d and %d underruns): measure when the machine is calmer",
					len(ours.errs), len(bare.errs), benchStarts*b.N, ours.xruns, bare.xruns)
			}
			b.ReportMetric(ours.p(50), "p50-ms")
			b.ReportMetric(ours.p(99), "p99-ms")
			b.ReportMetric(bare.p(50), "oto-p50-ms")
			b.ReportMetric(bare.p(99), "oto-p99-ms")
			b.ReportMetric(float64(len(ours.errs)), "starts")
			b.ReportMetric(float64(ours.left), "left-out")
			b.ReportMetric(float64(ours.xruns), "underruns")
			b.ReportMetric(float64(bare.xruns), "oto-underruns")
		})
	}
}

// spin keeps n cores busy until it is stopped, in this process: the player is
// in another.
func spin(n int) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for x := uint64(1); ; x = x*6364136223846793005 + 1 {
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	return func() {
		close(done)
		wg.Wait()
	}
}
