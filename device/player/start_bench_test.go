//go:build linux && cgo && alsa

package player

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
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
	// fewest starts of a run that are to be left to be judged.
	fewestStarts = 50
)

func init() {
	scenes["bench-oto-starts"] = benchOtoStarts
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
	for i, at := range startTimes(benchStarts) {
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
				both.Go(func() { ours.add(stageStarts(b, "starts")) })
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
