package app_test

import (
	"log/slog"
	"sync"
	"testing"
)

// logger keeps the last words, which are shown when the test fails.
func logger(t *testing.T) *slog.Logger {
	words := &lastWords{room: make([]byte, 0, 2*wordsKept)}
	t.Cleanup(func() {
		if t.Failed() {
			_, _ = t.Output().Write(words.room)
		}
	})
	return slog.New(slog.NewTextHandler(words, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

const wordsKept = 128 << 10 // bytes

// lastWords holds the end of what was written, in room taken beforehand: the log of
// weeks weighs nothing.
type lastWords struct {
	mu   sync.Mutex
	room []byte
}

func (w *lastWords) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.room)+len(line) > cap(w.room) {
		w.room = w.room[:copy(w.room, w.room[len(w.room)-min(wordsKept, len(w.room)):])]
	}
	w.room = append(w.room, line...)
	return len(line), nil
}
