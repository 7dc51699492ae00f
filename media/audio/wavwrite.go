package audio

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// WriteWAV writes s to its end as a WAV file of 16 bit, mono, Rate, and returns
// the number of frames. Samples beyond full scale are clipped. Since the length
// stands in the file's head, w must be able to seek; it is left at the end.
func WriteWAV(w io.WriteSeeker, s Stream) (int64, error) {
	if _, err := w.Write(wavHeader(0)); err != nil {
		return 0, fmt.Errorf("write wav: %w", err)
	}
	var frames int64
	in, out := make([]float32, 4096), make([]byte, 0, 8192)
	for {
		n, err := s.Read(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return frames, fmt.Errorf("write wav: %w", err)
		}
		if frames += int64(n); frames > (math.MaxUint32-36)/2 {
			return frames, fmt.Errorf("write wav: more than the 4 GB that the format can hold")
		}
		out = out[:0]
		for _, v := range in[:n] {
			out = binary.LittleEndian.AppendUint16(out, uint16(toInt16(v)))
		}
		if _, err := w.Write(out); err != nil {
			return frames, fmt.Errorf("write wav: %w", err)
		}
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return frames, fmt.Errorf("write wav: %w", err)
	}
	if _, err := w.Write(wavHeader(uint32(frames * 2))); err != nil {
		return frames, fmt.Errorf("write wav: %w", err)
	}
	if _, err := w.Seek(0, io.SeekEnd); err != nil {
		return frames, fmt.Errorf("write wav: %w", err)
	}
	return frames, nil
}

// toInt16 is the inverse of v/32768, rounded and clipped.
func toInt16(v float32) int16 {
	return int16(max(min(math.Round(float64(v)*32768), 32767), -32768))
}

func wavHeader(data uint32) []byte {
	b := []byte("RIFF....WAVEfmt ")
	binary.LittleEndian.PutUint32(b[4:], 36+data)
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(Rate), uint32(Rate * 2), uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, data)
}
