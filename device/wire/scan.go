package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may stand in each other.
const maxDepth = 32

// manyNames is the number of fields of one object from which on they are looked
// up in a map: a message full of names must not cost their square.
const manyNames = 24

var errNotObject = errors.New("it is not a JSON object")

// checkJSON refuses what encoding/json would take and we do not: data that is
// not one JSON object in UTF-8 with nothing after it, is nested deeper than
// maxDepth, or has an object that names a field twice. Names that differ only
// in case count as the same, because encoding/json would take either for the
// field.
//
// It sees every name of valid JSON, and makes no garbage of it. Of what is not
// valid it may pass some: the decoder, which must follow, refuses that.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: the text is not UTF-8", ErrMalformed)
	}
	var room [manyNames][]byte
	s := scanner{data: data, names: room[:0]}
	if err := s.object(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// scanner reads the structure of a JSON text.
type scanner struct {
	data []byte
	at   int
	open [maxDepth]container
	deep int
	// names are the fields' names of all objects that are open, the innermost last.
	names [][]byte
}

// container is an object or a list that is open.
type container struct {
	object bool
	first  int             // of its names
	seen   map[string]bool // its names, folded, once they are many
}

// object reads the whole text, which is one object.
func (s *scanner) object() error {
	s.space()
	switch {
	case s.at == len(s.data):
		return io.ErrUnexpectedEOF
	case s.data[s.at] != '{':
		return errNotObject
	}
	named := false // the next string is a field's name
	for s.at < len(s.data) {
		c := s.data[s.at]
		s.at++
		switch c {
		case '{', '[':
			if s.deep == maxDepth {
				return fmt.Errorf("nested deeper than %d", maxDepth)
			}
			s.open[s.deep] = container{object: c == '{', first: len(s.names)}
			s.deep++
			named = c == '{'
		case '}', ']':
			s.deep--
			s.names = s.names[:s.open[s.deep].first]
			if s.deep == 0 {
				return s.end()
			}
		case ',':
			named = s.open[s.deep-1].object
		case '"':
			text, err := s.text()
			if err == nil && named {
				named, err = false, s.name(text)
			}
			if err != nil {
				return err
			}
		}
	}
	return io.ErrUnexpectedEOF
}

// end tells whether only space is left.
func (s *scanner) end() error {
	if s.space(); s.at < len(s.data) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func (s *scanner) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\t' || s.data[s.at] == '\n' || s.data[s.at] == '\r') {
		s.at++
	}
}

// text reads a string after its first quote and gives what stands between the
// quotes, as it is written.
func (s *scanner) text() ([]byte, error) {
	from := s.at
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '"':
			s.at++
			return s.data[from : s.at-1], nil
		case '\\':
			s.at++ // whatever is escaped ends no string
		}
	}
	return nil, io.ErrUnexpectedEOF
}

// name notes the name of a field of the innermost object.
func (s *scanner) name(written []byte) error {
	name := written
	if bytes.IndexByte(written, '\\') >= 0 {
		var plain string
		if err := json.Unmarshal(append(append([]byte{'"'}, written...), '"'), &plain); err != nil {
			return err
		}
		name = []byte(plain)
	}
	in := &s.open[s.deep-1]
	mine := s.names[in.first:]
	twice := false
	switch {
	case in.seen != nil:
		twice = in.seen[fold(name)]
		in.seen[fold(name)] = true
	case len(mine) == manyNames:
		in.seen = map[string]bool{}
		for _, n := range mine {
			in.seen[fold(n)] = true
		}
		twice = in.seen[fold(name)]
		in.seen[fold(name)] = true
	default:
		for _, n := range mine {
			twice = twice || bytes.EqualFold(n, name)
		}
		s.names = append(s.names, name)
	}
	if twice {
		return fmt.Errorf("the field %.40q is named twice", name)
	}
	return nil
}

// fold maps a name to the one that stands for all that encoding/json takes for it.
func fold(name []byte) string {
	return string(bytes.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name))
}
