package spool

import "encoding/json"

// KeepClock keeps what the unit knows of the time; the spool does not look into it.
func (s *Spool) KeepClock(v json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putCell("clock", v)
}

// Clock is what KeepClock kept last, nil if it kept nothing.
func (s *Spool) Clock() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var v json.RawMessage
	_, err := readCell(s.disk, "clock", &v)
	s.note(err)
	return v
}
