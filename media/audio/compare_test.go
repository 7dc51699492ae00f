package audio

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The tests in this file compare our decoders with the well-known programs; without
// one the comparison is skipped. The fixtures' tests run everywhere.

// run starts a program.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	need(t, name)
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// need skips a test on a machine without the program.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: not compared with it", name)
	}
}

// native decodes without the resampler.
func native(t *testing.T, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, src, _, err := open(bytes.NewReader(b), "")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	all, err := ReadAll(src)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return all
}

// tones is a sound with something at all times and in many bands.
func tones(rate int) func(int) float64 {
	return func(i int) float64 {
		x := float64(i) / float64(rate)
		return 0.3*math.Sin(2*math.Pi*x*(200+100*x)) + 0.2*math.Sin(2*math.Pi*x*1234) + 0.1*math.Sin(2*math.Pi*x*3000)*math.Sin(x*9)
	}
}

func TestAgainstOtherDecoders(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name           string
		rate, channels int
		encode, decode string  // words; IN, OUT are files
		within         float64 // dB of the other decoder
	}{
		{"mp3 48k mono cbr", 48000, 1, "lame --quiet -b 64 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 44k stereo cbr", 44100, 2, "lame --quiet -b 128 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 44k vbr", 44100, 2, "lame --quiet -V 2 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 44k abr", 44100, 1, "lame --quiet --abr 100 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 32k", 32000, 2, "lame --quiet -b 96 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 24k", 24000, 1, "lame --quiet -b 64 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 22k mono", 22050, 1, "lame --quiet -b 64 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 22k mono 32k", 22050, 1, "lame --quiet -b 32 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 22k stereo 80k", 22050, 2, "lame --quiet -b 80 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 16k vbr", 16000, 1, "lame --quiet -V 5 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"mp3 320k with crc", 48000, 2, "lame --quiet -p -b 320 IN OUT", "mpg123 -q -w OUT IN", 60},
		{"flac 16", 44100, 2, "flac -s -f -o OUT IN", "flac -s -f -d -o OUT IN", 140},
		{"flac 8k mono", 8000, 1, "flac -s -f -8 -o OUT IN", "flac -s -f -d -o OUT IN", 140},
		{"vorbis", 44100, 2, "oggenc -Q -q 3 -o OUT IN", "oggdec -Q -o OUT IN", 60},
		{"vorbis low", 22050, 1, "oggenc -Q -q 0 -o OUT IN", "oggdec -Q -o OUT IN", 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			wav, coded, back := filepath.Join(dir, "a.wav"), filepath.Join(dir, "coded"), filepath.Join(dir, "back.wav")
			if err := os.WriteFile(wav, encodeWAV(t, c.channels, 16, wavPCM, c.rate, tones(c.rate), 3*c.rate), 0o644); err != nil {
				t.Fatal(err)
			}
			words := func(s, in, out string) []string {
				return strings.Fields(strings.NewReplacer("IN", in, "OUT", out).Replace(s))
			}
			enc, dec := words(c.encode, wav, coded), words(c.decode, coded, back)
			run(t, enc[0], enc[1:]...)
			run(t, dec[0], dec[1:]...)
			got, want := native(t, coded), native(t, back)
			if len(got) != len(want) {
				t.Errorf("%d frames, %s has %d", len(got), dec[0], len(want))
			}
			if same := snr(got, want); same < c.within {
				t.Errorf("%.1f dB of what %s gives, want %.0f", same, dec[0], c.within)
			}
		})
	}
}

func TestTranscode(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "-in.wav"), filepath.Join(dir, "out.mp3")
	src := encodeWAV(t, 2, 16, wavPCM, 44100, tones(44100), 2*44100)
	if err := os.WriteFile(in, src, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("with ffmpeg", func(t *testing.T) {
		need(t, "ffmpeg")
		info, err := Transcode(t.Context(), in, out)
		if err != nil {
			t.Fatal(err)
		}
		if info.Type != MP3 || info.SourceRate != Rate || info.Channels != 1 || info.Frames != 2*Rate {
			t.Errorf("got %+v, want MP3, 48 kHz, mono, 2 s", info)
		}
		if i, err := os.Stat(out); err != nil || i.Size() < 15000 || i.Size() > 18500 {
			t.Errorf("size %d, %v: want about 64 kbit/s", i.Size(), err)
		}
		b, _ := os.ReadFile(out)
		if got := snr(decode(t, b), decode(t, src)); got < 20 {
			t.Errorf("%.1f dB of the original: shifted or wrong", got)
		}
	})

	info, err := transcode(t.Context(), "no-such-program", in, out)
	b, _ := os.ReadFile(out)
	if err != nil || info.Type != WAV || !bytes.Equal(b, src) {
		t.Errorf("without ffmpeg: %+v, %v, want the original", info, err)
	}

	if err := os.WriteFile(in, []byte("各位村民"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Transcode(t.Context(), in, out); err == nil {
		t.Error("Transcode took text")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a failed Transcode left a file")
	}
}
