// Package audio turns files into sound: it recognises what a file is by its
// content, decodes it as a stream, mixes it to one channel, brings it to 48 kHz
// and measures it. Nothing here holds a whole file in memory.
package audio

import (
	"fmt"
	"io"
	"time"
)

// Rate is the number of frames a second of every Stream. A frame is one sample
// of one channel.
const Rate = 48000

// Stream is one channel of sound at Rate, full scale being -1 to 1.
//
// Read fills p from its beginning and returns in one of these ways:
//
//	n > 0, nil     n frames were written; n may be less than len(p)
//	0, io.EOF      the sound is over; every later Read says so too
//	0, err         the sound cannot go on; every later Read gives the same error
//	0, nil         only when len(p) is 0
//
// Frames and an error never come together. A Stream is used by one goroutine at
// a time. It holds nothing that must be closed; a file under it belongs to who
// opened it.
type Stream interface {
	Read(p []float32) (n int, err error)
}

// skipper is a Stream that can leave frames out cheaper than by decoding them.
// It answers like Skip.
type skipper interface {
	skip(frames int64) (int64, error)
}

// Skip leaves out the next frames of s and returns how many it left out: fewer
// than asked for, and io.EOF, only when the sound ended before. What Read gives
// afterwards is, sample by sample, what it would have given after reading the
// frames.
func Skip(s Stream, frames int64) (int64, error) {
	if frames <= 0 {
		return 0, nil
	}
	if k, ok := s.(skipper); ok {
		return k.skip(frames)
	}
	return discard(s, frames)
}

// discard skips by reading.
func discard(s Stream, frames int64) (int64, error) {
	var buf [1024]float32
	var done int64
	for done < frames {
		n, err := s.Read(buf[:min(frames-done, int64(len(buf)))])
		done += int64(n)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// Gain multiplies every frame of s by factor, in float32 arithmetic. A factor of
// 1 changes no bit.
func Gain(s Stream, factor float32) Stream {
	if factor == 1 {
		return s
	}
	return &gain{s, factor}
}

type gain struct {
	s      Stream
	factor float32
}

func (g *gain) Read(p []float32) (int, error) {
	n, err := g.s.Read(p)
	for i := range p[:n] {
		p[i] *= g.factor
	}
	return n, err
}

func (g *gain) skip(frames int64) (int64, error) { return Skip(g.s, frames) }

// ReadAll reads s to its end. It is for short sounds.
func ReadAll(s Stream) ([]float32, error) {
	var all []float32
	buf := make([]float32, 4096)
	for {
		n, err := s.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// Duration is how long the given number of frames sounds.
func Duration(frames int64) time.Duration {
	return time.Duration(frames/Rate)*time.Second + time.Duration(frames%Rate)*time.Second/Rate
}

// Frames is how many whole frames sound within d.
func Frames(d time.Duration) int64 {
	return int64(d/time.Second)*Rate + int64(d%time.Second)*Rate/int64(time.Second)
}

// Clock writes a duration as people read it on a player: 0:12, 1:02:03.
func Clock(d time.Duration) string {
	s := int64(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
