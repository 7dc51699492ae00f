package spool

import "encoding/json"

// KeepClock keeps what the unit knows of the time; the spool does not look into it.
func (s *Spool) KeepClock(v json.RawMessage) error { return s.keep("clock", v) }

// Clock is what KeepClock kept last, nil if it kept nothing.
func (s *Spool) Clock() json.RawMessage { return s.kept("clock") }
