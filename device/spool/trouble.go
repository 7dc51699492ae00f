package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"syscall"
)

// Codes of the conditions that a spool reports; CodeDamaged, CodeAsset and
// CodeProofLost are events too.
const (
	// CodeDamaged: something on the card was damaged; a copy stands in bad/.
	CodeDamaged = "spool-damaged"
	// CodeAsset: a media file was damaged; it is fetched again.
	CodeAsset = "asset-damaged"
	// CodeFull: the card has no room left.
	CodeFull = "disk-full"
	// CodeReadOnly: the card takes nothing any more, as cards do at the end of
	// their life.
	CodeReadOnly = "disk-read-only"
	// CodeFailing: the card answers with errors of its own.
	CodeFailing = "disk-failing"
	// CodeNoDisk: the directory could not be opened at all; everything is kept
	// in memory.
	CodeNoDisk = "disk-missing"
	// CodeProofLost: more proof waited for the centre than there was room for,
	// and the oldest was given up.
	CodeProofLost = "proof-lost"
)

// Codes are all of them.
func Codes() []string {
	return []string{CodeDamaged, CodeAsset, CodeFull, CodeReadOnly, CodeFailing, CodeNoDisk, CodeProofLost}
}

// News is something that happened to the card, to be told once as an event.
type News struct{ Code, Text string }

// maxNews bounds what waits to be told.
const maxNews = 64

// kind is a kind of write; the trouble of one is not over because another works.
type kind string

const (
	ofProof  kind = "proof"
	ofDetail kind = "item detail"
	ofMark   kind = "alive mark"
	ofMedia  kind = "media"
)

type trouble struct{ code, text string }

// errNoRoom says that what is left on the card is kept for proof.
var errNoRoom = fmt.Errorf("what is left on the card is kept for proof: %w", syscall.ENOSPC)

// diskCode names what an error of the disk means.
func diskCode(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return CodeFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return CodeReadOnly
	}
	return CodeFailing
}

// wrote remembers whether the last write of a kind worked, and gives err back.
// It must be called with mu held.
func (s *Spool) wrote(k kind, err error) error {
	if err == nil {
		delete(s.troubles, k)
	} else {
		s.troubles[k] = trouble{diskCode(err), err.Error()}
	}
	return err
}

// put writes a value, nil to remove it. What the disk does not take counts all
// the same, as far as this process lives, and is written as soon as possible:
// a stop must hold and a bulletin play on a card that is full. The error only
// tells. It must be called with mu held.
func (s *Spool) put(name string, body []byte) error {
	err := s.write(name, body)
	if err != nil && diskCode(err) == CodeFull && s.makeRoom() {
		err = s.write(name, body)
	}
	if err == nil {
		delete(s.unsaved, name)
		return nil
	}
	s.unsaved[name] = unsaved{body, err}
	return fmt.Errorf("write %s: %w", name, err)
}

func (s *Spool) write(name string, body []byte) error {
	if body == nil {
		err := s.disk.Remove(name)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = s.disk.SyncDir(dirOf(name))
		}
		return err
	}
	err := writeSealed(s.disk, name, body)
	if errors.Is(err, fs.ErrNotExist) && dirOf(name) != "." { // its directory could not be made before
		if err = s.disk.MakeDir(dirOf(name)); err == nil {
			err = writeSealed(s.disk, name, body)
		}
	}
	return err
}

type unsaved struct {
	body []byte
	err  error
}

// save tries again what the disk did not take. It must be called with mu held.
func (s *Spool) save() {
	for _, name := range slices.Sorted(maps.Keys(s.unsaved)) {
		if s.put(name, s.unsaved[name].body) != nil {
			return
		}
	}
}

// Conditions are the complaints of the spool by code, with their text.
func (s *Spool) Conditions() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := maps.Clone(s.issues)
	if s.lost != nil { // all else follows from it
		out[CodeNoDisk] = s.lost.Error() + "; everything is kept in memory"
		return out
	}
	if text := s.assets.complaint(); text != "" {
		out[CodeAsset] = text
	}
	for _, k := range slices.Sorted(maps.Keys(s.troubles)) {
		t := s.troubles[k]
		out[t.code] = join(out[t.code], string(k)+": "+t.text)
	}
	for _, j := range []*journal{s.outbox.journal, s.detail} {
		if err := j.unread; err != nil {
			out[diskCode(err)] = join(out[diskCode(err)], err.Error())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.unsaved)) {
		err := s.unsaved[name].err
		code := diskCode(err)
		out[code] = join(out[code], name+": "+err.Error())
	}
	return out
}

// News gives what happened since it was asked last.
func (s *Spool) News() []News {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gather()
	list := s.news
	s.news = nil
	if text := s.assets.news(); text != "" {
		list = append(list, News{CodeAsset, text})
	}
	return list
}

// gather takes over what the journals found damaged. It must be called with mu
// held, or before the spool is shared.
func (s *Spool) gather() {
	for _, j := range []*journal{s.outbox.journal, s.detail, s.alive} {
		for _, text := range j.damage {
			s.tell(CodeDamaged, text)
		}
		j.damage = nil
	}
}

// tell notes a condition that stays for the life of the spool, and news.
func (s *Spool) tell(code, text string) {
	if len(s.issues[code]) < 1000 {
		s.issues[code] = join(s.issues[code], text)
	}
	if len(s.news) < maxNews {
		s.news = append(s.news, News{code, text})
	}
}

// note turns damage into news; it must be called with mu held or before the
// spool is shared.
func (s *Spool) note(err error) {
	if err != nil {
		s.tell(CodeDamaged, err.Error())
	}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
