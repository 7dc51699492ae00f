package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

// spoil damages a file, or every media file under a directory, past its head.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() < 100 {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(bytes.Repeat([]byte("spoiled "), int(info.Size()/16)), info.Size()/3)
		return errors.Join(err, f.Truncate(info.Size()), f.Close())
	}))
}
