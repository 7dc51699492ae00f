package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/villagecast/villagecast/device/agent"
)

// copyName is the settings file as it was read last, in the data directory: the
// stick on which it came may be taken away.
const copyName = "settings.yaml"

// settingsFile reads the settings, and keeps a copy of them.
type settingsFile struct{ path, data string }

func (f settingsFile) read() (agent.Settings, error) {
	kept := filepath.Join(f.data, copyName)
	from := f.path
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		if again, e := os.ReadFile(kept); e == nil {
			text, from, err = again, kept, nil
		}
	}
	if err != nil {
		return agent.Settings{}, fmt.Errorf("read settings: %w", err)
	}
	s, err := agent.ParseSettings(text)
	if err != nil {
		return s, fmt.Errorf("%s: %w", from, err)
	}
	if from == f.path {
		// A card that takes nothing is told of elsewhere, and its unit plays all the same.
		_ = keepCopy(kept, text)
	}
	return s, nil
}

// keepCopy writes the copy, whole or not at all, if it is another.
func keepCopy(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".next", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".next", path)
}
