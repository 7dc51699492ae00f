package audio

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// signature is what a kind of file has at a place near its beginning.
type signature struct {
	at    int
	bytes string
	name  string
}

// otherAudio lists sound and video that we do not decode; notAudio the rest that
// people send by mistake.
var (
	otherAudio = []signature{
		{4, "ftypM4A", "AAC (M4A)"}, {4, "ftyp3gp", "a 3GP recording (AMR)"}, {4, "ftyp", "MP4 (AAC or video)"},
		{0, "#!AMR", "AMR"}, {0, "FORM", "AIFF"}, {0, "caff", "CAF"}, {0, ".snd", "AU"}, {0, "MThd", "MIDI (notes, not sound)"},
		{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA or WMV"}, {0, "wvpk", "WavPack"}, {0, "MAC ", "Monkey's Audio"},
		{0, "RF64", "a WAV of the RF64 kind (over 4 GB)"}, {0, "BW64", "a WAV of the BW64 kind (over 4 GB)"},
		{0, "RIFX", "a WAV of the RIFX kind"}, {0, "ADIF", "AAC (ADIF)"}, {0, "DSD ", "DSD"},
		{0, "\x1a\x45\xdf\xa3", "WebM or Matroska"}, {8, "AVI ", "an AVI video"}, {0, "FLV", "a Flash video"},
		{0, "\x00\x00\x01\xba", "an MPEG video"},
	}
	notAudio = []signature{
		{0, "%PDF", "a PDF document"}, {0, "PK\x03\x04", "a ZIP archive or an Office document"}, {0, "\xd0\xcf\x11\xe0", "an Office document"},
		{0, "\x89PNG", "a PNG picture"}, {0, "\xff\xd8\xff", "a JPEG picture"}, {0, "GIF8", "a GIF picture"}, {8, "WEBP", "a WebP picture"},
		{0, "BM", "a BMP picture"}, {0, "\x1f\x8b", "a gzip archive"}, {0, "Rar!", "a RAR archive"}, {0, "7z\xbc\xaf", "a 7z archive"},
		{0, "\x7fELF", "a program"}, {0, "MZ", "a Windows program"},
	}
)

// recognise says which of our types r is, and leaves r where its decoder
// begins.
func recognise(r io.ReadSeeker) (string, error) {
	start, head, err := firstBytes(r)
	if err != nil {
		return "", err
	}
	typ := MP3
	switch {
	case len(head) == 0 && start > 0:
		return "", &Error{Kind: Truncated, Format: "MP3"} // an ID3 tag and no more
	case len(head) == 0:
		return "", &Error{Kind: Empty}
	case bytes.HasPrefix(head, []byte("fLaC")):
		typ = FLAC
	case bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WAVE":
		typ = WAV
	case bytes.HasPrefix(head, []byte("OggS")):
		typ = OGG
		if name := oggName(head); name != "" {
			return "", &Error{Kind: Unsupported, Format: name}
		}
	default:
		if err := stranger(head, start == 0); err != nil {
			return "", err
		}
	}
	_, err = r.Seek(start, io.SeekStart)
	return typ, err
}

// firstBytes reads the beginning of what follows an ID3 tag, if there is one.
func firstBytes(r io.ReadSeeker) (start int64, head []byte, err error) {
	head = make([]byte, 8192)
	for range 8 { // a few tags after each other are seen in the wild
		if _, err := r.Seek(start, io.SeekStart); err != nil {
			return 0, nil, err
		}
		n, err := io.ReadFull(r, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, nil, err
		}
		if n < 10 || string(head[:3]) != "ID3" {
			return start, head[:n], nil
		}
		start += int64(id3Size(head))
	}
	return start, nil, nil
}

// stranger is nil for what may be MP3.
func stranger(head []byte, first bool) error {
	for _, s := range otherAudio {
		if len(head) > s.at && bytes.HasPrefix(head[s.at:], []byte(s.bytes)) {
			return &Error{Kind: Unsupported, Format: s.name}
		}
	}
	if first && marked(head) {
		return &Error{Kind: NotAudio, Format: "text"}
	}
	h, ok := parseMP3Header(head)
	if ok && h.layer == 3 && h.bitrate == 0 {
		return &Error{Kind: Unsupported, Format: h.name()}
	}
	if len(head) > 1 && head[0] == 0xff && head[1]&0xf6 == 0xf0 {
		return &Error{Kind: Unsupported, Format: "AAC (ADTS)"}
	}
	if ok || !first {
		return nil
	}
	for _, s := range notAudio {
		if len(head) > s.at && bytes.HasPrefix(head[s.at:], []byte(s.bytes)) {
			return &Error{Kind: NotAudio, Format: s.name}
		}
	}
	if text(head) {
		return &Error{Kind: NotAudio, Format: "text"}
	}
	return nil
}

// marked tells whether the bytes are UTF-16 with its mark. The mark looks like
// the beginning of layer 1, in which nobody sends a notice.
func marked(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

// text tells whether the bytes are readable, in UTF-8 or GBK.
func text(b []byte) bool {
	if bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\f\x1b", r) || r == 0x7f }) {
		return false
	}
	for i := 0; i < 4 && len(b) > 0; i++ { // the last letter may be cut
		if utf8.Valid(b[:len(b)-min(i, len(b))]) {
			return true
		}
	}
	return gbk(b)
}

// gbk tells whether b is a sequence of ASCII and two-byte characters of GBK.
func gbk(b []byte) bool {
	for len(b) > 0 {
		switch {
		case b[0] < 0x80:
			b = b[1:]
		case len(b) == 1:
			return true
		case b[0] == 0x80 || b[0] == 0xff || b[1] < 0x40 || b[1] == 0x7f || b[1] == 0xff:
			return false
		default:
			b = b[2:]
		}
	}
	return true
}
