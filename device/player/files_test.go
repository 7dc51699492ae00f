package player

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/media/audio"
)

// The sample files of the decoders.
func samples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../media/audio/testdata/melody*")
	if err != nil || len(files) < 4 {
		t.Fatalf("sample files: %v %v", files, err)
	}
	return files
}

func fileClip(path string) FileClip {
	return FileClip{File: func() (io.ReadSeekCloser, error) { return os.Open(path) }}
}

func decodeAll(t *testing.T, path string) []float32 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := audio.Open(f, "")
	if err != nil {
		t.Fatal(err)
	}
	all, err := audio.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFilesSoundAsTheyDecode(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			whole := decodeAll(t, path)
			n := int64(len(whole))
			stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
				clip := fileClip(path)
				trimmed := clip
				trimmed.Lead = 1000
				at := start.Add(time.Second)
				p.SetPlan([]Span{
					{ID: "whole", At: at, Clip: clip, Frames: n, Gain: 1},
					{ID: "trimmed", At: at.Add(duration(n)), Clip: trimmed, Frames: n - 1000, Gain: 1},
					{ID: "half", At: at.Add(duration(2*n - 1000)), Clip: clip, Offset: n / 2, Frames: n - n/2, Gain: 0.5},
				})
				out.run(duration(3*n) + 2*time.Second)
				wantSound(t, out.got, Rate, whole, 1)
				wantSound(t, out.got, Rate+int(n), whole[1000:], 1)
				half := Rate + int(2*n) - 1000
				wantSound(t, out.got, half+edgeFrames, whole[n/2+edgeFrames:], 0.5)
				wantSilence(t, out.got, half+int(n-n/2), len(out.got))
				wantPlayed(t, p.Drain(), Played{ID: "whole", Frames: n}, Played{ID: "trimmed", Frames: n - 1000},
					Played{ID: "half", Offset: n / 2, Frames: n - n/2})
			})
		})
	}
}

func TestFileThatIsNoSound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notice.mp3")
	if err := os.WriteFile(path, []byte("this is text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, path + ".missing"} {
		stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
			p.SetPlan([]Span{{ID: "a", At: start.Add(3 * time.Second), Clip: fileClip(path), Frames: Rate, Gain: 1}})
			out.run(time.Second)
			if got := p.Drain(); len(got) != 1 || got[0].Err == nil || got[0].Frames != 0 {
				t.Errorf("%s: played %+v, want an error", path, got)
			}
		})
	}
}

// halting is a clip that stops yielding at a frame, until it is let go on.
type halting struct {
	sound *sound
	at    int
	gate  *sync.WaitGroup
}

func (h *halting) Open() (Stream, error) {
	return &haltingStream{halting: h, soundStream: soundStream{sound: h.sound}}, nil
}

type haltingStream struct {
	*halting
	soundStream
}

func (h *haltingStream) Read(p []float32) (int, error) {
	if h.soundStream.at >= h.halting.at {
		h.gate.Wait()
	}
	return h.soundStream.Read(p)
}

func TestClipThatFallsBehindIsSilentAndThenWhereTheClockIs(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		var gate sync.WaitGroup
		gate.Add(1)
		a := &halting{sound: sweep(5*Rate, 0), at: 2 * Rate, gate: &gate}
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 5 * Rate, Gain: 1}})
		out.run(4 * time.Second)
		gate.Done()
		out.run(4 * time.Second)
		wantSound(t, out.got, Rate, a.sound.frames[:2*Rate], 1)
		wantSilence(t, out.got, 3*Rate, 4*Rate)
		back := 4*Rate + 2400*1
		wantSound(t, out.got, back, a.sound.frames[back-Rate:], 1)
		silent := int64(0)
		for _, s := range out.got[3*Rate : back] {
			if s == 0 {
				silent++
			}
		}
		got := p.Drain()
		if len(got) != 1 || got[0].Frames != 5*Rate || got[0].Silent < Rate || got[0].Silent > silent {
			t.Errorf("played %+v, want all frames and those of the second of silence counted", got)
		}
		if s := p.Status(); s.Starved != got[0].Silent {
			t.Errorf("status tells of %d starved frames, want %d", s.Starved, got[0].Silent)
		}
	})
}
