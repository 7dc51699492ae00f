package spool

import "encoding/json"

// KeepDevice keeps what makes the device the unit's: its key and certificate. The
// spool does not look into it.
func (s *Spool) KeepDevice(v json.RawMessage) error { return s.keep("device", v) }

// Device is what KeepDevice kept last, nil if it kept nothing.
func (s *Spool) Device() json.RawMessage { return s.kept("device") }
