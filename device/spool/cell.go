package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
)

// Single values are files of one record. Its number says which value it is, so
// that files that change places are noticed; it was 1 in all of them once.
func cellNumber(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// readCell reads a single value into v. It is false when there is none; damage
// is set aside and counts as none, with an error to report.
func readCell(disk Disk, name string, v any) (bool, error) {
	body, err := readSealed(disk, name)
	if err == nil && body != nil {
		if err = json.Unmarshal(body, v); err == nil {
			return true, nil
		}
		setAside(disk, name)
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	return false, nil
}

// putCell writes a single value as put does.
func (s *Spool) putCell(name string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return s.put(name, body)
}

// keep keeps a value that the spool does not look into; kept is what was kept
// last, nil if nothing was.
func (s *Spool) keep(name string, v json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putCell(name, v)
}

func (s *Spool) kept(name string) (v json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := readCell(s.disk, name, &v)
	s.note(err)
	return v
}

// readSealed is the body of a file of one record, nil when there is no file.
func readSealed(disk Disk, name string) ([]byte, error) {
	data, err := readFile(disk, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		r, n, bad := readRecord(data)
		if err = bad; err == nil && (n != len(data) || r.seq != 1 && r.seq != cellNumber(name)) {
			err = errRecord
		}
		if err == nil {
			return r.body, nil
		}
	}
	setAside(disk, name)
	return nil, err
}

func writeSealed(disk Disk, name string, body []byte) error {
	return writeFile(disk, name, appendRecord(nil, record{seq: cellNumber(name), body: body}))
}
