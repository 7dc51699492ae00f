package audio

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProbeNamesWhatIsWrong(t *testing.T) {
	mp3, flac, ogg, wav := fixture(t, "melody48.mp3"), fixture(t, "melody.flac"), fixture(t, "melody.ogg"), melodyWAV(t, 1)
	header := func(h string) []byte {
		return bytes.Repeat(append([]byte(h), make([]byte, 413)...), 20)
	}
	for _, c := range []struct {
		name string
		b    []byte
		kind Kind
		says string
	}{
		{"empty", nil, Empty, "empty"},
		{"text", []byte("各位村民请注意：明天停水。\n"), NotAudio, "text"},
		{"GBK text", []byte("\xb8\xf7\xce\xbb\xb4\xe5\xc3\xf1"), NotAudio, "text"},
		{"UTF-16 text", []byte("\xff\xfe\x51\x67\x1a\x90"), NotAudio, "text"},
		{"PDF", []byte("%PDF-1.7\n%\xe2\xe3"), NotAudio, "PDF"},
		{"Word", []byte("PK\x03\x04\x14\x00"), NotAudio, "Office"},
		{"picture", []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), NotAudio, "JPEG"},
		{"zeros", make([]byte, 100000), NotAudio, "unknown data"},
		{"M4A", []byte("\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00"), Unsupported, "AAC (M4A)"},
		{"AAC", header("\xff\xf1\x50\x80"), Unsupported, "AAC (ADTS)"},
		{"AMR", []byte("#!AMR\n\x3c"), Unsupported, "AMR"},
		{"WMA", []byte("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"), Unsupported, "WMA"},
		{"layer 2", header("\xff\xfd\x80\x00"), Unsupported, "layer 2"},
		{"MPEG-2.5", bytes.Repeat(append([]byte("\xff\xe3\x28\xc0"), make([]byte, 140)...), 20), Unsupported, "MPEG-2.5"},
		{"free bit rate", header("\xff\xfb\x00\x00"), Unsupported, "free bit rate"},
		{"rate changes", slices.Concat(fixture(t, "melody48.mp3"), fixture(t, "melody44.mp3")), Unsupported, "change in the middle"},
		{"damaged MP3", slices.Concat(mp3[:4000], make([]byte, 300), mp3[4224:]), Corrupt, "damaged at 0:00"},
		{"truncated MP3", mp3[:6000], Truncated, "at 0:00 of 0:01"},
		{"truncated FLAC", flac[:15000], Truncated, "at 0:00 of 0:01"},
		{"truncated WAV", wav[:50000], Truncated, "at 0:00 of 0:01"},
		{"truncated Ogg", ogg[:5000], Truncated, "truncated"},
		{"WAV head only", wav[:30], Truncated, "truncated"},
		{"ADPCM", slices.Concat(wav[:20], []byte{0x11}, wav[21:]), Unsupported, "IMA ADPCM"},
		{"silence", encodeWAV(t, 1, 16, wavPCM, Rate, func(int) float64 { return 0 }, Rate), NoSound, "0:01 of silence"},
		{"no samples", encodeWAV(t, 1, 16, wavPCM, Rate, nil, 0), Empty, "empty"},
		{"odd rate", encodeWAV(t, 1, 16, wavPCM, 37123, tones(37123), 100), Unsupported, "37123 Hz"},
	} {
		_, err := Probe(bytes.NewReader(c.b))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want kind %s with %q", c.name, err, c.kind, c.says)
		}
	}
}

func TestProbeLimitsTheLength(t *testing.T) {
	_, err := probe(bytes.NewReader(melodyWAV(t, 2)), Rate)
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != TooLong || e.Of != time.Second {
		t.Errorf("got %v", err)
	}
}

func TestProbePassesOnReadErrors(t *testing.T) {
	broken := errors.New("disk fault")
	for _, name := range []string{"melody48.mp3", "melody.flac", "melody.ogg"} {
		b := fixture(t, name)
		_, err := Probe(&faulty{Reader: bytes.NewReader(b), after: 10000, err: broken})
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v, want the disk's error", name, err)
		}
	}
}

// faulty fails after so many bytes were read in all.
type faulty struct {
	*bytes.Reader
	after int
	err   error
}

func (f *faulty) Read(p []byte) (int, error) {
	if f.after <= 0 {
		return 0, f.err
	}
	n, err := f.Reader.Read(p[:min(len(p), f.after)])
	f.after -= n
	return n, err
}

func TestMP3WithTagsAndJunk(t *testing.T) {
	plain := fixture(t, "melody48.mp3")
	want := decode(t, plain)
	id3 := append([]byte("ID3\x04\x00\x00\x00\x00\x10\x00"), bytes.Repeat([]byte("picture "), 256)...)
	for name, b := range map[string][]byte{
		"ID3v2":       slices.Concat(id3, plain),
		"two ID3v2":   slices.Concat(id3, id3, plain),
		"ID3v1":       slices.Concat(plain, []byte("TAG"), make([]byte, 125)),
		"junk before": slices.Concat([]byte("\x00\x01junk\xff\xfb\x00"), plain),
		"zeros after": slices.Concat(plain, make([]byte, 1000)),
	} {
		if got := decode(t, b); len(got) != len(want) || snr(got, want) < 190 {
			t.Errorf("%s: %d frames, %.0f dB: want what the plain file gives", name, len(got), snr(got, want))
		}
	}
	if got := decode(t, slices.Concat(plain, plain)); len(got) < 2*Rate {
		t.Errorf("two recordings in one file: %d frames, want both", len(got))
	}
}

// long repeats the frames of a fixture, the tag's left out.
func long(t testing.TB, seconds int) []byte {
	t.Helper()
	b := fixture(t, "melody48.mp3")
	h, ok := parseMP3Header(b)
	if !ok {
		t.Fatal("no header")
	}
	b = b[h.size:]
	return bytes.Repeat(b, seconds*Rate/1152*h.size/len(b)+1)
}

func TestHalfAnHourNeedsLittleMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.mp3")
	if err := os.WriteFile(path, long(t, 1800), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := Open(file, MP3)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Skip(s, 1790*Rate); n != 1790*Rate || err != nil {
		t.Fatalf("Skip = %d, %v", n, err)
	}
	if n, err := discard(s, 5*Rate); n != 5*Rate || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 8<<20 {
		t.Errorf("%d KB of heap in use, want at most 8 MB", grown>>10)
	}
	runtime.KeepAlive(s)
}

func FuzzProbe(f *testing.F) {
	for _, c := range fixtures {
		f.Add(fixture(f, c.name))
	}
	f.Add(encodeWAV(f, 2, 24, wavPCM, 44100, tones(44100), 100))
	f.Add([]byte("各位村民"))
	f.Fuzz(func(t *testing.T, b []byte) {
		start := time.Now()
		info, err := probe(bytes.NewReader(b), 60*Rate)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %v for %d bytes", took, len(b))
		}
		if err == nil && (info.Frames <= 0 || info.Lead < 0 || info.Trail < 0 || info.Lead+info.Trail > info.Frames || info.Loudness != info.Loudness) {
			t.Errorf("impossible: %+v", info)
		}
		if err == nil {
			if s, err := Open(bytes.NewReader(b), info.Type); err != nil {
				t.Errorf("probed but not opened: %v", err)
			} else if n, err := Skip(s, info.Frames+1); n != info.Frames || err != io.EOF {
				t.Errorf("Skip to the end = %d, %v; Probe found %d frames", n, err, info.Frames)
			}
		}
	})
}

// fuzzDecoder feeds one decoder whatever the content says.
func fuzzDecoder[S Stream](f *testing.F, name string, open func(io.ReadSeeker) (S, error)) {
	f.Add(fixture(f, name))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := open(bytes.NewReader(b))
		if err != nil {
			return
		}
		if n, err := discard(s, 60*Rate); err == nil && n != 60*Rate {
			t.Errorf("%d frames without an error", n)
		}
	})
}

func FuzzMP3(f *testing.F) {
	fuzzDecoder(f, "melody22.mp3", func(r io.ReadSeeker) (*mp3Stream, error) { return openMP3(r) })
}

func FuzzFLAC(f *testing.F) {
	fuzzDecoder(f, "melody.flac", func(r io.ReadSeeker) (*flacStream, error) { return openFLAC(r) })
}

func FuzzVorbis(f *testing.F) { fuzzDecoder(f, "melody.ogg", openVorbis) }

func FuzzWAV(f *testing.F) {
	f.Add(encodeWAV(f, 2, 16, wavPCM, 22050, tones(22050), 200))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := openWAV(bytes.NewReader(b))
		if err == nil {
			_, err = discard(s, 1<<30)
		}
		if err == nil {
			t.Error("a small file has no end")
		}
	})
}
