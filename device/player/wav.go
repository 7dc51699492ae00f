package player

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

const (
	wavHeader = 58                                   // RIFF, fmt (IEEE float), fact and the head of data
	wavFrames = (math.MaxUint32 - wavHeader - 8) / 4 // more do not fit into one file
	wavFlush  = 5 * Rate                             // frames between two corrections of the header
)

// wavFile is a WAV file that can be read while it grows.
type wavFile struct {
	path  string
	limit int64 // frames a file
	part  int   // 1, 2, …
	file  *os.File
	buf   *bufio.Writer
	taken int64 // frames in this file
	fixed int64 // frames that its header tells of
}

// NewWAV returns an output that keeps real time, like NewSilent, and writes what
// would sound to a WAV file of float32, mono, which it replaces. The header is
// right every five seconds and after Close. After 4 GiB (six hours) a second
// file is begun, its name ending in "-2". When writing fails the player's
// fault says so, and the output goes on without it.
func NewWAV(path string) (Output, error) {
	w := &wavFile{path: path, limit: wavFrames}
	if err := w.begin(); err != nil {
		return nil, err
	}
	return &pacer{name: "WAV file " + path, sink: w.write, done: w.close, stop: make(chan struct{})}, nil
}

func (w *wavFile) begin() error {
	w.part++
	path := w.path
	if w.part > 1 {
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), w.part, ext)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("create WAV file: %w", err)
	}
	w.file, w.buf, w.taken = f, bufio.NewWriterSize(f, 64<<10), 0
	return w.fix()
}

func (w *wavFile) write(buf []float32) error {
	if w.taken+int64(len(buf)) > w.limit {
		if err := errors.Join(w.close(), w.begin()); err != nil {
			return err
		}
	}
	var b [4]byte
	for _, s := range buf {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(s))
		if _, err := w.buf.Write(b[:]); err != nil {
			return fmt.Errorf("write WAV file: %w", err)
		}
	}
	w.taken += int64(len(buf))
	if w.taken-w.fixed >= wavFlush {
		return w.fix()
	}
	return nil
}

// fix makes the header tell of all frames written.
func (w *wavFile) fix() error {
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("write WAV file: %w", err)
	}
	if _, err := w.file.WriteAt(header(w.taken), 0); err != nil {
		return fmt.Errorf("write header of WAV file: %w", err)
	}
	if w.taken == 0 {
		if _, err := w.file.Seek(wavHeader, 0); err != nil {
			return fmt.Errorf("write WAV file: %w", err)
		}
	}
	w.fixed = w.taken
	return nil
}

func (w *wavFile) close() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.fix(), w.file.Close())
	w.file = nil
	return err
}

// header is that of a WAV file of n frames, float32 mono.
func header(n int64) []byte {
	data := uint32(4 * n)
	le := binary.LittleEndian
	b := make([]byte, 0, wavHeader)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, wavHeader-8+data)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 18)
	b = le.AppendUint16(b, 3) // IEEE float
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, Rate)
	b = le.AppendUint32(b, 4*Rate)
	b = le.AppendUint16(b, 4)
	b = le.AppendUint16(b, 32)
	b = le.AppendUint16(b, 0)
	b = append(b, "fact"...)
	b = le.AppendUint32(b, 4)
	b = le.AppendUint32(b, uint32(n))
	b = append(b, "data"...)
	return le.AppendUint32(b, data)
}
