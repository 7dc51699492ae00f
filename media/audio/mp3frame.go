package audio

import "encoding/binary"

// mp3Header is a frame header of MPEG audio (ISO/IEC 11172-3 section 2.4.1.3 and
// 13818-3), as far as it says how long the frame is.
type mp3Header struct {
	version int // 1: MPEG-1, 2: MPEG-2 (lower rates), 25: MPEG-2.5
	layer   int
	rate    int
	bitrate int // kbit/s; 0: free
	mono    bool
	crc     bool
	// intensity: the frame uses intensity stereo.
	intensity bool
	size      int // bytes with the header; 0 when bitrate is free
}

var mp3Bitrates = [2][3][15]int{
	{
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}, {
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	},
}

// parseMP3Header reads the four bytes at the beginning of b.
func parseMP3Header(b []byte) (h mp3Header, ok bool) {
	if len(b) < 4 {
		return h, false
	}
	w := binary.BigEndian.Uint32(b)
	version, layer, index, freq := w>>19&3, w>>17&3, w>>12&15, w>>10&3
	if w>>21 != 0x7ff || version == 1 || layer == 0 || index == 15 || freq == 3 || w&3 == 2 {
		return h, false
	}
	h.version = map[uint32]int{3: 1, 2: 2, 0: 25}[version]
	h.layer = int(4 - layer)
	h.rate = [3]int{44100, 48000, 32000}[freq] >> map[int]int{1: 0, 2: 1, 25: 2}[h.version]
	h.bitrate = mp3Bitrates[min(h.version-1, 1)][h.layer-1][index]
	h.crc = w>>16&1 == 0
	mode := w >> 6 & 3
	h.mono = mode == 3
	h.intensity = mode == 1 && w>>4&1 == 1
	if h.bitrate == 0 {
		return h, true
	}
	pad := int(w >> 9 & 1)
	switch {
	case h.layer == 1:
		h.size = (12000*h.bitrate/h.rate + pad) * 4
	case h.layer == 3 && h.version != 1:
		h.size = 72000*h.bitrate/h.rate + pad
	default:
		h.size = 144000*h.bitrate/h.rate + pad
	}
	return h, true
}

// like tells whether two frames can follow each other in one stream.
func (h mp3Header) like(o mp3Header) bool {
	return h.version == o.version && h.layer == o.layer && h.rate == o.rate && h.mono == o.mono
}

// name says what the stream is, for people.
func (h mp3Header) name() string {
	switch {
	case h.layer == 1:
		return "MPEG audio layer 1"
	case h.layer == 2:
		return "MPEG audio layer 2 (MP2)"
	case h.version == 25:
		return "MP3 at a sample rate under 16 kHz (MPEG-2.5)"
	case h.bitrate == 0:
		return "MP3 with a free bit rate"
	case h.version == 2 && h.intensity:
		return "MP3 at 24 kHz or less with intensity stereo"
	}
	return ""
}

// frames is the number of sample frames in one MP3 frame.
func (h mp3Header) frames() int64 {
	if h.version == 1 {
		return 1152
	}
	return 576
}

// channels is 1 or 2.
func (h mp3Header) channels() int {
	if h.mono {
		return 1
	}
	return 2
}

// head is the length of the header with its check sum; side that of the side
// information after it.
func (h mp3Header) head() int {
	if h.crc {
		return 6
	}
	return 4
}

func (h mp3Header) side() int {
	switch {
	case h.version == 1 && !h.mono:
		return 32
	case h.version == 1 || !h.mono:
		return 17
	}
	return 9
}

// mp3Tag is what the Xing, Info or VBRI frame at the beginning states. That frame
// holds no sound.
type mp3Tag struct {
	frames         int64 // MP3 frames that follow; 0: not stated
	delay, padding int64 // of the encoder, in sample frames; valid if known
	known          bool
}

// parseMP3Tag looks for a tag in a whole frame.
func parseMP3Tag(h mp3Header, frame []byte) (t mp3Tag, ok bool) {
	if len(frame) > 36+18 && string(frame[36:40]) == "VBRI" {
		t.frames = int64(binary.BigEndian.Uint32(frame[36+14:]))
		return t, true
	}
	b := frame[min(4+h.side(), len(frame)):] // the tag's place ignores the check sum
	if len(b) < 8 || string(b[:4]) != "Xing" && string(b[:4]) != "Info" {
		return t, false
	}
	flags := binary.BigEndian.Uint32(b[4:])
	b = b[8:]
	for bit, size := range [4]int{4, 4, 100, 4} {
		if flags&(1<<bit) == 0 {
			continue
		}
		if len(b) < size {
			return t, true
		}
		if bit == 0 {
			t.frames = int64(binary.BigEndian.Uint32(b))
		}
		b = b[size:]
	}
	// The extension of LAME: nine letters, then at 21 twice twelve bits.
	if len(b) >= 24 && (string(b[:4]) == "LAME" || string(b[:3]) == "Lav" || string(b[:2]) == "L3" || string(b[:4]) == "GOGO") {
		w := int64(b[21])<<16 | int64(b[22])<<8 | int64(b[23])
		t.delay, t.padding, t.known = w>>12, w&0xfff, true
	}
	return t, true
}
