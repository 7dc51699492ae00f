package demo

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/villagecast/villagecast/media/audio"
)

// writeMelodies makes the demonstration's own tunes, once.
func writeMelodies(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory for melodies: %w", err)
	}
	seconds := map[string]int{"music": 6, "flood": 9, "fire": 8, "water": 7}
	for name, n := range seconds {
		if err := writeMelody(filepath.Join(dir, name+".wav"), n); err != nil {
			return err
		}
	}
	return nil
}

func writeMelody(path string, seconds int) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("write melody: %w", err)
	}
	if _, err := audio.WriteWAV(f, audio.Melody(seconds)); err != nil {
		f.Close()
		return fmt.Errorf("write melody: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write melody: %w", err)
	}
	return os.Rename(path+".new", path)
}
