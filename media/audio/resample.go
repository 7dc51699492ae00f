package audio

import (
	"fmt"
	"io"
	"math"
)

// Quality of the resampler: a sinc of 2*wings crossings under a Kaiser window.
// With beta 9 what is folded lies under -90 dB; from 44.1 kHz the response is flat to
// 18.5 kHz.
const (
	wings  = 32
	kaiser = 9.0
	rolls  = 0.92 // middle of the slope, of the smaller Nyquist frequency
	// mostPhases bounds the table: every usual rate needs at most 640.
	mostPhases = 1280
)

// resampler brings a stream from one rate to Rate. Output frame k stands for the
// instant of input k*down/up, so nothing is shifted in time; before the beginning and
// after the end there is silence.
type resampler struct {
	s        Stream
	up, down int64 // Rate/from in lowest terms
	half     int64 // taps on each side of an instant
	taps     [][]float32

	buf   []float32 // input from frame base on
	base  int64
	total int64 // input frames in all; -1 until known
	pos   int64 // next output frame
	err   error
}

// resample returns s itself when it is at Rate already.
func resample(s Stream, from int) (Stream, error) {
	if from == Rate {
		return s, nil
	}
	g := gcd(int64(from), Rate)
	r := &resampler{s: s, up: Rate / g, down: int64(from) / g, total: -1}
	if from < 4000 || from > 384000 || r.up > mostPhases {
		return nil, &Error{Kind: Unsupported, Format: fmt.Sprintf("audio at the sample rate %d Hz", from)}
	}
	r.design()
	r.base = -r.half
	r.buf = make([]float32, r.half, 8192+4*r.half)
	return r, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// design computes one row of taps for each of the up fractions of an input step.
func (r *resampler) design() {
	cut := rolls * min(1, float64(r.up)/float64(r.down)) // of the input's Nyquist frequency
	width := wings / min(1, float64(r.up)/float64(r.down))
	r.half = int64(math.Ceil(width))
	r.taps = make([][]float32, r.up)
	row := make([]float64, 2*r.half)
	for p := range r.taps {
		var sum float64
		for i := range row {
			// Tap i belongs to the input frame floor(t)-half+1+i.
			x := float64(int64(i)-r.half+1) - float64(p)/float64(r.up)
			row[i] = cut * sinc(cut*x) * window(x/width)
			sum += row[i]
		}
		r.taps[p] = make([]float32, len(row))
		for i, v := range row {
			r.taps[p][i] = float32(v / sum) // a constant stays what it is
		}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func window(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(kaiser*math.Sqrt(1-x*x)) / bessel(kaiser)
}

// bessel is the modified Bessel function of order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func (r *resampler) Read(p []float32) (int, error) {
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	var n int
	for n < len(p) {
		at := r.pos * r.down / r.up
		if r.total >= 0 && at >= r.total {
			break
		}
		first := at - r.half + 1
		if !r.fill(first, at+r.half) {
			break
		}
		in := r.buf[first-r.base:][:2*r.half]
		taps := r.taps[r.pos*r.down%r.up][:len(in)]
		var a, b, c, d float32
		for i := 0; i+3 < len(in); i += 4 {
			a += in[i] * taps[i]
			b += in[i+1] * taps[i+1]
			c += in[i+2] * taps[i+2]
			d += in[i+3] * taps[i+3]
		}
		for i := len(in) &^ 3; i < len(in); i++ {
			a += in[i] * taps[i]
		}
		p[n] = a + b + c + d
		n++
		r.pos++
	}
	if n > 0 {
		return n, nil
	}
	if r.err == nil {
		r.err = io.EOF
	}
	return 0, r.err
}

// fill makes sure that the input frames from first to last are there, silence
// standing after the end. It reports false when the input failed.
func (r *resampler) fill(first, last int64) bool {
	for last >= r.base+int64(len(r.buf)) {
		if drop := first - r.base; drop > 0 && len(r.buf)+1024 > cap(r.buf) {
			drop = min(drop, int64(len(r.buf)))
			r.buf = r.buf[:copy(r.buf, r.buf[drop:])]
			r.base += drop
		}
		have := len(r.buf)
		if r.total >= 0 {
			r.buf = append(r.buf, 0)
			continue
		}
		r.buf = append(r.buf, make([]float32, 1024)...)
		n, err := r.s.Read(r.buf[have:])
		r.buf = r.buf[:have+n]
		switch {
		case err == io.EOF:
			r.total = r.base + int64(have)
			if r.pos*r.down/r.up >= r.total {
				return false
			}
		case err != nil:
			r.err = err
			return false
		}
	}
	return true
}

func (r *resampler) skip(n int64) (int64, error) {
	first := (r.pos+n)*r.down/r.up - r.half + 1
	ahead := first - r.base - int64(len(r.buf))
	if r.err != nil || r.total >= 0 || ahead <= 0 {
		return discard(r, n)
	}
	got, err := Skip(r.s, ahead)
	if err != nil && err != io.EOF {
		r.err = err
		return 0, err
	}
	was := r.pos
	r.base += int64(len(r.buf)) + got
	r.buf = r.buf[:0]
	if err == io.EOF {
		// The sound ends before: what is left of it is passed over too.
		r.total, r.err = r.base, io.EOF
		r.pos = (r.total*r.up + r.down - 1) / r.down
		return r.pos - was, io.EOF
	}
	r.pos += n
	// Whether the sound still lasts is known only by reading on.
	if !r.fill(first, first+2*r.half-1) || r.total >= 0 && r.pos*r.down/r.up >= r.total {
		if r.err == nil {
			r.err = io.EOF
			r.pos = (r.total*r.up + r.down - 1) / r.down
		}
		if r.pos-was < n {
			return r.pos - was, r.err
		}
	}
	return n, nil
}
