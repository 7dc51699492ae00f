package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// Prepared sound is a recording decoded once and for all: blocks of samples at
// Rate, one channel, each with a CRC32C. The sum covers the key of the recording
// and the place of the block too, and whether it is the last, so that a file that was
// cut off, mixed up with another or written in part is found at the block, before
// any of it sounds.
//
//	file  = head block…
//	head  = magic [8] width [4] key [8+n] sum [4]
//	block = samples [≤ 16384 × width] sum [4]
const (
	preparedMagic  = "vcpcm 1\n"
	preparedFrames = 16384 // of a block: 0.34 s
	preparedSum    = 4
)

// Widths of a sample of prepared sound, in bytes.
const (
	// Narrow is 16 bit. It holds a recording of 16 bit at Rate, which is what a centre
	// sends out.
	Narrow = 2
	// Wide is float32. It holds everything, in twice the room.
	Wide = 4
)

var (
	// ErrNarrow: the sound has samples that 16 bit do not hold without loss.
	ErrNarrow = errors.New("sound needs more than 16 bit")
	// ErrUnsound: prepared sound is not as it was written.
	ErrUnsound = errors.New("prepared sound is damaged")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Direct tells whether s comes out of its file as it stands there: to prepare it
// would spare nothing.
func Direct(s Stream) bool {
	_, ok := s.(*wavStream)
	return ok
}

// PreparedSize is how many bytes so many frames take at most.
func PreparedSize(frames int64, width int) int64 {
	return frames*int64(width) + (frames/preparedFrames+1)*preparedSum + 256
}

func preparedHead(key string, width int) []byte {
	b := append([]byte(preparedMagic), make([]byte, 4)...)
	binary.LittleEndian.PutUint32(b[len(preparedMagic):], uint32(width))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(key)))
	b = append(b, key...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// blockSum is the checksum of a block's samples at their place.
func blockSum(head []byte, index int64, last bool, samples []byte) uint32 {
	var place [9]byte
	binary.LittleEndian.PutUint64(place[:], uint64(index))
	if last {
		place[8] = 1
	}
	sum := crc32.Checksum(head, castagnoli)
	sum = crc32.Update(sum, castagnoli, place[:])
	return crc32.Update(sum, castagnoli, samples)
}

// Prepare writes s to its end as prepared sound under a key, which says what
// recording it is. A sound that Narrow does not hold without loss is ErrNarrow.
func Prepare(w io.Writer, s Stream, key string, width int) error {
	head := preparedHead(key, width)
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("prepare sound: %w", err)
	}
	now, next := make([]float32, preparedFrames), make([]float32, preparedFrames)
	block := make([]byte, 0, preparedFrames*width+preparedSum)
	n, err := fill(s, now)
	for index := int64(0); ; index++ {
		if err != nil && err != io.EOF {
			return fmt.Errorf("prepare sound: %w", err)
		}
		more := 0
		if err == nil { // a full block: whether it is the last is known by reading on
			more, err = fill(s, next)
			if err != nil && err != io.EOF {
				return fmt.Errorf("prepare sound: %w", err)
			}
		}
		b, fits := appendSamples(block[:0], now[:n], width)
		if !fits {
			return ErrNarrow
		}
		b = binary.LittleEndian.AppendUint32(b, blockSum(head, index, more == 0, b))
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("prepare sound: %w", err)
		}
		if more == 0 {
			return nil
		}
		now, next, n = next, now, more
	}
}

// fill reads until p is full; fewer frames come with io.EOF or why it ended.
func fill(s Stream, p []float32) (n int, err error) {
	for n < len(p) {
		k, err := s.Read(p[n:])
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func appendSamples(b []byte, p []float32, width int) ([]byte, bool) {
	if width == Wide {
		for _, v := range p {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b, true
	}
	for _, v := range p {
		s := v * 32768
		if !(s >= math.MinInt16 && s <= math.MaxInt16) || s != float32(int16(s)) {
			return b, false
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(s)))
	}
	return b, true
}

// OpenPrepared reads prepared sound of size bytes that was written under key.
// otherwise is called, once at most, when it turns out to be damaged, with an error
// that is ErrUnsound or the reader's: the sound goes on in the stream that it
// gives, at the same frame, so that whoever listens does not notice.
func OpenPrepared(r io.ReaderAt, size int64, key string, otherwise func(error) (Stream, error)) (Stream, error) {
	s := &preparedStream{r: r, otherwise: otherwise, index: -1}
	if err := s.open(size, key); err != nil {
		return otherwise(err)
	}
	return s, nil
}

type preparedStream struct {
	r         io.ReaderAt
	head      []byte
	width     int
	frames    int64
	otherwise func(error) (Stream, error)

	pos   int64
	index int64 // of the block that is held, -1 for none
	block []byte

	instead Stream // what the sound goes on in
	err     error
}

func (s *preparedStream) open(size int64, key string) error {
	var width [4]byte
	if _, err := s.r.ReadAt(width[:], int64(len(preparedMagic))); err != nil {
		return damaged(err)
	}
	s.width = int(binary.LittleEndian.Uint32(width[:]))
	if s.width != Narrow && s.width != Wide {
		return ErrUnsound
	}
	s.head = preparedHead(key, s.width)
	have := make([]byte, len(s.head))
	if _, err := s.r.ReadAt(have, 0); err != nil {
		return damaged(err)
	}
	if string(have) != string(s.head) {
		return ErrUnsound
	}
	body, whole := size-int64(len(s.head)), int64(preparedFrames*s.width+preparedSum)
	rest := body % whole
	if body < preparedSum || rest != 0 && (rest < preparedSum || (rest-preparedSum)%int64(s.width) != 0) {
		return ErrUnsound
	}
	s.frames = body / whole * preparedFrames
	if rest > 0 {
		s.frames += (rest - preparedSum) / int64(s.width)
	}
	return nil
}

// damaged is what it means that a file cannot be read.
func damaged(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrUnsound
	}
	return fmt.Errorf("read prepared sound: %w", err)
}

// load holds a block, proven whole.
func (s *preparedStream) load(index int64) error {
	if s.index == index {
		return nil
	}
	s.index = -1
	n := min(s.frames-index*preparedFrames, preparedFrames) * int64(s.width)
	if s.block == nil {
		s.block = make([]byte, preparedFrames*s.width+preparedSum)
	}
	b := s.block[:n+preparedSum]
	at := int64(len(s.head)) + index*int64(len(s.block))
	if got, err := s.r.ReadAt(b, at); got < len(b) {
		return damaged(err)
	}
	if binary.LittleEndian.Uint32(b[n:]) != blockSum(s.head, index, index == s.last(), b[:n]) {
		return ErrUnsound
	}
	s.index = index
	return nil
}

func (s *preparedStream) last() int64 { return max(0, s.frames-1) / preparedFrames }

// change goes on in the other stream.
func (s *preparedStream) change(why error) {
	s.block = nil
	s.instead, s.err = s.otherwise(why)
	if s.err == nil && s.pos > 0 {
		if _, err := Skip(s.instead, s.pos); err != nil {
			s.err = err
		}
	}
}

func (s *preparedStream) Read(p []float32) (int, error) {
	if s.err == nil && s.instead == nil && len(p) > 0 {
		switch err := s.load(min(s.pos/preparedFrames, s.last())); {
		case err != nil:
			s.change(err)
		case s.pos >= s.frames:
			s.err = io.EOF
		default:
			n := s.decode(p)
			s.pos += int64(n)
			return n, nil
		}
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.instead == nil {
		return 0, nil
	}
	return s.instead.Read(p)
}

// decode gives what the block that is held has from pos on.
func (s *preparedStream) decode(p []float32) int {
	from := s.pos - s.index*preparedFrames
	n := int(min(int64(len(p)), preparedFrames-from, s.frames-s.pos))
	b := s.block[from*int64(s.width):]
	if s.width == Wide {
		for i := range p[:n] {
			p[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return n
	}
	for i := range p[:n] {
		p[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32768
	}
	return n
}

func (s *preparedStream) skip(n int64) (int64, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.instead == nil && s.pos+n > s.frames {
		// That the sound is over before is for its last block to say.
		if err := s.load(s.last()); err != nil {
			s.change(err)
			if s.err != nil {
				return 0, s.err
			}
		}
	}
	switch {
	case s.instead != nil:
		return Skip(s.instead, n)
	case s.pos+n > s.frames:
		n, s.pos, s.err = s.frames-s.pos, s.frames, io.EOF
		return n, s.err
	}
	s.pos += n
	return n, nil
}
