package audio

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// melodyWAV is Melody as WriteWAV writes it.
func melodyWAV(t testing.TB, seconds int) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "melody.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := WriteWAV(f, Melody(seconds)); err != nil || n != int64(seconds)*Rate {
		t.Fatalf("WriteWAV = %d, %v", n, err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// encodeWAV writes a WAV file of the given form; every channel is at(i).
func encodeWAV(t testing.TB, channels, bits int, format uint16, rate int, at func(i int) float64, n int) []byte {
	t.Helper()
	var data []byte
	for i := range n {
		for range channels {
			v := at(i)
			switch {
			case format == wavFloat && bits == 64:
				data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
			case format == wavFloat:
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
			case bits == 8:
				data = append(data, byte(math.Round(v*128)+128))
			default:
				w := binary.LittleEndian.AppendUint64(nil, uint64(int64(math.Round(v*float64(int64(1)<<(bits-1))))))
				data = append(data, w[:bits/8]...)
			}
		}
	}
	frame := channels * bits / 8
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00")
	for _, v := range []any{format, uint16(channels), uint32(rate), uint32(rate * frame), uint16(frame), uint16(bits)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), uint32(len(data)))
	return append(b, data...)
}

func TestWAVForms(t *testing.T) {
	at := func(i int) float64 { return 0.5 * math.Sin(float64(i)/20) }
	for _, c := range []struct {
		channels, bits int
		format         uint16
		within         float64
	}{
		{1, 8, wavPCM, 1.0 / 128}, {1, 16, wavPCM, 1.0 / 32768}, {2, 16, wavPCM, 1.0 / 32768}, {1, 24, wavPCM, 1.0 / (1 << 23)},
		{6, 24, wavPCM, 1.0 / (1 << 23)}, {1, 32, wavPCM, 1e-7}, {2, 32, wavFloat, 1e-7}, {1, 64, wavFloat, 1e-7},
	} {
		wav := encodeWAV(t, c.channels, c.bits, c.format, Rate, at, 5000)
		wav = slices.Insert(wav, 12, []byte("LIST\x03\x00\x00\x00abc\x00")...) // a chunk of odd length before
		got := decode(t, wav)
		if len(got) != 5000 {
			t.Errorf("%+v: %d frames", c, len(got))
		}
		for i, v := range got {
			if math.Abs(float64(v)-at(i)) > c.within {
				t.Errorf("%+v: frame %d is %g, want %g", c, i, v, at(i))
				break
			}
		}
	}
}

func TestWriteWAVKeepsSixteenBits(t *testing.T) {
	src := decode(t, melodyWAV(t, 1))
	f, err := os.Create(filepath.Join(t.TempDir(), "again.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Open(bytes.NewReader(melodyWAV(t, 1)), WAV)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteWAV(f, s); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(f)
	if got := snr(decode(t, b), src); got < 190 {
		t.Errorf("written and read again differs: %.0f dB", got)
	}
}

func TestG711(t *testing.T) {
	// ITU-T G.711: the quietest and the loudest codes.
	for _, c := range []struct {
		got, want float32
	}{
		{muLaw(0xff), 0}, {muLaw(0x80), 32124. / 32768}, {muLaw(0x00), -32124. / 32768},
		{aLaw(0xd5), 8. / 32768}, {aLaw(0x55), -8. / 32768}, {aLaw(0xaa), 32256. / 32768}, {aLaw(0x2a), -32256. / 32768},
	} {
		if c.got != c.want {
			t.Errorf("got %g, want %g", c.got*32768, c.want*32768)
		}
	}
}
