package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// Disk is the small part of a file system on which a spool stands. Names are
// relative, with slashes. A file that is not there is fs.ErrNotExist.
//
// What survives a power cut: the bytes of a file that were there at its last
// Sync, and the names in a directory as they were at its last SyncDir. A Rename
// replaces its target at once or not at all.
type Disk interface {
	// Open opens a file for reading and, with write, for writing as well; with
	// create it makes the file if there is none. It never empties a file.
	Open(name string, write, create bool) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	// List gives the files of a directory by rising name. A directory that is
	// not there is empty.
	List(dir string) ([]Info, error)
	// MakeDir makes one directory; that it is there already is no error.
	MakeDir(dir string) error
	// SyncDir makes the names of a directory ("." for the top) survive.
	SyncDir(dir string) error
}

// File is an open file. Read and Seek have a position of their own; Write
// always appends.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Writer
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// Info is one file of a directory.
type Info struct {
	Name string
	Size int64
}

// OS is a directory of the machine as a Disk. Nothing outside it can be
// reached. The directory is made if it is not there.
func OS(dir string) (Disk, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	return osDisk{root}, nil
}

type osDisk struct{ root *os.Root }

func (d osDisk) Open(name string, write, create bool) (File, error) {
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR | os.O_APPEND
	}
	if create {
		flag |= os.O_CREATE
	}
	f, err := d.root.OpenFile(name, flag, 0o640)
	if err != nil {
		return nil, err // not f: a nil *os.File is no nil File
	}
	return f, nil
}

func (d osDisk) Rename(from, to string) error { return d.root.Rename(from, to) }
func (d osDisk) Remove(name string) error     { return d.root.Remove(name) }

func (d osDisk) List(dir string) ([]Info, error) {
	entries, err := fs.ReadDir(d.root.FS(), path.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Info
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() {
			list = append(list, Info{Name: e.Name(), Size: info.Size()})
		}
	}
	slices.SortFunc(list, byName)
	return list, nil
}

func (d osDisk) MakeDir(dir string) error { return d.root.MkdirAll(dir, 0o750) }

func (d osDisk) SyncDir(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
