package audio

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// flacStream decodes a FLAC file at its own rate, mixed to one channel.
type flacStream struct {
	r     *counting
	dec   *flac.Stream
	frame *frame.Frame
	next  int   // next sample within frame
	pos   int64 // sample frames given
	scale float64
	err   error
}

// counting notes the error with which a reader ended, since a decoder may
// replace it by its own.
type counting struct {
	r   io.Reader
	err error
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil {
		c.err = err
	}
	return n, err
}

// openFLAC begins at the letters fLaC.
func openFLAC(r io.Reader) (*flacStream, error) {
	s := &flacStream{r: &counting{r: bufio.NewReaderSize(r, 16<<10)}}
	err := guard(func() (err error) { s.dec, err = flac.New(s.r); return err })
	if err != nil {
		return nil, s.fault(err)
	}
	i := s.dec.Info
	if i.NChannels < 1 || i.BitsPerSample < 4 || i.BitsPerSample > 32 {
		return nil, &Error{Kind: Corrupt, Format: "FLAC", Err: fmt.Errorf("%d channels of %d bit", i.NChannels, i.BitsPerSample)}
	}
	s.scale = 1 / float64(int64(1)<<(i.BitsPerSample-1)) / float64(i.NChannels)
	return s, nil
}

func (s *flacStream) rate() int     { return int(s.dec.Info.SampleRate) }
func (s *flacStream) channels() int { return int(s.dec.Info.NChannels) }

func (s *flacStream) Read(p []float32) (int, error) {
	if s.err != nil || len(p) == 0 {
		return 0, s.err
	}
	for s.frame == nil || s.next >= int(s.frame.BlockSize) {
		if s.err = s.advance(); s.err != nil {
			return 0, s.err
		}
	}
	n := min(len(p), int(s.frame.BlockSize)-s.next)
	for i := range n {
		var sum int64
		for _, c := range s.frame.Subframes {
			sum += int64(c.Samples[s.next+i])
		}
		p[i] = float32(float64(sum) * s.scale)
	}
	s.next += n
	s.pos += int64(n)
	return n, nil
}

// advance decodes the next block and checks that it is what the head promised.
func (s *flacStream) advance() error {
	total := int64(s.dec.Info.NSamples)
	if total > 0 && s.pos >= total {
		return io.EOF
	}
	err := guard(func() (err error) { s.frame, err = s.dec.ParseNext(); return err })
	if err != nil {
		s.frame = nil
		return s.fault(err)
	}
	s.next = 0
	i := s.dec.Info
	if len(s.frame.Subframes) != int(i.NChannels) || s.frame.BitsPerSample != 0 && s.frame.BitsPerSample != i.BitsPerSample ||
		s.frame.SampleRate != 0 && s.frame.SampleRate != i.SampleRate {
		return &Error{Kind: Unsupported, Format: "FLAC whose format changes in the middle"}
	}
	for _, c := range s.frame.Subframes {
		if len(c.Samples) < int(s.frame.BlockSize) {
			return s.fault(errors.New("a block is incomplete"))
		}
	}
	return nil
}

// fault says why the decoder gave no more.
func (s *flacStream) fault(err error) error {
	if s.r.err != nil && s.r.err != io.EOF {
		return s.r.err
	}
	e := &Error{Kind: Corrupt, Format: "FLAC", Err: err}
	if s.dec == nil || s.dec.Info == nil || s.dec.Info.SampleRate == 0 {
		if s.r.err == io.EOF {
			e.Kind, e.Err = Truncated, nil
		}
		return e
	}
	per := func(n int64) int64 { return n * Rate / int64(s.dec.Info.SampleRate) }
	e.At, e.Of = Duration(per(s.pos)), Duration(per(int64(s.dec.Info.NSamples)))
	switch ended := s.r.err == io.EOF; {
	case ended && err == io.EOF && s.dec.Info.NSamples == 0:
		return io.EOF
	case ended && (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)):
		e.Kind, e.Err = Truncated, nil
	}
	return e
}
