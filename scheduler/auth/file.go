package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readSecret reads a file that only its owner may read. It returns
// fs.ErrNotExist when there is none, and refuses one that others can read.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %04o): chmod 600 it, and replace it if somebody may have", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}

// writeSecret replaces a file as a whole: after a power cut it is the old one
// or the new one.
func writeSecret(path string, b []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ensureSecret reads the file, or writes what fresh makes when there is none.
func ensureSecret(path string, fresh func() ([]byte, error)) (b []byte, made bool, err error) {
	b, err = readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, false, err
	}
	if b, err = fresh(); err != nil {
		return nil, false, err
	}
	return b, true, writeSecret(path, b)
}
