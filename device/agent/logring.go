package agent

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

const (
	// logBytes and logLine bound what of the log is remembered: all of it, and one
	// line.
	logBytes = 256 << 10
	logLine  = 500
)

// logRing is the end of the log, for the bundle.
type logRing struct {
	mu    sync.Mutex
	lines []string
	bytes int
}

// Write keeps one line.
func (r *logRing) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := words(strings.TrimRight(string(p), "\n"), logLine)
	r.lines, r.bytes = append(r.lines, line), r.bytes+len(line)+1
	n := 0
	for ; r.bytes > logBytes; n++ {
		r.bytes -= len(r.lines[n]) + 1
	}
	r.lines = r.lines[n:] // append moves what is left, and lets the rest go
	return len(p), nil
}

func (r *logRing) text() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return []byte(strings.Join(r.lines, "\n") + "\n")
}

var privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`)

// withoutSecrets is data without the secrets given, wherever they stand in it,
// and without private keys. What the bundle is made of holds none; a line of
// the log may quote anything.
func withoutSecrets(data []byte, secrets ...string) []byte {
	for _, s := range secrets {
		if s != "" {
			data = bytes.ReplaceAll(data, []byte(s), []byte("(secret)"))
		}
	}
	return privateKey.ReplaceAll(data, []byte("(private key)"))
}
