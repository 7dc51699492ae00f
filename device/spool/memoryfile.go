package spool

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
)

type memHandle struct {
	disk    *Mem
	plugged int
	name    string
	file    *memFile
	write   bool
	pos     int64
}

// check is that of the disk, for a file that was opened. It must be called with
// the disk's mu held.
func (h *memHandle) check(op Op) error {
	if h.plugged != h.disk.plugged {
		return &fs.PathError{Op: string(op), Path: h.name, Err: syscall.EIO}
	}
	return nil
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
	if err := h.check(OpRead); err != nil {
		return 0, err
	}
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
	if err := h.check(OpWrite); err != nil {
		return 0, err
	}
	dead := h.disk.cut || h.disk.gone
	err := h.disk.change(OpWrite, h.name)
	if err == nil && h.disk.capacity > 0 {
		if free := max(0, h.disk.capacity-h.disk.size()); free < int64(len(p)) {
			h.file.data = append(h.file.data, p[:free]...)
			return int(free), &fs.PathError{Op: "write", Path: h.name, Err: syscall.ENOSPC}
		}
	}
	if err != nil {
		if dead || errors.Is(err, syscall.EROFS) {
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
	if err := h.check(OpSync); err != nil {
		return err
	}
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
	if err := h.check(OpTruncate); err != nil {
		return err
	}
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
