package audio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// mp3Reader walks the frames of an MP3 file and hands them, cleaned, to the
// decoder as a byte stream. It exists because the decoder takes what comes: it
// plays tags as noise, changes of rate at the wrong rate, reads frames of MPEG-2
// with a padding byte one byte short, and decodes garbage when the bytes that a
// frame borrows from earlier ones are missing.
type mp3Reader struct {
	r     *bufio.Reader
	first mp3Header
	tag   mp3Tag

	index int64  // frames read so far, the tag's not counted
	have  int    // bytes that the decoder holds for later frames to borrow
	past  []byte // the last bytes of main data, for MPEG-2
	out   []byte // bytes that wait for Read
	frame []byte // the frame read last
	cut   bool   // the last frame is incomplete
	err   error
}

// maxJunk is how many bytes that are no frame are passed over.
const maxJunk = 64 << 10

// newMP3Reader begins at the first frame; r stands where the search begins.
func newMP3Reader(r io.Reader) (*mp3Reader, error) {
	m := &mp3Reader{r: bufio.NewReaderSize(r, 16<<10)}
	if err := m.sync(nil); err != nil {
		if err == io.EOF {
			err = &Error{Kind: NotAudio, Format: "unknown data"}
		}
		return nil, err
	}
	b, _ := m.r.Peek(4)
	m.first, _ = parseMP3Header(b)
	if name := m.first.name(); name != "" {
		return nil, &Error{Kind: Unsupported, Format: name}
	}
	if b, err := m.r.Peek(m.first.size); err == nil {
		var ok bool
		if m.tag, ok = parseMP3Tag(m.first, b); ok {
			m.r.Discard(len(b))
		}
	}
	return m, nil
}

// sync moves to the next place where two frames follow each other, or where one
// ends the file. like, if not nil, is what they must be like.
func (m *mp3Reader) sync(like *mp3Header) error {
	for range maxJunk {
		b, err := m.r.Peek(4)
		if len(b) < 4 {
			return end(err)
		}
		if h, ok := parseMP3Header(b); ok && h.size > 0 && (like == nil || h.like(*like)) {
			b, _ := m.r.Peek(h.size + 4)
			if next, ok := parseMP3Header(b[min(h.size, len(b)):]); ok && next.like(h) || len(b) == h.size {
				return nil
			}
		}
		m.r.Discard(1)
	}
	return io.EOF
}

// end turns the error of a short Peek into the end of the file.
func end(err error) error {
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull) {
		return io.EOF
	}
	return err
}

// next reads one whole frame, which holds until the next call; io.EOF at the
// end.
func (m *mp3Reader) next() (mp3Header, []byte, error) {
	for {
		b, err := m.r.Peek(10)
		if len(b) < 4 {
			return mp3Header{}, nil, end(err)
		}
		if n := tagSize(b, m.r); n > 0 {
			if _, err := m.r.Discard(n); err != nil {
				return mp3Header{}, nil, end(err)
			}
			continue
		}
		h, ok := parseMP3Header(b)
		if !ok || h.size == 0 || !h.like(m.first) {
			return mp3Header{}, nil, m.lost(h, ok)
		}
		if name := h.name(); name != "" {
			return h, nil, &Error{Kind: Unsupported, Format: name}
		}
		m.frame = slices.Grow(m.frame[:0], h.size)[:h.size]
		frame := m.frame
		if _, err := io.ReadFull(m.r, frame); err != nil {
			m.cut = end(err) == io.EOF
			return h, nil, end(err)
		}
		if h.size < h.head()+h.side() {
			return h, nil, m.corrupt(errors.New("a frame is shorter than its side information"))
		}
		m.index++
		return h, frame, nil
	}
}

// lost decides what bytes are that are no fitting frame: the end, when no frame
// comes any more, else damage or a change in the middle.
func (m *mp3Reader) lost(h mp3Header, ok bool) error {
	if ok && h.size > 0 {
		b, _ := m.r.Peek(h.size + 4)
		if next, ok := parseMP3Header(b[min(h.size, len(b)):]); ok && next.like(h) {
			return &Error{Kind: Unsupported, Format: "MP3 whose sample rate or channels change in the middle"}
		}
	}
	if err := m.sync(&m.first); err != nil {
		return err
	}
	return m.corrupt(errors.New("bytes between frames"))
}

func (m *mp3Reader) corrupt(err error) error {
	return &Error{Kind: Corrupt, Format: "MP3", At: m.at(m.index), Err: err}
}

// tagSize is the length of the tag that b begins, or 0: ID3v1, ID3v2 and APE.
func tagSize(b []byte, r *bufio.Reader) int {
	switch {
	case string(b[:3]) == "TAG":
		return 128
	case string(b[:3]) == "ID3" && len(b) >= 10:
		return id3Size(b)
	case len(b) >= 8 && string(b[:8]) == "APETAGEX":
		if b, err := r.Peek(32); err == nil {
			return 32 + int(binary.LittleEndian.Uint32(b[12:])&0xffffff)
		}
	}
	return 0
}

// id3Size is the length of an ID3v2 tag with its header and footer.
func id3Size(b []byte) int {
	n := 10 + int(b[6]&0x7f)<<21 + int(b[7]&0x7f)<<14 + int(b[8]&0x7f)<<7 + int(b[9]&0x7f)
	if b[5]&0x10 != 0 {
		n += 10
	}
	return n
}

// drop passes over n frames without decoding them; the decoder must be made anew
// afterwards.
func (m *mp3Reader) drop(n int64) error {
	for range n {
		h, frame, err := m.next()
		if err != nil {
			m.err = err
			return err
		}
		if h.version != 1 {
			m.keep(frame[h.head()+h.side():])
		}
	}
	m.out, m.have = nil, 0
	return nil
}

// Read implements io.Reader for the decoder.
func (m *mp3Reader) Read(p []byte) (int, error) {
	for len(m.out) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		h, frame, err := m.next()
		if err == nil {
			m.out, err = m.clean(h, frame)
		}
		m.err = err
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}

// clean gives the frame a form that the decoder reads rightly.
func (m *mp3Reader) clean(h mp3Header, frame []byte) ([]byte, error) {
	if h.version != 1 {
		return m.flatten(h, frame)
	}
	side := frame[h.head():][:h.side()]
	borrowed := int(side[0])<<1 | int(side[1])>>7
	if borrowed > m.have {
		// What it borrows is not there, as at the beginning of a recording cut
		// out of another. A frame without spectrum is silent; its bytes stay
		// there to be borrowed.
		borrowed = min(m.have, 511)
		clear(side)
		side[0], side[1] = byte(borrowed>>1), byte(borrowed<<7)
	}
	m.have = borrowed + len(frame) - h.head() - h.side()
	return frame, nil
}

// flatten writes a frame of MPEG-2 so that it borrows nothing and has no padding
// byte: all its data follow its side information, in a frame of the next size
// that holds them.
func (m *mp3Reader) flatten(h mp3Header, frame []byte) ([]byte, error) {
	side, main := frame[h.head():][:h.side()], frame[h.head()+h.side():]
	borrowed := int(side[0])
	var data []byte
	if borrowed <= len(m.past) {
		data = append(append(data, m.past[len(m.past)-borrowed:]...), main...)
		data = data[:min(len(data), (lsfBits(h, side)+7)/8)]
	} else {
		clear(side)
	}
	m.keep(main)
	side[0] = 0
	for index, kbit := range mp3Bitrates[1][2] {
		size := 72000 * kbit / h.rate
		if index == 0 || size-4-h.side() < len(data) {
			continue
		}
		out := make([]byte, size)
		copy(out, frame[:4])
		out[1] |= 1                           // no check sum
		out[2] = out[2]&0x0d | byte(index)<<4 // bit rate, no padding
		copy(out[4:], side)
		copy(out[4+h.side():], data)
		return out, nil
	}
	return nil, &Error{Kind: Unsupported, Format: "MP3 at 24 kHz or less with more than 128 kbit/s"}
}

// lsfBits is the number of bits of scale factors and spectrum in a frame of
// MPEG-2: part2_3_length of each channel (ISO/IEC 13818-3 section 2.4.1.7).
func lsfBits(h mp3Header, side []byte) int {
	at, sum := 8+h.channels(), 0
	for range h.channels() {
		var v int
		for i := range 12 {
			bit := at + i
			v = v<<1 | int(side[bit/8]>>(7-bit%8)&1)
		}
		sum += v
		at += 63
	}
	return sum
}

// keep remembers main data that later frames may borrow.
func (m *mp3Reader) keep(main []byte) {
	m.past = append(m.past, main...)
	if n := len(m.past) - 255; n > 0 {
		m.past = append(m.past[:0], m.past[n:]...)
	}
}
