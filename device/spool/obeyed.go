package spool

import (
	"fmt"
	"slices"
)

// maxObeyed is how many commands the ledger names. Of those before them it
// remembers only that they are over.
const maxObeyed = 500

// obeyed is the ledger of commands: each is obeyed once in the life of the spool,
// however often it comes and whatever the clock says.
type obeyed struct {
	// Floor: nothing that was given up to then (its revision) is obeyed any more.
	Floor uint64    `json:"floor"`
	Last  []command `json:"last"`
}

type command struct {
	ID       string `json:"id"`
	Revision uint64 `json:"revision"`
}

func (s *Spool) openObeyed() {
	_, err := readCell(s.disk, "commands", &s.obeyed)
	s.note(err)
}

// Obey writes a command into the ledger, before it is obeyed. It is false for
// one that is there already, or older than what the ledger remembers.
func (s *Spool) Obey(id string, revision uint64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := func(c command) bool { return c.ID == id }
	if revision <= s.obeyed.Floor || slices.ContainsFunc(s.obeyed.Last, known) {
		return false, nil
	}
	next := obeyed{Floor: s.obeyed.Floor, Last: append(slices.Clone(s.obeyed.Last), command{id, revision})}
	if over := len(next.Last) - maxObeyed; over > 0 {
		slices.SortStableFunc(next.Last, func(a, b command) int { return int(int64(a.Revision) - int64(b.Revision)) })
		next.Floor = next.Last[over-1].Revision
		next.Last = next.Last[over:]
	}
	if err := s.putCell("commands", next); err != nil {
		return false, fmt.Errorf("note command: %w", err)
	}
	s.obeyed = next
	return revision > next.Floor, nil
}
