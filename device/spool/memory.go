package spool

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
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

// CutRandom cuts the power as Cut does, and lets chance decide what a card makes
// of what was not synced: whether names appear or vanish, and how much of what
// was written is there, or stands as zeros.
func (m *Mem) CutRandom(rnd *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = true
	names := maps.Clone(m.kept)
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if m.kept[name] != m.files[name] && rnd.IntN(2) == 0 {
			names[name] = m.files[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.kept)) {
		if m.files[name] == nil && rnd.IntN(2) == 0 {
			delete(names, name)
		}
	}
	after := Memory()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := names[name]
		data := slices.Clone(f.synced)
		if extra := len(f.data) - len(data); extra > 0 && slices.Equal(f.data[:len(data)], data) {
			whole := rnd.IntN(extra + 1)
			data = append(data, f.data[len(data):len(data)+whole]...)
			if rnd.IntN(3) == 0 { // the length was written, the rest was not
				data = append(data, make([]byte, extra-whole)...)
			}
		}
		after.files[name] = &memFile{data: data, synced: slices.Clone(data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Cut cuts the power: every further operation fails, and what is returned is
// the disk as it is found afterwards. Of the bytes written but not synced the
// first torn per cent survive, 0 to 100.
func (m *Mem) Cut(torn int) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = true
	after := Memory()
	for name, f := range m.kept {
		data := slices.Clone(f.synced)
		if extra := len(f.data) - len(data); extra > 0 && slices.Equal(f.data[:len(data)], data) {
			data = append(data, f.data[len(data):len(data)+extra*torn/100]...)
		}
		after.files[name] = &memFile{data: data, synced: slices.Clone(data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Damage changes the byte at offset of a file; it panics when there is none.
func (m *Mem) Damage(name string, offset int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.data = slices.Clone(f.data)
	f.data[offset] ^= 0x5a
	f.synced = f.data[:len(f.data):len(f.data)]
}

// Copy is another disk with the same content, all of it synced.
func (m *Mem) Copy() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := Memory()
	for name, f := range m.files {
		after.files[name] = &memFile{data: slices.Clone(f.data), synced: slices.Clone(f.data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Write puts content in the place of a file, synced, as a card may that lies.
func (m *Mem) Write(name string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &memFile{data: slices.Clone(content), synced: slices.Clone(content)}
	m.files[name], m.kept[name] = f, f
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
	return &memHandle{disk: m, name: name, file: f, write: write}, nil
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

type memHandle struct {
	disk  *Mem
	name  string
	file  *memFile
	write bool
	pos   int64
}

func (h *memHandle) Read(p []byte) (int, error) {
	n, err := h.ReadAt(p, h.pos)
	h.pos += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err := h.disk.check(OpRead, h.name); err != nil {
		return 0, err
	}
	if off >= int64(len(h.file.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.file.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *memHandle) Seek(offset int64, whence int) (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += h.pos
	case io.SeekEnd:
		offset += int64(len(h.file.data))
	}
	if offset < 0 {
		return 0, &fs.PathError{Op: "seek", Path: h.name, Err: fs.ErrInvalid}
	}
	h.pos = offset
	return offset, nil
}

func (h *memHandle) Write(p []byte) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if !h.write {
		return 0, &fs.PathError{Op: "write", Path: h.name, Err: fs.ErrPermission}
	}
	cut := h.disk.cut
	err := h.disk.change(OpWrite, h.name)
	if err == nil && h.disk.capacity > 0 {
		if free := max(0, h.disk.capacity-h.disk.size()); free < int64(len(p)) {
			h.file.data = append(h.file.data, p[:free]...)
			return int(free), &fs.PathError{Op: "write", Path: h.name, Err: syscall.ENOSPC}
		}
	}
	if err != nil {
		if cut || errors.Is(err, syscall.EROFS) {
			return 0, err
		}
		h.file.data = append(h.file.data, p[:len(p)/2]...)
		return len(p) / 2, err
	}
	h.file.data = append(h.file.data, p...)
	return len(p), nil
}

func (h *memHandle) Sync() error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err := h.disk.change(OpSync, h.name); err != nil {
		return err
	}
	n := len(h.file.data)
	h.file.synced = h.file.data[:n:n] // bytes are only appended or cut off, never changed in place
	return nil
}

func (h *memHandle) Truncate(size int64) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err := h.disk.change(OpTruncate, h.name); err != nil {
		return err
	}
	if size > int64(len(h.file.data)) {
		return &fs.PathError{Op: "truncate", Path: h.name, Err: fs.ErrInvalid}
	}
	h.file.data = h.file.data[:size:size]
	return nil
}

func (h *memHandle) Close() error { return nil }

func byName(a, b Info) int { return strings.Compare(a.Name, b.Name) }
