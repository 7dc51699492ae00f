package spool

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Op names an operation of a disk, for Fail.
type Op string

// The operations that can be made to fail.
const (
	OpOpen     Op = "open"
	OpRead     Op = "read"
	OpWrite    Op = "write"
	OpSync     Op = "sync"
	OpTruncate Op = "truncate"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpSyncDir  Op = "syncdir"
)

// Mem is a disk in memory that forgets what was not synced when its power is
// cut, and fails on command. The zero value is not usable; see Memory.
type Mem struct {
	mu    sync.Mutex
	files map[string]*memFile // as seen now
	kept  map[string]*memFile // the names that survive
	fails []failure
	cut   bool

	capacity int64 // bytes of all files; 0 is no limit
	readOnly bool
	gone     bool
	plugged  int // how often it was put back; a file opened before that is no more
	ops      int // changes so far
	cutAt    int // the change at which the power goes; 0 never
	atCut    func()
}

type memFile struct {
	data   []byte
	synced []byte
}

type failure struct {
	op   Op
	name string
	err  error
}

// ErrPower is what every operation answers once the power is cut.
var ErrPower = errors.New("the power is cut")

// Memory makes an empty disk in memory.
func Memory() *Mem {
	return &Mem{files: map[string]*memFile{}, kept: map[string]*memFile{}}
}

// Fail makes the next operation of that kind on a file whose name contains
// name fail with err. A failed write leaves the first half of its bytes.
func (m *Mem) Fail(op Op, name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = append(m.fails, failure{op, name, err})
}

// Fill leaves the disk room for so many more bytes; a negative number lifts
// the limit.
func (m *Mem) Fill(room int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.capacity = 0; room >= 0 {
		m.capacity = max(m.size()+room, 1)
	}
}

// ReadOnly makes the disk refuse every change, or take them again.
func (m *Mem) ReadOnly(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.readOnly = on
}

// Unplug takes the disk out of its slot, or puts it back as it was: meanwhile
// nothing works, and nothing of it changes.
func (m *Mem) Unplug(out bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone && !out {
		m.plugged++
	}
	m.gone = out
}

// Room is how many bytes there is room for.
func (m *Mem) Room() (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.capacity == 0 {
		return 1 << 40, nil
	}
	return max(0, m.capacity-m.size()), nil
}

// CutAfter lets the power go in the middle of the n-th change from now on; then
// calls then, which must not touch the disk. What is found afterwards is told by
// Cut.
func (m *Mem) CutAfter(n int, then func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cutAt, m.atCut = m.ops+n, then
}

// Changes is how many changes the disk has seen: writes, syncs, renames and
// what else a power cut may fall into.
func (m *Mem) Changes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ops
}

// Has tells whether there is a file of that name.
func (m *Mem) Has(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[name] != nil
}

// Size is the sum of the bytes of all files.
func (m *Mem) Size() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size()
}

func (m *Mem) size() (n int64) {
	for _, f := range m.files {
		n += int64(len(f.data))
	}
	return n
}

// check must be called with mu held.
func (m *Mem) check(op Op, name string) error {
	if m.cut {
		return &fs.PathError{Op: string(op), Path: name, Err: ErrPower}
	}
	if m.gone {
		return &fs.PathError{Op: string(op), Path: name, Err: syscall.EIO}
	}
	for i, f := range m.fails {
		if f.op == op && strings.Contains(name, f.name) {
			m.fails = slices.Delete(m.fails, i, i+1)
			return &fs.PathError{Op: string(op), Path: name, Err: f.err}
		}
	}
	return nil
}

// change is check for what changes the disk.
func (m *Mem) change(op Op, name string) error {
	if err := m.check(op, name); err != nil {
		return err
	}
	if m.readOnly {
		return &fs.PathError{Op: string(op), Path: name, Err: syscall.EROFS}
	}
	if m.ops++; m.ops == m.cutAt {
		m.cut = true
		if m.atCut != nil {
			m.atCut()
		}
		return &fs.PathError{Op: string(op), Path: name, Err: ErrPower}
	}
	return nil
}

// Open opens or makes a file; see Disk.
func (m *Mem) Open(name string, write, create bool) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(OpOpen, name); err != nil {
		return nil, err
	}
	f := m.files[name]
	if m.readOnly && write && f != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EROFS}
	}
	if f == nil && create {
		if err := m.change(OpOpen, name); err != nil {
			return nil, err
		}
	}
	if f == nil {
		if !create {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		f = &memFile{}
		m.files[name] = f
	}
	return &memHandle{disk: m, plugged: m.plugged, name: name, file: f, write: write}, nil
}

// Rename gives a file another name.
func (m *Mem) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change(OpRename, from); err != nil {
		return err
	}
	f := m.files[from]
	if f == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	delete(m.files, from)
	m.files[to] = f
	return nil
}

// Remove deletes a file.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change(OpRemove, name); err != nil {
		return err
	}
	if m.files[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(m.files, name)
	return nil
}

// List gives the files of a directory.
func (m *Mem) List(dir string) ([]Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(OpRead, dir); err != nil {
		return nil, err
	}
	var list []Info
	for name, f := range m.files {
		if path.Dir(name) == path.Clean(dir) {
			list = append(list, Info{Name: path.Base(name), Size: int64(len(f.data))})
		}
	}
	slices.SortFunc(list, byName)
	return list, nil
}

// MakeDir does nothing: directories need not be made in memory.
func (m *Mem) MakeDir(string) error { return nil }

// SyncDir makes the names of a directory survive a cut.
func (m *Mem) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.change(OpSyncDir, dir); err != nil {
		return err
	}
	in := func(name string, _ *memFile) bool { return path.Dir(name) == path.Clean(dir) }
	maps.DeleteFunc(m.kept, in)
	for name, f := range m.files {
		if in(name, f) {
			m.kept[name] = f
		}
	}
	return nil
}

func byName(a, b Info) int { return strings.Compare(a.Name, b.Name) }
