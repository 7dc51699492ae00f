//go:build linux && cgo && alsa

package agent_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player/vcap"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// A recording is an item and the frames that it stands for.
type recording struct {
	item   wire.Item
	frames []float32
}

func items(list []recording) (out []wire.Item) {
	for _, r := range list {
		out = append(out, r.item)
	}
	return out
}

func joined(list []recording) (out []float32) {
	for _, r := range list {
		out = append(out, r.frames...)
	}
	return out
}

// record brings a file to the centre.
func record(c *agenttest.Centre, typ string, content []byte, lead int64, frames []float32) recording {
	return recording{wire.Item{Title: typ, Sound: &wire.Sound{
		Hash: c.AddMedia(content), Size: int64(len(content)), Type: typ, Lead: lead, Frames: int64(len(frames)),
	}}, frames}
}

// sweep is a sweep in whole steps of so many bits, and what they stand for.
func sweep(n int, seed uint64, bits int) (steps []int32, frames []float32) {
	full := float64(int64(1) << (bits - 1))
	for _, f := range vcap.Sweep(n, wire.Rate, seed) {
		s := math.Round(float64(f) * full)
		steps, frames = append(steps, int32(s)), append(frames, float32(s/full))
	}
	return steps, frames
}

// inWAV is a sweep as WAV of 24 bits, with a lead before it and a trail after
// it that the bulletin leaves out.
func inWAV(t *testing.T, c *agenttest.Centre, n int, seed uint64) recording {
	t.Helper()
	const lead, trail = 1_003, 777
	steps, frames := sweep(lead+n+trail, seed, 24)
	size := uint32(3 * len(steps))
	var b bytes.Buffer
	for _, v := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1),
		uint32(wire.Rate), uint32(3 * wire.Rate), uint16(3), uint16(24), []byte("data"), size,
	} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range steps {
		b.Write([]byte{byte(s), byte(s >> 8), byte(s >> 16)})
	}
	return record(c, audio.WAV, b.Bytes(), lead, frames[lead:lead+n])
}

// inFLAC is a sweep as FLAC of 16 bits.
func inFLAC(t *testing.T, c *agenttest.Centre, n int, seed uint64) recording {
	t.Helper()
	const block = 4096
	steps, frames := sweep(n, seed, 16)
	var b bytes.Buffer
	enc, err := flac.NewEncoder(&b, &meta.StreamInfo{
		BlockSizeMin: block, BlockSizeMax: block, SampleRate: wire.Rate, NChannels: 1, BitsPerSample: 16, NSamples: uint64(n),
	})
	if err != nil {
		t.Fatal(err)
	}
	enc.EnablePredictionAnalysis(true)
	for len(steps) > 0 {
		part := steps[:min(block, len(steps))]
		steps = steps[len(part):]
		err := enc.WriteFrame(&frame.Frame{
			Header: frame.Header{HasFixedBlockSize: true, BlockSize: uint16(len(part)), SampleRate: wire.Rate, Channels: frame.ChannelsMono, BitsPerSample: 16},
			Subframes: []*frame.Subframe{{
				SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: part, NSamples: len(part),
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return record(c, audio.FLAC, b.Bytes(), 0, frames)
}

// inMP3 is a second of melody as MP3, trimmed as the centre would trim it: the
// encoder's delay and padding by the decoder, silence by the bulletin.
func inMP3(t *testing.T, c *agenttest.Centre, name string) recording {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "media", "audio", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	info, err := audio.Probe(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	s, err := audio.Open(bytes.NewReader(content), audio.MP3)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := audio.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != wire.Rate {
		t.Fatalf("%s is decoded to %d frames, want the %d that were encoded", name, len(frames), wire.Rate)
	}
	return record(c, audio.MP3, content, info.Lead, frames[info.Lead:int64(len(frames))-info.Trail])
}

// find is the frame of the capture at which a sound stands, whatever its gain.
func (h *heard) find(t *testing.T, what string, src []float32, from int) int {
	t.Helper()
	m, ok := vcap.Find(h.sound, src, from)
	if !ok {
		t.Fatalf("%s is not in the capture after frame %d of %d", what, from, len(h.sound))
	}
	return m.Frame
}

// same is how many frames of the capture are those of the source times the
// gain, bit by bit.
func same(capture, src []float32, gain float32) int {
	for i, s := range src {
		if i == len(capture) || capture[i] != s*gain {
			return i
		}
	}
	return len(src)
}

func (h *heard) wantSame(t *testing.T, what string, at int, src []float32, gain float32) {
	t.Helper()
	if n := same(h.sound[at:], src, gain); n < len(src) {
		end := min(at+n+4, len(h.sound))
		t.Errorf("%s: %d frames are right, of %d; then come %v, want %v", what, n, len(src), h.sound[at+n:end], scaled(src[n:min(n+4, len(src))], gain))
	} else {
		t.Logf("%s: %d frames are the source × %v, sample by sample", what, n, gain)
	}
}

func scaled(src []float32, gain float32) (out []float32) {
	for _, s := range src {
		out = append(out, s*gain)
	}
	return out
}

// wantFade wants what ends at a frame to have been faded out until there.
func (h *heard) wantFade(t *testing.T, end int, src []float32, gain float32) {
	t.Helper()
	at := end - len(src)
	for i, s := range src {
		left := float64(len(src)-i) / float64(len(src)) // of the fade, with 1 % of slack
		if math.Abs(float64(h.sound[at+i])) > math.Abs(float64(s*gain))*(left+0.01)+1e-6 {
			t.Errorf("frame %d before the cut is %v, want no more than %.0f %% of %v: a fade", len(src)-i, h.sound[at+i], left*100, s*gain)
			return
		}
	}
}

func (h *heard) wantSilence(t *testing.T, from, to int) {
	t.Helper()
	for i, s := range h.sound[from:to] {
		if s != 0 {
			t.Errorf("frame %d is %v, want silence from %d to %d", from+i, s, from, to)
			return
		}
	}
}

// wantInstant wants a frame of the capture to have sounded at its instant.
func (h *heard) wantInstant(t *testing.T, what string, frame int, want time.Time) {
	t.Helper()
	late := h.card.Instant(frame).Sub(want)
	t.Logf("%s %v after its instant", what, late.Round(time.Microsecond))
	if late.Abs() > closeTo {
		t.Errorf("%s %v after its instant, want within %v", what, late, closeTo)
	}
}

// loopInstant is when a frame of the loop sounds that nothing ever disturbed.
func (h *heard) loopInstant(frame int) time.Time { return h.zero.Add(audio.Duration(int64(frame))) }

// wantProof wants the one as-run entry of an id to say what the card heard.
func (h *heard) wantProof(t *testing.T, id string, frames, at int) {
	t.Helper()
	for _, r := range h.proof {
		if r.Programme != id && r.Interrupt != id {
			continue
		}
		if len(r.Rounds) != 1 || r.Rounds[0].Frames != int64(frames) || r.Outcome != wire.OutcomeEnded {
			t.Errorf("%s is proven as %+v, want one round of %d frames", id, r, frames)
		}
		if d := time.UnixMilli(r.From).Sub(h.card.Instant(at)); d.Abs() > closeTo {
			t.Errorf("%s is proven to begin %v after the card heard it", id, d)
		}
		return
	}
	t.Errorf("there is no proof of %s among %+v", id, h.proof)
}
