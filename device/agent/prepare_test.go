package agent_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// noise is a recording that no stretch of looks like another, as FLAC of 16 or 24
// bit, and its frames.
func noise(t *testing.T, c *agenttest.Centre, seed uint64, seconds, bits int) (wire.Item, []float32) {
	t.Helper()
	const block = 4096
	rnd := rand.New(rand.NewPCG(seed, 3))
	steps := make([]int32, (seconds*wire.Rate/block+1)*block)
	frames := make([]float32, len(steps))
	for i := range steps {
		steps[i] = 1 + rnd.Int32N(1<<(bits-2))
		frames[i] = float32(float64(steps[i]) / float64(int(1)<<(bits-1)))
	}
	var b bytes.Buffer
	e, err := flac.NewEncoder(&b, &meta.StreamInfo{BlockSizeMin: block, BlockSizeMax: block, SampleRate: wire.Rate, NChannels: 1, BitsPerSample: uint8(bits), NSamples: uint64(len(steps))})
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(steps); at += block {
		err := e.WriteFrame(&frame.Frame{
			Header:    frame.Header{HasFixedBlockSize: true, BlockSize: block, SampleRate: wire.Rate, Channels: frame.ChannelsMono, BitsPerSample: uint8(bits), Num: uint64(at / block)},
			Subframes: []*frame.Subframe{{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: steps[at : at+block], NSamples: block}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return wire.Item{Title: fmt.Sprint("noise ", seed), Sound: &wire.Sound{
		Hash: c.AddMedia(b.Bytes()), Size: int64(b.Len()), Type: audio.FLAC, Frames: int64(len(frames)),
	}}, frames
}

// tape is a sound output that keeps real time, and compares what it gets with
// recordings: each is known by its first frame and must then be there whole.
type tape struct {
	known [][]float32
	stop  chan struct{}
	wg    sync.WaitGroup

	mu    sync.Mutex
	on    int // index of what sounds, -1 for none
	place int
	whole []int // how often each has sounded
	wrong []string
}

func newTape(known ...[]float32) *tape {
	return &tape{known: known, stop: make(chan struct{}), on: -1, whole: make([]int, len(known))}
}

func (e *tape) Name() string           { return "tape" }
func (e *tape) Latency() time.Duration { return 0 }

func (e *tape) Start(fill func([]float32), _ func(error)) error {
	e.wg.Go(func() {
		buf := make([]float32, wire.Rate/20)
		tick := time.NewTicker(audio.Duration(int64(len(buf))))
		defer tick.Stop()
		for {
			fill(buf)
			e.hear(buf)
			select {
			case <-e.stop:
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

func (e *tape) Close() error {
	close(e.stop)
	e.wg.Wait()
	return nil
}

func (e *tape) hear(buf []float32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(buf) > 0 {
		if e.on < 0 {
			if buf[0] != 0 {
				e.place = 0
				if e.on = slices.IndexFunc(e.known, func(k []float32) bool { return k[0] == buf[0] }); e.on < 0 {
					e.wrong = append(e.wrong, fmt.Sprint("a sound that is none of the recordings, at ", time.Now().UTC()))
				}
			}
			if e.on < 0 {
				buf = buf[1:]
				continue
			}
		}
		want := e.known[e.on][e.place:]
		n := min(len(want), len(buf))
		if !slices.Equal(buf[:n], want[:n]) {
			e.wrong = append(e.wrong, fmt.Sprintf("recording %d is not itself after frame %d, at %v", e.on, e.place, time.Now().UTC()))
			e.on = -1
			return
		}
		if e.place += n; n == len(want) {
			e.whole[e.on]++
			e.on = -1
		}
		buf = buf[n:]
	}
}

// heard is how often each recording has sounded whole since the last call; that
// anything else did is an error.
func (e *tape) heard(t *testing.T) []int {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.wrong[:min(10, len(e.wrong))] {
		t.Error(w)
	}
	n := slices.Clone(e.whole)
	clear(e.whole)
	e.wrong = nil
	return n
}

// forget lets what sounded so far be as it is: a loop is joined in the middle.
func (e *tape) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.whole)
	e.wrong = nil
}

func pcm(disk *spool.Mem) (names []string) {
	list, _ := disk.List("pcm") // in memory that works
	for _, info := range list {
		names = append(names, "pcm/"+info.Name)
	}
	return names
}

// What plays often is prepared, once; what is heard is the recording, sample by
// sample, before and after, and whatever becomes of what was prepared.
func TestSoundIsPreparedAheadAndHeardExactly(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		often, frames := noise(t, c, 1, 20, 16)
		fine, fineFrames := noise(t, c, 2, 10, 24)
		seldom, seldomFrames := noise(t, c, 3, 5, 16)
		plain := codedItem(c, 4, 5) // a WAV: nothing to spare
		loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "06:00", To: "21:00"}}, often, fine, plain)
		loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
		twice := agenttest.Programme("twice", "county", wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"08:10", "19:00"}, Rounds: 1}, seldom)
		loudCounty(c, loop, twice)
		plainFrames, err := decoded(coded(4, 5))
		if err != nil {
			t.Fatal(err)
		}
		card := newTape(frames, fineFrames, seldomFrames, plainFrames)
		memory := spool.Memory()
		disk := spool.Count(memory)
		u := c.Unit(horn, memory, func(o *agent.Options) { o.Sound, o.Disk = card, disk })
		time.Sleep(2 * time.Minute)
		names := pcm(memory)
		if len(names) != 2 || !strings.HasPrefix(names[0], "pcm/"+min(often.Sound.Hash, fine.Sound.Hash)) || !strings.HasPrefix(names[1], "pcm/"+max(often.Sound.Hash, fine.Sound.Hash)) {
			t.Fatalf("prepared are %q, want what plays often and is compressed: %s and %s", names, often.Sound.Hash, fine.Sound.Hash)
		}
		card.forget() // it came in the middle of a round
		_, before := disk.Cost()
		time.Sleep(3 * time.Minute)
		if n := card.heard(t); n[0] < 4 || n[1] < 4 || n[3] < 4 {
			t.Errorf("heard whole: %v", n)
		}
		if _, after := disk.Cost(); after-before > 64<<10 {
			t.Errorf("%d bytes are written in 3 minutes although all is prepared", after-before)
		}

		// The card damages both, in the middle of a round or between two.
		rnd := rand.New(rand.NewPCG(5, 5))
		for round := range 2 {
			for _, name := range pcm(memory) {
				time.Sleep(time.Duration(rnd.IntN(40)) * time.Second)
				list, _ := memory.List("pcm")
				i := slices.IndexFunc(list, func(i spool.Info) bool { return "pcm/"+i.Name == name })
				memory.Damage(name, int(list[i].Size)/2+rnd.IntN(int(list[i].Size)/2))
			}
			time.Sleep(2 * time.Minute)
			if n := card.heard(t); n[0] < 2 || n[1] < 2 {
				t.Errorf("heard whole with prepared sound damaged: %v", n)
			}
			if names := pcm(memory); len(names) > 0 {
				t.Errorf("what is damaged is still there: %v", names)
			}
			if n := len(c.Events(spool.CodeDamaged)); n != 2*(round+1) {
				t.Errorf("%d events tell of %d damaged files", n, 2*(round+1))
			}
			loop.Version++ // something changes, and all is looked at anew
			loudCounty(c, loop, twice)
			time.Sleep(2 * time.Minute)
			if n := len(pcm(memory)); n != 2-2*round {
				t.Errorf("after it was damaged %d times %d files are prepared, want %d", round+1, n, 2-2*round)
			}
			card.forget() // a new version begins anew
		}
		stop(t, u)
	})
}

// decoded is what a file stands for.
func decoded(content []byte) ([]float32, error) {
	s, err := audio.Open(bytes.NewReader(content), "")
	if err != nil {
		return nil, err
	}
	return audio.ReadAll(s)
}

// A full card plays from the recordings, and so does one where nothing is to be
// prepared.
func TestSoundThatIsNotPrepared(t *testing.T) {
	none := 0
	for name, change := range map[string]func(*agent.Options, *spool.Mem){
		"switched off": func(o *agent.Options, _ *spool.Mem) { o.Settings.Prepared = &none },
		"full":         func(_ *agent.Options, disk *spool.Mem) { disk.Fill(40 << 20) },
		"failing": func(_ *agent.Options, disk *spool.Mem) {
			for range 2 {
				disk.Fail(spool.OpWrite, "pcm/", spool.ErrPower)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				often, frames := noise(t, c, 1, 20, 16)
				loop := agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "06:00", To: "21:00"}}, often)
				loudCounty(c, loop)
				card, memory := newTape(frames), spool.Memory()
				u := c.Unit(horn, memory, func(o *agent.Options) {
					o.Sound = card
					change(o, memory)
				})
				time.Sleep(time.Minute)
				card.forget()
				time.Sleep(time.Minute)
				if n := card.heard(t); n[0] < 2 {
					t.Errorf("it has sounded %d times", n[0])
				}
				if names := pcm(memory); len(names) > 0 {
					t.Errorf("prepared are %v", names)
				}
				if beat := agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat); len(beat.Issues) > 0 {
					t.Errorf("the unit complains: %+v", beat.Issues)
				}
				stop(t, u)
			})
		})
	}
}

// While a warning plays nothing is prepared.
func TestPreparingWaitsForAWarning(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		often, _ := noise(t, c, 1, 20, 16)
		loudCounty(c, agenttest.Programme("loop", "county", wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "06:00", To: "21:00"}}, often))
		siren := codedItem(c, 9, 60)
		now := time.Now()
		c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
			ID: "flood", Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: []wire.Item{siren},
			Issued: now.UnixMilli(), Until: now.Add(time.Hour).UnixMilli(), Repeat: 1, Volume: 100,
		}}})
		memory := spool.Memory()
		u := c.Unit(horn, memory, func(o *agent.Options) { o.Sound = newEar() })
		time.Sleep(50 * time.Second)
		for _, name := range pcm(memory) {
			if !strings.HasSuffix(name, ".part") {
				t.Errorf("%s was prepared while the warning played", name)
			}
		}
		time.Sleep(time.Minute)
		if names := pcm(memory); len(names) != 1 {
			t.Errorf("prepared after the warning: %v", names)
		}
		stop(t, u)
	})
}
