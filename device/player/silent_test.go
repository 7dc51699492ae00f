package player

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestSilentKeepsRealTimeAndFeedsMeterAndTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(NewSilent(), Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tap, slow := p.Tap(ctx), p.Tap(ctx)
		start := time.Now()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		a := sweep(2*Rate, 0)
		p.SetPlan([]Span{{ID: "a", At: start.Add(time.Second), Clip: a, Frames: 2 * Rate, Gain: 1}})
		var heard []float32
		for time.Since(start) < 4*time.Second {
			select {
			case c := <-tap:
				heard = append(heard, c...)
			case <-time.After(100 * time.Millisecond):
			}
			if d := time.Since(start); d > 2*time.Second && d < 2100*time.Millisecond {
				if peak, rms := p.Level(); peak < 0.36 || peak > 0.371 || rms < 0.2 || rms > 0.3 {
					t.Errorf("level is %v peak, %v rms in the middle of a tone of 0.37", peak, rms)
				}
			}
		}
		cancel()
		wantSilence(t, heard, 0, Rate)
		wantSound(t, heard, Rate, a.frames, 1)
		if n := len(heard); n < 4*Rate-4800 || n > 4*Rate+4800 {
			t.Errorf("took %d frames in 4 s", n)
		}
		synctest.Wait()
		n := 0
		for c := range slow { // ends, and holds no more than a second
			n += len(c)
		}
		if n > Rate {
			t.Errorf("a reader that does not read is held %d frames", n)
		}
		if peak, _ := p.Level(); peak != 0 {
			t.Errorf("level is %v in silence", peak)
		}
		wantPlayed(t, p.Drain(), Played{ID: "a", Frames: 2 * Rate, At: start.Add(time.Second)})
		if d := time.Since(p.Progress()); d > 100*time.Millisecond {
			t.Errorf("last frames were taken %v ago", d)
		}
	})
}

func TestWAVFileHoldsWhatSounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.wav")
	a := sweep(Rate, 0)
	var early []float32
	synctest.Test(t, func(t *testing.T) {
		out, err := NewWAV(path)
		if err != nil {
			t.Fatal(err)
		}
		p := New(out, Options{})
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		p.SetPlan([]Span{{ID: "a", At: time.Now().Add(time.Second), Clip: a, Frames: Rate, Gain: 0.5}})
		time.Sleep(7 * time.Second)
		early = decodeAll(t, path)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, got := range map[string][]float32{"while open": early, "closed": decodeAll(t, path)} {
		if len(got) < 5*Rate {
			t.Fatalf("%s: %d frames in the file, want at least 5 s", name, len(got))
		}
		wantSilence(t, got, 0, Rate)
		wantSound(t, got, Rate, a.frames, 0.5)
		wantSilence(t, got, 2*Rate, len(got))
	}
}

func TestWAVBeginsAnotherFileWhenOneIsFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.wav")
	w := &wavFile{path: path, limit: 5000}
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.write(make([]float32, 2400)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	for name, frames := range map[string]int64{"out.wav": 4800, "out-2.wav": 2400} {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil || info.Size() != wavHeader+4*frames {
			t.Errorf("%s: %v %v, want %d frames", name, info, err, frames)
		}
	}
}
