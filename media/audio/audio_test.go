package audio

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// fixtures are Melody(1), coded by the usual programs from our own WAV: the
// command is in testdata/README.
var fixtures = []struct {
	name     string
	typ      string
	rate     int
	channels int
	snr      float64 // dB against Melody(1)
}{
	{"melody48.mp3", MP3, 48000, 1, 20},
	{"melody44.mp3", MP3, 44100, 2, 20},
	{"melody22.mp3", MP3, 22050, 1, 20},
	{"melody.flac", FLAC, 48000, 1, 75},
	{"melody.ogg", OGG, 44100, 1, 15},
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, b []byte) []float32 {
	t.Helper()
	s, err := Open(bytes.NewReader(b), "")
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// snr is how far, in dB, got lies under want in what it differs; the shorter
// counts.
func snr(got, want []float32) float64 {
	var signal, noise float64
	for i := range min(len(got), len(want)) {
		d := float64(got[i]) - float64(want[i])
		signal += float64(want[i]) * float64(want[i])
		noise += d * d
	}
	return 10 * math.Log10(signal/max(noise, 1e-20))
}

func melodyFrames(t testing.TB, seconds int) []float32 {
	t.Helper()
	all, err := ReadAll(Melody(seconds))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFixturesDecodeToTheMelody(t *testing.T) {
	want := melodyFrames(t, 1)
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			b := fixture(t, f.name)
			info, err := Probe(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if info.Type != f.typ || info.SourceRate != f.rate || info.Channels != f.channels || info.Frames != Rate {
				t.Errorf("Probe = %+v, want %s, %d Hz, %d channels, %d frames", info, f.typ, f.rate, f.channels, Rate)
			}
			if got := snr(decode(t, b), want); got < f.snr {
				t.Errorf("%.1f dB of the melody, want %.0f: shifted or wrong", got, f.snr)
			}
		})
	}
}

func TestSkipGivesTheSameFrames(t *testing.T) {
	for _, f := range append(fixtures[:len(fixtures):len(fixtures)], struct {
		name, typ      string
		rate, channels int
		snr            float64
	}{name: "wav"}) {
		b := melodyWAV(t, 1)
		if f.name != "wav" {
			b = fixture(t, f.name)
		}
		want := decode(t, b)
		for _, at := range []int64{1, 1000, 20001, 40000, 47999, Rate, Rate + 5} {
			s, err := Open(bytes.NewReader(b), "")
			if err != nil {
				t.Fatal(err)
			}
			n, err := Skip(s, at)
			if wantN := min(at, Rate); n != wantN || (n < at) != (err == io.EOF) {
				t.Errorf("%s: Skip(%d) = %d, %v", f.name, at, n, err)
			}
			got, err := ReadAll(s)
			if err != nil || len(got) != len(want)-int(n) {
				t.Errorf("%s: after Skip(%d) %d frames, %v", f.name, at, len(got), err)
				continue
			}
			for i := range got {
				if got[i] != want[int(n)+i] {
					t.Errorf("%s: after Skip(%d) frame %d is %g, want %g", f.name, at, i, got[i], want[int(n)+i])
					break
				}
			}
		}
	}
}

func TestGain(t *testing.T) {
	want := melodyFrames(t, 1)[100:]
	s := Gain(Melody(1), 0.5)
	if n, err := Skip(s, 100); n != 100 || err != nil {
		t.Fatal(n, err)
	}
	got, err := ReadAll(s)
	if err != nil || len(got) != len(want) {
		t.Fatal(len(got), err)
	}
	for i := range got {
		if got[i] != want[i]*0.5 {
			t.Fatalf("frame %d is %g, want %g", i, got[i], want[i]*0.5)
		}
	}
}

func TestMelody(t *testing.T) {
	m := melodyFrames(t, 20)
	if len(m) != 20*Rate {
		t.Fatalf("%d frames", len(m))
	}
	meter := newMeter()
	meter.add(m)
	if meter.peak > 0.5 || meter.loudness() < -35 {
		t.Errorf("peak %.2f, %.1f LUFS: want at most 0.5 and something to hear", meter.peak, meter.loudness())
	}
	if last := math.Abs(float64(m[len(m)-1])); last > 0.001 {
		t.Errorf("ends at %g: a click", last)
	}
	for i := 1; i < len(m); i++ {
		if d := math.Abs(float64(m[i] - m[i-1])); d > 0.12 {
			t.Fatalf("jump of %g at frame %d: a click", d, i)
		}
	}
	if got := melodyFrames(t, 0); len(got) != 0 {
		t.Errorf("Melody(0) has %d frames", len(got))
	}
}

func TestLoudnessReference(t *testing.T) {
	// ITU-R BS.1770: 997 Hz at full scale in one channel is -3.01 LUFS.
	m := newMeter()
	p := make([]float32, 10*Rate)
	for i := range p {
		p[i] = float32(0.1 * math.Sin(2*math.Pi*997*float64(i)/Rate))
	}
	m.add(p)
	if got := m.loudness(); math.Abs(got+23.01) > 0.05 {
		t.Errorf("loudness %.2f LUFS, want -23.01", got)
	}
}

func TestMeterFindsSilence(t *testing.T) {
	wav := encodeWAV(t, 1, 16, wavPCM, Rate, func(i int) float64 {
		switch {
		case i < 4800, i >= 43200, i >= 20000 && i < 30000:
			return 0.0005
		}
		return 0.5
	}, Rate)
	info, err := Probe(bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	if info.Lead != 4800 || info.Trail != 4800 || info.Silence != 10000 || info.Peak != 0.5 {
		t.Errorf("%+v, want Lead and Trail 4800, Silence 10000, Peak 0.5", info)
	}
}
