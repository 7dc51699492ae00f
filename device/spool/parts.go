package spool

// Part is how much stands in one of the spool's directories, for a person who
// looks into a unit from afar.
type Part struct {
	Name  string `json:"name"` // "." holds the single values
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
	// Err says why it could not be looked at.
	Err string `json:"err,omitempty"`
}

// Parts are all of them, and how many bytes the card has left, -1 where nobody
// knows.
func (s *Spool) Parts() (parts []Part, room int64) {
	for _, dir := range []string{".", heldDir, "outbox", "detail", "alive", mediaDir, pcmDir, badDir} {
		p := Part{Name: dir}
		list, err := s.real.List(dir)
		if err != nil {
			p.Err = err.Error()
		}
		for _, info := range list {
			p.Files, p.Bytes = p.Files+1, p.Bytes+info.Size
		}
		parts = append(parts, p)
	}
	room = -1
	if r, ok := s.real.(Roomy); ok {
		if n, err := r.Room(); err == nil {
			room = n
		}
	}
	return parts, room
}
