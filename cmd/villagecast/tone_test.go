package main

import (
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/villagecast/villagecast/media/audio"
)

// tone writes a WAV file of a number of seconds.
func tone(ts *testscript.TestScript, _ bool, args []string) {
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = audio.WriteWAV(f, audio.Melody(seconds))
	ts.Check(err)
	ts.Check(f.Close())
}
