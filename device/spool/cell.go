package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// Single values are files of one record.

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

// readSealed is the body of a file of one record, nil when there is no file.
func readSealed(disk Disk, name string) ([]byte, error) {
	data, err := readFile(disk, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		r, n, bad := readRecord(data)
		if bad == nil && n == len(data) {
			return r.body, nil
		}
		err = errRecord
	}
	setAside(disk, name)
	return nil, err
}

func writeSealed(disk Disk, name string, body []byte) error {
	return writeFile(disk, name, appendRecord(nil, record{seq: 1, body: body}))
}
