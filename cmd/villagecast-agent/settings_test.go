package main

import (
	"os"
	"path/filepath"
	"testing"
)

const goodSettings = `unit: horn
mqtt: ssl://127.0.0.1:1
http: https://127.0.0.1:2
root: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
claim: ABC
`

// TestTheStickMayBeTakenAway: settings that were read once are read again without
// the stick; a newer stick counts, and a file that cannot be read is no reason to go on with an
// older one in silence.
func TestTheStickMayBeTakenAway(t *testing.T) {
	stick, data := filepath.Join(t.TempDir(), "horn.yaml"), filepath.Join(t.TempDir(), "data")
	f := settingsFile{stick, data}
	if _, err := f.read(); err == nil {
		t.Error("there is nothing to be read, and no error")
	}
	write := func(text string) {
		if err := os.WriteFile(stick, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(goodSettings)
	if s, err := f.read(); err != nil || s.Claim != "ABC" {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := os.Remove(stick); err != nil {
		t.Fatal(err)
	}
	if s, err := f.read(); err != nil || s.Unit != "horn" || s.Claim != "ABC" {
		t.Errorf("without the stick: %+v, %v", s, err)
	}
	if info, err := os.Stat(filepath.Join(data, copyName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v", info.Mode(), err)
	}
	write(goodSettings + "fetch: 100\n")
	if s, err := f.read(); err != nil || s.Fetch != 100 {
		t.Errorf("with another stick: %+v, %v", s, err)
	}
	write("nonsense: 1\n")
	if s, err := f.read(); err == nil {
		t.Errorf("nonsense is read as %+v", s)
	}
}
