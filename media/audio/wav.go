package audio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// wavStream reads samples of a WAV file, mixed to one channel, at its own rate.
type wavStream struct {
	r        io.ReadSeeker
	b        *bufio.Reader
	format   uint16 // wavPCM, wavFloat, wavALaw or wavMuLaw
	bits     int
	chans    int
	hz       int
	stated   int64 // sample frames that the head states; -1: until the end
	pos      int64 // sample frames read
	err      error
	frame    int // bytes of one sample frame
	buf      []byte
	leftover int // bytes of an incomplete frame at the end
}

const (
	wavPCM   = 1
	wavFloat = 3
	wavALaw  = 6
	wavMuLaw = 7
	wavExt   = 0xfffe
)

var wavNames = map[uint16]string{
	2: "WAV with ADPCM", 0x11: "WAV with IMA ADPCM", 0x31: "WAV with GSM", 0x50: "WAV with MPEG audio",
	0x55: "WAV with MP3 inside", 0x161: "WAV with WMA", 0xff: "WAV with AAC",
}

func openWAV(r io.ReadSeeker) (*wavStream, error) {
	s := &wavStream{r: r}
	if _, err := io.CopyN(io.Discard, r, 12); err != nil { // RIFF, size, WAVE
		return nil, s.short(err)
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, s.short(err)
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			if err := s.readFormat(size); err != nil {
				return nil, err
			}
			continue
		case "data":
			return s, s.begin(size)
		}
		if _, err := r.Seek(size+size&1, io.SeekCurrent); err != nil {
			return nil, err
		}
	}
}

// short is the error of a file that ends within its head.
func (s *wavStream) short(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Kind: Truncated, Format: "WAV"}
	}
	return err
}

func (s *wavStream) readFormat(size int64) error {
	if size < 16 || size > 4096 {
		return &Error{Kind: Corrupt, Format: "WAV", Err: fmt.Errorf("format chunk of %d bytes", size)}
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return s.short(err)
	}
	s.format = binary.LittleEndian.Uint16(b)
	s.chans = int(binary.LittleEndian.Uint16(b[2:]))
	s.hz = int(binary.LittleEndian.Uint32(b[4:]))
	s.bits = int(binary.LittleEndian.Uint16(b[14:]))
	if s.format == wavExt && size >= 26 {
		s.format = binary.LittleEndian.Uint16(b[24:])
	}
	width := map[uint16][]int{wavPCM: {8, 16, 24, 32}, wavFloat: {32, 64}, wavALaw: {8}, wavMuLaw: {8}}[s.format]
	name, named := wavNames[s.format]
	switch {
	case named:
		return &Error{Kind: Unsupported, Format: name}
	case width == nil:
		return &Error{Kind: Unsupported, Format: fmt.Sprintf("WAV with the compression 0x%04x", s.format)}
	case s.chans < 1 || s.chans > 64:
		return &Error{Kind: Corrupt, Format: "WAV", Err: fmt.Errorf("%d channels", s.chans)}
	}
	for _, w := range width {
		if w == s.bits {
			return nil
		}
	}
	return &Error{Kind: Unsupported, Format: fmt.Sprintf("WAV with samples of %d bit", s.bits)}
}

// begin starts at the samples. A length of 0 or of all ones is written by
// programs that send their output through a pipe: then the file's end counts.
func (s *wavStream) begin(size int64) error {
	if s.chans == 0 {
		return &Error{Kind: Corrupt, Format: "WAV", Err: errors.New("no format before the samples")}
	}
	s.frame = s.chans * s.bits / 8
	s.stated = size / int64(s.frame)
	if size == 0 || size >= math.MaxInt32-0x10000 {
		here, err := s.r.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		end, err := s.r.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if _, err := s.r.Seek(here, io.SeekStart); err != nil {
			return err
		}
		if end-here < size || size == 0 {
			s.stated = -1
		}
	}
	s.b = bufio.NewReaderSize(s.r, 16<<10)
	s.buf = make([]byte, max(4096/s.frame, 1)*s.frame)
	return nil
}

func (s *wavStream) rate() int     { return s.hz }
func (s *wavStream) channels() int { return s.chans }
func (s *wavStream) cut() bool     { return s.leftover > 0 }

func (s *wavStream) Read(p []float32) (int, error) {
	if s.err != nil || len(p) == 0 {
		return 0, s.err
	}
	want := min(len(p), len(s.buf)/s.frame)
	if s.stated >= 0 {
		want = int(min(int64(want), s.stated-s.pos))
	}
	if want == 0 {
		s.err = io.EOF
		return 0, s.err
	}
	got, err := io.ReadFull(s.b, s.buf[:want*s.frame])
	n := got / s.frame
	for i := range n {
		p[i] = s.mix(s.buf[i*s.frame:])
	}
	s.pos += int64(n)
	if err != nil {
		s.leftover = got % s.frame
		s.err = s.ended(err)
	}
	if n == 0 {
		return 0, s.err
	}
	return n, nil
}

func (s *wavStream) ended(err error) error {
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if s.stated < 0 || s.pos >= s.stated {
		return io.EOF
	}
	per := func(n int64) time.Duration { return Duration(n * Rate / int64(s.hz)) }
	return &Error{Kind: Truncated, Format: "WAV", At: per(s.pos), Of: per(s.stated)}
}

func (s *wavStream) mix(b []byte) float32 {
	if s.chans == 1 {
		return s.sample(b)
	}
	var sum float64
	for c := range s.chans {
		sum += float64(s.sample(b[c*s.bits/8:]))
	}
	return float32(sum / float64(s.chans))
}

func (s *wavStream) sample(b []byte) float32 {
	switch {
	case s.format == wavALaw:
		return aLaw(b[0])
	case s.format == wavMuLaw:
		return muLaw(b[0])
	case s.format == wavFloat && s.bits == 64:
		return tame(float32(math.Float64frombits(binary.LittleEndian.Uint64(b))))
	case s.format == wavFloat:
		return tame(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case s.bits == 8:
		return float32(int(b[0])-128) / 128
	case s.bits == 16:
		return float32(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case s.bits == 24:
		return float32(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / (1 << 31)
	}
	return float32(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}

// tame keeps what is no number, or far beyond full scale, from the mixer.
func tame(v float32) float32 {
	switch {
	case v != v:
		return 0
	case v > 8:
		return 8
	case v < -8:
		return -8
	}
	return v
}

// aLaw and muLaw expand a byte of ITU-T G.711.
func aLaw(b byte) float32 {
	b ^= 0x55
	v := int(b&0x0f)<<4 + 8
	if e := b >> 4 & 7; e > 0 {
		v = (v + 0x100) << (e - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return float32(v) / 32768
}

func muLaw(b byte) float32 {
	b = ^b
	v := (int(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		v = -v
	}
	return float32(v) / 32768
}

func (s *wavStream) skip(n int64) (int64, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.stated < 0 || s.pos+n > s.stated {
		return discard(s, n)
	}
	ahead := n*int64(s.frame) - int64(s.b.Buffered())
	if ahead <= 0 {
		return discard(s, n)
	}
	if _, err := s.r.Seek(ahead, io.SeekCurrent); err != nil {
		s.err = err
		return 0, err
	}
	s.b.Reset(s.r)
	s.pos += n
	return n, nil
}
