//go:build !(linux && cgo && alsa)

package main

import (
	"bytes"
	"strings"
	"testing"
)

// A program that was built without sound says so when it starts, and at the centre;
// who insists on ALSA gets an error.
func TestWithoutSoundItSaysSo(t *testing.T) {
	var stderr bytes.Buffer
	out, _, err := outputs("auto", false, &stderr)
	if err != nil || !strings.Contains(out.Name(), "no sound output") {
		t.Errorf("the sound goes to %v (%v), want no sound output", out, err)
	}
	if demo, _, err := outputs("auto", true, &stderr); err != nil || !strings.Contains(demo.Name(), "silent") {
		t.Errorf("in the demonstration the sound goes to %v (%v), want the silent output", demo, err)
	}
	if said := stderr.String(); !strings.Contains(said, "no sound: built without sound; build with -tags alsa") {
		t.Errorf("it says %q at the start", said)
	}
	if _, _, err := outputs("alsa", false, &stderr); err == nil || !strings.Contains(err.Error(), "build with -tags alsa") {
		t.Errorf("with -sound alsa: %v, want how to build it", err)
	}
}
