package audio

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

const preparedKey = "a recording"

func prepared(t testing.TB, file []byte, width int) []byte {
	t.Helper()
	s, err := Open(bytes.NewReader(file), "")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Prepare(&b, s, preparedKey, width); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// openPrepared opens b, and the file in its place; changed says how often that
// was needed.
func openPrepared(t testing.TB, b, file []byte, changed *int) Stream {
	t.Helper()
	s, err := OpenPrepared(bytes.NewReader(b), int64(len(b)), preparedKey, func(err error) (Stream, error) {
		if *changed++; !errors.Is(err, ErrUnsound) {
			t.Errorf("the reason is %v", err)
		}
		return Open(bytes.NewReader(file), "")
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is prepared is, sample by sample, what is decoded, of whatever form.
func TestPreparedIsWhatIsDecoded(t *testing.T) {
	for name, width := range map[string]int{"melody48.mp3": Narrow, "melody44.mp3": Wide, "melody22.mp3": Wide, "melody.ogg": Wide, "melody.flac": Wide} {
		t.Run(name, func(t *testing.T) {
			file := fixture(t, name)
			want := decode(t, file)
			b := prepared(t, file, width)
			if over := PreparedSize(int64(len(want)), width) - int64(len(b)); over < 0 {
				t.Errorf("it takes %d bytes more than announced", -over)
			}
			changed := 0
			got, err := ReadAll(openPrepared(t, b, file, &changed))
			if err != nil || changed > 0 || !slices.Equal(got, want) {
				t.Fatalf("%d frames, %v, changed %d times; want the %d frames of the file", len(got), err, changed, len(want))
			}
			rnd := rand.New(rand.NewPCG(1, 2))
			for range 50 {
				s, at := openPrepared(t, b, file, &changed), int64(0)
				for at < int64(len(want)) {
					n := rnd.Int64N(2 * preparedFrames)
					k, err := Skip(s, n)
					if rest := int64(len(want)) - at; k != min(n, rest) || (err == io.EOF) != (n > rest) {
						t.Fatalf("Skip(%d) at %d of %d: %d, %v", n, at, len(want), k, err)
					}
					at += k
					buf := make([]float32, min(rnd.IntN(100), len(want)-int(at)))
					got, err := fill(s, buf)
					if err != nil && len(buf) > 0 && err != io.EOF || !slices.Equal(buf, want[at:int(at)+got]) || got != len(buf) {
						t.Fatalf("at %d: other samples, or %v", at, err)
					}
					at += int64(got)
				}
			}
		})
	}
}

// What 16 bit do not hold is not prepared in 16 bit.
func TestPreparedLosesNothing(t *testing.T) {
	for _, bad := range []float32{1, -1.001, 0.5 / 32768, 1e-9, 2} {
		all := make([]float32, 3*preparedFrames)
		all[len(all)-7] = bad
		if err := Prepare(io.Discard, &given{all}, preparedKey, Narrow); !errors.Is(err, ErrNarrow) {
			t.Errorf("%v: %v", bad, err)
		}
		var b bytes.Buffer
		if err := Prepare(&b, &given{all}, preparedKey, Wide); err != nil {
			t.Fatal(err)
		}
		changed := 0
		if got, err := ReadAll(openPrepared(t, b.Bytes(), nil, &changed)); err != nil || !slices.Equal(got, all) {
			t.Errorf("%v came back as something else, or %v", bad, err)
		}
	}
	for _, n := range []int{0, 1, preparedFrames - 1, preparedFrames, preparedFrames + 1} {
		all := make([]float32, n)
		var b bytes.Buffer
		if err := Prepare(&b, &given{all}, preparedKey, Narrow); err != nil {
			t.Fatal(err)
		}
		changed := 0
		if got, err := ReadAll(openPrepared(t, b.Bytes(), nil, &changed)); err != nil || !slices.Equal(got, all) || changed > 0 {
			t.Errorf("of %d frames come %d, %v", n, len(got), err)
		}
	}
}

type given struct{ left []float32 }

func (g *given) Read(p []float32) (int, error) {
	n := copy(p, g.left)
	if g.left = g.left[n:]; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Whatever becomes of the file of prepared sound, what is heard is the recording.
func TestDamageOfPreparedSoundIsNeverHeard(t *testing.T) {
	file := fixture(t, "melody48.mp3")
	want := decode(t, file)
	whole := prepared(t, file, Narrow)
	block := preparedFrames*Narrow + preparedSum
	head := len(preparedHead(preparedKey, Narrow))
	damages := map[string]func(*rand.Rand, []byte) []byte{
		"a byte": func(rnd *rand.Rand, b []byte) []byte {
			b[rnd.IntN(len(b))] ^= byte(1 + rnd.IntN(255))
			return b
		},
		"cut off":            func(rnd *rand.Rand, b []byte) []byte { return b[:rnd.IntN(len(b))] },
		"cut off at a block": func(rnd *rand.Rand, b []byte) []byte { return b[:head+block*rnd.IntN((len(b)-head)/block+1)] },
		"longer":             func(rnd *rand.Rand, b []byte) []byte { return append(b, make([]byte, 1+rnd.IntN(2*block))...) },
		"zeros": func(rnd *rand.Rand, b []byte) []byte {
			clear(b[rnd.IntN(len(b)):])
			return b
		},
		"blocks changed places": func(_ *rand.Rand, b []byte) []byte {
			one := slices.Clone(b[head : head+block])
			copy(b[head:], b[head+block:head+2*block])
			copy(b[head+block:], one)
			return b
		},
	}
	for name, damage := range damages {
		for seed := range uint64(20) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			b := damage(rnd, slices.Clone(whole))
			changed := 0
			skip := rnd.Int64N(int64(len(want)))
			s := openPrepared(t, b, file, &changed)
			if k, err := Skip(s, skip); k != skip || err != nil {
				t.Fatalf("%s, seed %d: Skip(%d) gives %d, %v", name, seed, skip, k, err)
			}
			got, err := ReadAll(s)
			if err != nil || !slices.Equal(got, want[skip:]) {
				t.Fatalf("%s, seed %d: after %d frames %d come, want %d; %v", name, seed, skip, len(got), int64(len(want))-skip, err)
			}
			if changed > 1 || changed == 0 && skip == 0 && !bytes.Equal(b, whole) {
				t.Errorf("%s, seed %d: the file was read instead %d times", name, seed, changed)
			}
		}
	}
	other, err := OpenPrepared(bytes.NewReader(whole), int64(len(whole)), "another one", func(error) (Stream, error) { return nil, io.ErrNoProgress })
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("prepared sound of another recording is taken: %v, %v", other, err)
	}
}

// FuzzPrepared: whatever stands in the file, it sounds as the recording or not at all.
func FuzzPrepared(f *testing.F) {
	all := make([]float32, preparedFrames+100)
	for i := range all {
		all[i] = float32(i%2000) / 32768
	}
	var b bytes.Buffer
	if err := Prepare(&b, &given{all}, preparedKey, Narrow); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := OpenPrepared(bytes.NewReader(b), int64(len(b)), preparedKey, func(error) (Stream, error) { return &given{all}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadAll(s); err != nil || !slices.Equal(got, all) {
			t.Errorf("%d frames, %v", len(got), err)
		}
	})
}

func BenchmarkReadPrepared(b *testing.B) {
	raw := prepared(b, fixture(b, "melody48.mp3"), Narrow)
	buf := make([]float32, Rate/20)
	var frames int64
	for b.Loop() {
		changed := 0
		s := openPrepared(b, raw, nil, &changed)
		for {
			n, err := s.Read(buf)
			if frames += int64(n); err != nil {
				break
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/Duration(frames).Hours(), "s/h")
	b.ReportMetric(0, "ns/op")
}
