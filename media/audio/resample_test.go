package audio

import (
	"bytes"
	"math"
	"testing"
)

func TestResampleTones(t *testing.T) {
	for _, c := range []struct {
		rate int
		hz   float64
		db   float64
	}{
		{44100, 100, 85}, {44100, 1000, 85}, {44100, 15000, 80}, {22050, 3000, 85}, {8000, 1000, 85}, {16000, 5000, 85},
		{32000, 9000, 85}, {96000, 10000, 85}, {11025, 2000, 85}, {37800, 5000, 85}, {192000, 1000, 85},
	} {
		wave := func(rate int) func(int) float64 {
			return func(i int) float64 { return 0.5 * math.Sin(2*math.Pi*c.hz*float64(i)/float64(rate)) }
		}
		got := decode(t, encodeWAV(t, 1, 32, wavFloat, c.rate, wave(c.rate), c.rate))
		if len(got) != Rate {
			t.Errorf("%d Hz: a second became %d frames", c.rate, len(got))
		}
		want := make([]float32, len(got))
		for i := range want {
			want[i] = float32(wave(Rate)(i))
		}
		// The edges ring, as the tone begins and ends at once.
		if db := snr(got[2000:46000], want[2000:46000]); db < c.db {
			t.Errorf("%d Hz tone from %d Hz: %.1f dB, want %.0f", int(c.hz), c.rate, db, c.db)
		}
	}
}

func TestResampleKeepsOutWhatWouldFold(t *testing.T) {
	wave := func(i int) float64 { return 0.5 * math.Sin(2*math.Pi*30000*float64(i)/96000) }
	got := decode(t, encodeWAV(t, 1, 32, wavFloat, 96000, wave, 96000))
	for i, v := range got[2000:46000] {
		if math.Abs(float64(v)) > 0.5e-4 {
			t.Fatalf("30 kHz is heard at frame %d: %g", i, v)
		}
	}
}

func TestNoResamplingAtOurRate(t *testing.T) {
	src := encodeWAV(t, 1, 32, wavFloat, Rate, func(i int) float64 { return math.Sin(float64(i * i)) }, 5000)
	for i, v := range decode(t, src) {
		if want := float32(math.Sin(float64(i * i))); v != want {
			t.Fatalf("frame %d is %g, want %g to the bit", i, v, want)
		}
	}
}

func TestSkipThroughTheResampler(t *testing.T) {
	src := encodeWAV(t, 1, 16, wavPCM, 44100, tones(44100), 3*44100)
	want := decode(t, src)
	for _, at := range []int64{1, 100, 4801, 70000, 143990} {
		s, err := Open(bytes.NewReader(src), "")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := Skip(s, at); n != at || err != nil {
			t.Fatalf("Skip(%d) = %d, %v", at, n, err)
		}
		got, err := ReadAll(s)
		if err != nil || len(got) != len(want)-int(at) {
			t.Fatalf("after Skip(%d): %d frames, %v; want %d", at, len(got), err, len(want)-int(at))
		}
		for i := range got {
			if got[i] != want[int(at)+i] {
				t.Fatalf("after Skip(%d) frame %d is %g, want %g", at, i, got[i], want[int(at)+i])
			}
		}
	}
}
