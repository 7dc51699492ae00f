package app_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// frailDisk is the machine's disk, until the power goes: then nothing works, and
// of what was written and not synced it is left to chance which parts are there.
type frailDisk struct {
	vfs.VFSFilename
	rnd *rand.Rand

	mu      sync.Mutex
	pending map[string][]written // by path, since its last sync
	changes int
	cutAt   int // the change in which the power goes; 0 never
	went    func()
	down    bool
}

// written is one change of a file: what stood there, and what came.
type written struct {
	off      int64
	old, new []byte
	size     int64 // of the file before
	cut      bool  // it was shortened to off
}

func (d *frailDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d.mu.Lock()
	down := d.down
	d.mu.Unlock()
	if down {
		return nil, flags, sqlite3.CANTOPEN
	}
	f, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil || name == nil {
		return f, flags, err
	}
	return &frailFile{f, d, name.String()}, flags, nil
}

func (d *frailDisk) Delete(name string, syncDir bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return sqlite3.IOERR_DELETE
	}
	delete(d.pending, name)
	return d.VFSFilename.Delete(name, syncDir)
}

// cutAfter lets the power go in the n-th change from now on.
func (d *frailDisk) cutAfter(n int, went func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt, d.went = d.changes+n, went
}

// cut lets it go now.
func (d *frailDisk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.goDown()
}

func (d *frailDisk) goDown() {
	if !d.down && d.went != nil {
		d.went()
	}
	d.down = true
}

// change counts one; it is false when there is no power for it.
func (d *frailDisk) change() bool {
	if d.changes++; d.changes == d.cutAt {
		d.goDown()
	}
	return !d.down
}

// mend makes of every file what the power left of it, and gives the power back.
func (d *frailDisk) mend() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for path, list := range d.pending {
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		for _, w := range slices.Backward(list) {
			data = w.undo(data)
		}
		all := d.rnd.IntN(3)
		for _, w := range list {
			if all == 0 || all == 1 && d.rnd.IntN(2) == 0 {
				continue
			}
			data = w.torn(d.rnd).redo(data)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
		_ = os.Remove(path[:len(path)-len("-wal")] + "-shm") // memory, not disk
		_ = os.Remove(path + "-shm")
	}
	d.pending, d.down, d.cutAt = nil, false, 0
	return nil
}

func (w written) undo(data []byte) []byte {
	if w.cut {
		return append(data[:min(int64(len(data)), w.off)], w.old...)
	}
	copy(data[min(int64(len(data)), w.off):], w.old)
	return data[:min(int64(len(data)), w.size)]
}

func (w written) redo(data []byte) []byte {
	if w.cut {
		return data[:min(int64(len(data)), w.off)]
	}
	if need := w.off + int64(len(w.new)); need > int64(len(data)) {
		data = append(data, make([]byte, need-int64(len(data)))...)
	}
	copy(data[w.off:], w.new)
	return data
}

// torn is the change as far as it came: whole, or up to a sector.
func (w written) torn(rnd *rand.Rand) written {
	if !w.cut && rnd.IntN(4) == 0 {
		w.new = w.new[:rnd.IntN(len(w.new)+1)/512*512]
	}
	return w
}

type frailFile struct {
	vfs.File
	disk *frailDisk
	path string
}

func (f *frailFile) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	down := f.disk.down
	f.disk.mu.Unlock()
	if down {
		return 0, sqlite3.IOERR_READ
	}
	return f.File.ReadAt(p, off)
}

func (f *frailFile) WriteAt(p []byte, off int64) (int, error) {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	alive := d.change()
	if !alive && d.changes != d.cutAt {
		return 0, sqlite3.IOERR_WRITE
	}
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	old := make([]byte, len(p))
	n, _ := f.File.ReadAt(old, off) // short at the end
	f.note(written{off: off, old: old[:n], new: slices.Clone(p), size: size})
	n, err = f.File.WriteAt(p, off)
	if !alive {
		return 0, sqlite3.IOERR_WRITE
	}
	return n, err
}

func (f *frailFile) note(w written) {
	if f.disk.pending == nil {
		f.disk.pending = map[string][]written{}
	}
	f.disk.pending[f.path] = append(f.disk.pending[f.path], w)
}

func (f *frailFile) Truncate(size int64) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.change() {
		return sqlite3.IOERR_TRUNCATE
	}
	before, err := f.Size()
	if err != nil {
		return err
	}
	if before > size {
		old := make([]byte, before-size)
		_, _ = f.File.ReadAt(old, size)
		f.note(written{off: size, old: old, size: before, cut: true})
	}
	return f.File.Truncate(size)
}

func (f *frailFile) Sync(vfs.SyncFlag) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.change() {
		return sqlite3.IOERR_FSYNC
	}
	delete(d.pending, f.path)
	return nil // the machine keeps its power: nothing need be waited for
}

func (f *frailFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *frailFile) Unwrap() vfs.File { return f.File }
