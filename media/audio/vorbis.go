package audio

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jfreymuth/oggvorbis"
)

// vorbisStream decodes an Ogg Vorbis file at its own rate, mixed to one channel.
type vorbisStream struct {
	r    *counting
	dec  *oggvorbis.Reader
	last oggEnd
	pos  int64
	buf  []float32
	err  error
}

func openVorbis(r io.ReadSeeker) (*vorbisStream, error) {
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	last, err := walkOgg(r)
	if err != nil {
		return nil, err
	}
	if last.streams > 1 {
		return nil, &Error{Kind: Unsupported, Format: "Ogg with several streams in one file"}
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return nil, err
	}
	if err := checkVorbis(bufio.NewReader(r)); err == errSetup {
		return nil, &Error{Kind: Corrupt, Format: "Ogg Vorbis", Err: err}
	} else if err != nil {
		return nil, err
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return nil, err
	}
	s := &vorbisStream{r: &counting{r: bufio.NewReaderSize(r, 16<<10)}, last: last}
	// The decoder sees a plain reader: given a seeker it would look for the end
	// by itself.
	if err := guard(func() (err error) { s.dec, err = oggvorbis.NewReader(s.r); return err }); err != nil {
		return nil, s.fault(err)
	}
	if s.channels() < 1 {
		return nil, &Error{Kind: Corrupt, Format: "Ogg Vorbis", Err: errors.New("no channels")}
	}
	s.buf = make([]float32, 1024*s.channels())
	return s, nil
}

func (s *vorbisStream) rate() int     { return s.dec.SampleRate() }
func (s *vorbisStream) channels() int { return s.dec.Channels() }

func (s *vorbisStream) Read(p []float32) (int, error) {
	if s.err != nil || len(p) == 0 {
		return 0, s.err
	}
	c := s.channels()
	var n int
	for idle := 0; n == 0; idle++ {
		err := guard(func() (err error) { n, err = s.dec.Read(s.buf[:min(len(p)*c, len(s.buf))]); return err })
		n /= c
		if err == nil && n == 0 && idle > 100 {
			err = errors.New("blocks without sound")
		}
		if err != nil {
			s.err = s.fault(err)
			break
		}
	}
	for i := range n {
		var sum float32
		for _, v := range s.buf[i*c : (i+1)*c] {
			sum += v
		}
		p[i] = tame(sum / float32(c))
	}
	if s.pos += int64(n); n == 0 {
		return 0, s.err
	}
	return n, nil
}

func (s *vorbisStream) fault(err error) error {
	if s.r.err != nil && s.r.err != io.EOF {
		return s.r.err
	}
	e := &Error{Kind: Corrupt, Format: "Ogg Vorbis", Err: err}
	if s.dec != nil && s.rate() > 0 {
		e.At = Duration(s.pos * Rate / int64(s.rate()))
	}
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case ended && s.last.whole && s.dec != nil:
		return io.EOF
	case ended:
		e.Kind, e.Err = Truncated, nil
	}
	return e
}

// oggEnd is how an Ogg file ends.
type oggEnd struct {
	whole   bool // the last page is complete and marked as the last
	streams int
}

// walkOgg goes over the pages of an Ogg file (RFC 3533 section 6) without
// reading what is in them. It leaves r at the end.
func walkOgg(r io.ReadSeeker) (oggEnd, error) {
	var e oggEnd
	var head [27]byte
	var lacing [255]byte
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return e, err
	}
	for at := int64(0); at < size; {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return e, err
		}
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return e, unlessEOF(err)
		}
		if string(head[:4]) != "OggS" {
			if !e.whole { // bytes after the last page do no harm
				return e, &Error{Kind: Corrupt, Format: "Ogg Vorbis", Err: fmt.Errorf("no page at byte %d", at)}
			}
			return e, nil
		}
		if _, err := io.ReadFull(r, lacing[:head[26]]); err != nil {
			e.whole = false
			return e, unlessEOF(err)
		}
		at += 27 + int64(head[26])
		for _, n := range lacing[:head[26]] {
			at += int64(n)
		}
		if head[5]&2 != 0 {
			e.streams++
		}
		e.whole = head[5]&4 != 0 && at <= size
	}
	return e, nil
}

func unlessEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// oggName says what is in an Ogg file by its first page; empty for Vorbis.
func oggName(head []byte) string {
	if len(head) < 28 {
		return "Ogg"
	}
	packet := head[min(len(head), 27+int(head[26])):]
	for prefix, name := range map[string]string{
		"\x01vorbis": "", "OpusHead": "Opus", "\x7fFLAC": "FLAC in Ogg", "Speex   ": "Speex",
		"\x80theora": "a video (Ogg Theora)", "fishead\x00": "Ogg with several streams in one file",
	} {
		if bytes.HasPrefix(packet, []byte(prefix)) {
			return name
		}
	}
	return fmt.Sprintf("Ogg of an unknown kind (serial %d)", binary.LittleEndian.Uint32(head[14:]))
}
