package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
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

// Roomy is a Disk that knows how many bytes it has left.
type Roomy interface {
	// Room is the number of bytes that a file may still grow by.
	Room() (int64, error)
}

// OS is a directory of the machine as a Disk. Nothing outside it can be
// reached. The directory is made if it is not there; while it cannot be opened
// every operation says why, and tries again.
func OS(dir string) Disk { return &osDisk{dir: dir} }

type osDisk struct {
	dir string

	mu     sync.Mutex
	opened *os.Root
}

// root is the directory, opened.
func (d *osDisk) root() (*os.Root, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.opened != nil {
		return d.opened, nil
	}
	err := os.MkdirAll(d.dir, 0o700)
	if err == nil {
		d.opened, err = os.OpenRoot(d.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	return d.opened, nil
}

func (d *osDisk) Open(name string, write, create bool) (File, error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR | os.O_APPEND
	}
	if create {
		flag |= os.O_CREATE
	}
	f, err := root.OpenFile(name, flag, 0o600) // the device's key is among what stands here
	if err != nil {
		return nil, err // not f: a nil *os.File is no nil File
	}
	return f, nil
}

func (d *osDisk) Rename(from, to string) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	return root.Rename(from, to)
}

func (d *osDisk) Remove(name string) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	return root.Remove(name)
}

func (d *osDisk) List(dir string) ([]Info, error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(root.FS(), path.Clean(dir))
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

func (d *osDisk) MakeDir(dir string) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	return root.MkdirAll(dir, 0o700)
}

func (d *osDisk) SyncDir(dir string) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// dead is a disk on which nothing works.
type dead struct{ why error }

func (d dead) Open(string, bool, bool) (File, error) { return nil, d.why }
func (d dead) Rename(string, string) error           { return d.why }
func (d dead) Remove(string) error                   { return d.why }
func (d dead) List(string) ([]Info, error)           { return nil, d.why }
func (d dead) MakeDir(string) error                  { return d.why }
func (d dead) SyncDir(string) error                  { return d.why }
