package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A record is: 2 bytes magic, 4 bytes length of the body, 8 bytes sequence,
// 8 bytes time (unix milliseconds), 4 bytes CRC32C of all that and of the body,
// the body. All numbers are little-endian.
const (
	headSize = 26
	maxBody  = 1 << 20
)

var (
	magic      = [2]byte{0xa5, 'V'}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errRecord = errors.New("damaged record")
)

type record struct {
	seq  uint64
	at   int64
	body []byte
}

func appendRecord(b []byte, r record) []byte {
	start := len(b)
	b = append(b, magic[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.body)))
	b = binary.LittleEndian.AppendUint64(b, r.seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.at))
	sum := crc32.Update(crc32.Checksum(b[start:], castagnoli), castagnoli, r.body)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, r.body...)
}

// readRecord reads the record at the beginning of b and returns its size. The
// body is a part of b.
func readRecord(b []byte) (record, int, error) {
	if len(b) < headSize || b[0] != magic[0] || b[1] != magic[1] {
		return record{}, 0, errRecord
	}
	n := int(binary.LittleEndian.Uint32(b[2:]))
	if n > maxBody || len(b) < headSize+n {
		return record{}, 0, errRecord
	}
	body := b[headSize : headSize+n]
	sum := crc32.Update(crc32.Checksum(b[:headSize-4], castagnoli), castagnoli, body)
	if sum != binary.LittleEndian.Uint32(b[headSize-4:]) {
		return record{}, 0, errRecord
	}
	return record{
		seq:  binary.LittleEndian.Uint64(b[6:]),
		at:   int64(binary.LittleEndian.Uint64(b[14:])),
		body: body,
	}, headSize + n, nil
}

// scan is what a segment holds.
type scan struct {
	good    []byte // the whole records, one after the other
	count   int
	tail    int  // bytes after the last whole record
	damaged bool // something before the last whole record is no record
	first   uint64
	last    uint64
	minAt   int64
	maxAt   int64
}

// scanSegment reads a segment whole. After damage it looks for the next whole
// record; a record whose sequence does not rise is damage too.
func scanSegment(b []byte) scan {
	s := scan{good: b[:0:0]}
	for pos, end := 0, 0; pos < len(b); {
		r, n, err := readRecord(b[pos:])
		if err != nil || s.count > 0 && r.seq <= s.last {
			pos++
			s.tail = len(b) - end
			continue
		}
		s.damaged = s.damaged || pos != end
		if s.count == 0 {
			s.first, s.minAt, s.maxAt = r.seq, r.at, r.at
		}
		s.last, s.minAt, s.maxAt = r.seq, min(s.minAt, r.at), max(s.maxAt, r.at)
		s.count++
		s.good = append(s.good, b[pos:pos+n]...)
		pos += n
		end, s.tail = pos, 0
	}
	return s
}
