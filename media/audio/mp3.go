package audio

import (
	"encoding/binary"
	"io"
	"time"

	gomp3 "github.com/hajimehoshi/go-mp3"
)

// mp3DecoderDelay is how many sample frames a decoder of layer 3 lags behind.
const mp3DecoderDelay = 529

// mp3Warmup is how many MP3 frames before a place the decoding begins, so that
// the decoder's memory and all borrowed bytes are there: 511 bytes can be borrowed
// and the smallest frame of MPEG-1 has 64 of them, and two frames more.
const mp3Warmup = 12

// mp3Stream decodes one MP3 file at its own rate, mixed to one channel, without
// the encoder's delay and padding where the file states them.
type mp3Stream struct {
	r   *mp3Reader
	dec *gomp3.Decoder
	raw int64 // sample frames that came from the decoder, untrimmed
	end int64 // raw position of the end; -1: where the file ends
	buf [4096]byte
	err error
}

func openMP3(r io.Reader) (*mp3Stream, error) {
	m, err := newMP3Reader(r)
	if err != nil {
		return nil, err
	}
	s := &mp3Stream{r: m, end: -1}
	if err := s.restart(); err != nil {
		return nil, err
	}
	if t := m.tag; t.known {
		if t.frames > 0 {
			s.end = min(t.frames*m.first.frames(), t.frames*m.first.frames()-t.padding+mp3DecoderDelay)
		}
		if _, err := discard(s, t.delay+mp3DecoderDelay); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return s, nil
}

// restart makes a decoder that begins with the reader's next frame.
func (s *mp3Stream) restart() error {
	err := guard(func() (err error) { s.dec, err = gomp3.NewDecoder(s.r); return err })
	if err != nil {
		s.err = s.fault(err)
		return s.err
	}
	return nil
}

func (s *mp3Stream) rate() int     { return s.r.first.rate }
func (s *mp3Stream) channels() int { return s.r.first.channels() }
func (s *mp3Stream) cut() bool     { return s.r.cut }

// at is the time of the given MP3 frame in the trimmed sound.
func (m *mp3Reader) at(index int64) time.Duration {
	n := index * m.first.frames()
	if m.tag.known {
		n = max(0, n-m.tag.delay-mp3DecoderDelay)
	}
	return time.Duration(n) * time.Second / time.Duration(m.first.rate)
}

func (s *mp3Stream) Read(p []float32) (int, error) {
	if s.err != nil || len(p) == 0 {
		return 0, s.err
	}
	want := int64(min(len(p), len(s.buf)/4))
	if s.end >= 0 {
		if want = min(want, s.end-s.raw); want == 0 && !s.more() {
			s.err = io.EOF
			return 0, s.err
		} else if want == 0 {
			s.end = -1 // another recording was appended; its tag's length is not ours
			return s.Read(p)
		}
	}
	var n int
	err := guard(func() (err error) {
		n, err = io.ReadFull(s.dec, s.buf[:4*want])
		return err
	})
	if n /= 4; n == 0 {
		s.err = s.fault(err)
		return 0, s.err
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		s.err = s.fault(err)
	}
	s.raw += int64(n)
	for i := range n {
		l := int16(binary.LittleEndian.Uint16(s.buf[4*i:]))
		r := int16(binary.LittleEndian.Uint16(s.buf[4*i+2:]))
		p[i] = float32(int32(l)+int32(r)) / 65536
	}
	return n, nil
}

// more tells whether frames follow the last one that the tag counts: one
// recording appended to another is common. A single one may be a miscount.
func (s *mp3Stream) more() bool {
	b, _ := s.r.r.Peek(s.r.r.Size())
	for range s.r.tag.frames + 2 - s.r.index {
		h, ok := parseMP3Header(b)
		if !ok || h.size == 0 || h.size > len(b) {
			return false
		}
		b = b[h.size:]
	}
	return true
}

// fault says why the decoder gave no more.
func (s *mp3Stream) fault(err error) error {
	if s.r.err != nil && s.r.err != io.EOF {
		return s.r.err // the reader's own reason, or the file's
	}
	if s.r.err == nil || err != io.EOF && err != io.ErrUnexpectedEOF {
		return s.r.corrupt(err)
	}
	if t := s.r.tag; t.frames > s.r.index+1 {
		return &Error{Kind: Truncated, Format: "MP3", At: s.r.at(s.r.index), Of: s.r.at(t.frames)}
	}
	return io.EOF
}

func (s *mp3Stream) skip(n int64) (int64, error) {
	spf := s.r.first.frames()
	target := s.raw + n
	first := target/spf - mp3Warmup
	if s.err != nil || first <= s.r.index || s.end >= 0 && target > s.end {
		return discard(s, n)
	}
	from := s.raw
	if err := s.r.drop(first - s.r.index); err != nil {
		s.err = s.fault(err)
		return max(0, s.r.index*spf-from), s.err
	}
	if err := s.restart(); err != nil {
		return 0, err
	}
	s.raw = first * spf
	_, err := discard(s, target-s.raw)
	return s.raw - from, err
}
