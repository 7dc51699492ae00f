package spool

import "encoding/json"

// KeepDevice keeps what makes the device the unit's: its key and certificate. The
// spool does not look into it.
func (s *Spool) KeepDevice(v json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putCell("device", v)
}

// Device is what KeepDevice kept last, nil if it kept nothing.
func (s *Spool) Device() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var v json.RawMessage
	_, err := readCell(s.disk, "device", &v)
	s.note(err)
	return v
}
