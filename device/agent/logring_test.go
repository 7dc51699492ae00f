package agent

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheEndOfTheLogIsBounded(t *testing.T) {
	r := &logRing{}
	for i := range 20_000 {
		fmt.Fprintf(r, "%05d %s\n", i, strings.Repeat("长", i%300))
	}
	text := string(r.text())
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(text) > logBytes || len(text) < logBytes*9/10 || !strings.HasPrefix(lines[len(lines)-1], "19999 ") {
		t.Errorf("%d bytes are kept, to %.20q", len(text), lines[len(lines)-1])
	}
	for i, line := range lines {
		if want := fmt.Sprintf("%05d ", 20_000-len(lines)+i); !strings.HasPrefix(line, want) || len(line) > logLine {
			t.Fatalf("line %d is %.20q, %d bytes, want %q…", i, line, len(line), want)
		}
	}
}

func TestTheBundleQuotesNoSecret(t *testing.T) {
	key := "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----"
	got := string(withoutSecrets([]byte("cannot log in with s3cr3t: s3cr3t\n"+key+"\nand more\n"+key[:40]), "", "s3cr3t"))
	if want := "cannot log in with (secret): (secret)\n(private key)\nand more\n(private key)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
