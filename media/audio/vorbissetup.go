package audio

import (
	"errors"
	"io"
)

// Bounds of a Vorbis file's code books. Encoders stay far below; the decoder
// trusts what a file states and would reserve gigabytes, or never come back.
const (
	maxSetup   = 1 << 20 // bytes of the three header packets
	maxEntries = 1 << 17
	maxValues  = 1 << 20
)

var errSetup = errors.New("the code books are not sound")

// checkVorbis reads the headers from the beginning of an Ogg file.
func checkVorbis(r io.Reader) error {
	packet, err := setupPacket(r)
	if err != nil || packet == nil {
		return err // too short: the decoder will say so
	}
	if len(packet) < 8 || string(packet[:7]) != "\x05vorbis" {
		return errSetup
	}
	b := &bitReader{b: packet[7:]}
	for range b.read(8) + 1 {
		if !b.codebook() {
			return errSetup
		}
	}
	return nil
}

// setupPacket puts together the third packet of the stream.
func setupPacket(r io.Reader) ([]byte, error) {
	var head [27]byte
	var packet []byte
	ended, total := 0, 0
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, unlessEOF(err)
		}
		lacing := make([]byte, head[26])
		if _, err := io.ReadFull(r, lacing); err != nil {
			return nil, unlessEOF(err)
		}
		for _, n := range lacing {
			part := make([]byte, n)
			if _, err := io.ReadFull(r, part); err != nil {
				return nil, unlessEOF(err)
			}
			if total += len(part); total > maxSetup {
				return nil, errSetup
			}
			if ended == 2 {
				packet = append(packet, part...)
			}
			if n < 255 {
				if ended++; ended == 3 {
					return packet, nil
				}
			}
		}
		if total++; total > maxSetup { // pages without content
			return nil, errSetup
		}
	}
}

// bitReader reads as the Vorbis I specification packs, section 2: the lowest bit first.
type bitReader struct {
	b    []byte
	at   int
	over bool
}

func (b *bitReader) read(n int) (v uint32) {
	for i := range n {
		if b.at>>3 >= len(b.b) {
			b.over = true
			return 0
		}
		v |= uint32(b.b[b.at>>3]>>(b.at&7)&1) << i
		b.at++
	}
	return v
}

func (b *bitReader) drop(n int) {
	b.at += n
	b.over = b.over || b.at > len(b.b)*8
}

// codebook passes over one code book, section 3.2.1, and tells whether it is
// sound.
func (b *bitReader) codebook() bool {
	if b.read(24) != 0x564342 {
		return false
	}
	dimensions, entries := int64(b.read(16)), int64(b.read(24))
	if entries < 1 || entries > maxEntries || dimensions < 1 || entries*dimensions > maxValues {
		return false
	}
	if b.read(1) == 1 { // ordered
		b.drop(5)
		for at := int64(0); at < entries && !b.over; {
			at += int64(b.read(ilog(entries - at)))
			if at > entries {
				return false
			}
		}
	} else {
		sparse := b.read(1) == 1
		for i := int64(0); i < entries && !b.over; i++ {
			if !sparse || b.read(1) == 1 {
				b.drop(5)
			}
		}
	}
	lookup := b.read(4)
	if lookup == 0 || lookup > 2 || b.over {
		return lookup == 0 && !b.over
	}
	b.drop(64)
	bits := int64(b.read(4)) + 1
	b.drop(1)
	count := entries * dimensions
	if lookup == 1 {
		count = lookup1(entries, dimensions)
	}
	b.drop(int(bits * count))
	return !b.over
}

func ilog(v int64) (n int) {
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

// lookup1 is the greatest number whose power of dimensions is not over entries,
// section 9.2.3.
func lookup1(entries, dimensions int64) int64 {
	fits := func(v int64) bool {
		p := int64(1)
		for range dimensions {
			if p *= v; p > entries {
				return false
			}
			if v == 1 {
				break
			}
		}
		return true
	}
	v := int64(1)
	for fits(v + 1) {
		v++
	}
	return v
}
