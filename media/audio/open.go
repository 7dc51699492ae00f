package audio

import (
	"fmt"
	"io"
	"math"
)

// source is a decoder: a stream at the file's own rate.
type source interface {
	Stream
	rate() int
	channels() int
}

// Open decodes r as a stream. typ is one of the types above; empty means that
// the content decides, and a type that the content does not have is an error.
// The Stream reads from r as long as it is used. Errors, of Open and of the Stream,
// are *Error, or come from r.
func Open(r io.ReadSeeker, typ string) (Stream, error) {
	_, _, s, err := open(r, typ)
	return s, err
}

func open(r io.ReadSeeker, want string) (typ string, src source, s Stream, err error) {
	if typ, err = recognise(r); err != nil {
		return "", nil, nil, err
	}
	if want != "" && want != typ {
		return "", nil, nil, fmt.Errorf("open audio: the file is %s, not %s", typ, want)
	}
	switch typ {
	case WAV:
		src, err = openWAV(r)
	case FLAC:
		src, err = openFLAC(r)
	case OGG:
		src, err = openVorbis(r)
	default:
		src, err = openMP3(r)
	}
	if err != nil {
		return "", nil, nil, err
	}
	s, err = resample(src, src.rate())
	return typ, src, s, err
}

// Probe recognises r by its content, decodes it whole with the decoder that
// plays it, and measures it. A file for which Probe gives no error plays. The
// errors are *Error, or come from r.
func Probe(r io.ReadSeeker) (Info, error) { return probe(r, Frames(MaxLength)) }

func probe(r io.ReadSeeker, longest int64) (Info, error) {
	typ, src, s, err := open(r, "")
	if err != nil {
		return Info{}, err
	}
	info := Info{Type: typ, SourceRate: src.rate(), Channels: src.channels()}
	m := newMeter()
	buf := make([]float32, 4096)
	for {
		n, err := s.Read(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			return Info{}, err
		}
		if m.add(buf[:n]); m.frames > longest {
			return Info{}, &Error{Kind: TooLong, Format: typ, Of: Duration(longest)}
		}
	}
	switch {
	case m.frames == 0:
		return Info{}, &Error{Kind: Empty}
	case m.loud < 0:
		return Info{}, &Error{Kind: NoSound, Format: typ, Of: Duration(m.frames)}
	}
	if c, ok := src.(interface{ cut() bool }); ok {
		info.Cut = c.cut()
	}
	info.Frames, info.Lead, info.Trail = m.frames, m.first, m.frames-m.loud-1
	info.Peak, info.Silence = m.peak, m.silence
	info.RMS = math.Sqrt(m.energyToLoud / float64(max(m.loud+1-m.first, 1)))
	info.Loudness = m.loudness()
	return info, nil
}
