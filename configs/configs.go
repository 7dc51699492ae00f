// Package configs holds the commented sample files, which are the manual of the
// settings, and reads settings strictly: an unknown key is an error that names
// the nearest right one.
package configs

import (
	"errors"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Error is a fault of a settings file.
type Error struct {
	// Field is the path of the key at fault, such as programmes[0].rule.window;
	// "" when the file is no YAML at all.
	Field string
	// Message says what is wrong, where, and what helps.
	Message string
}

func (e *Error) Error() string { return e.Message }

// Decode reads YAML (or JSON, which is YAML) into v, a pointer to a struct with
// json tags. Keys that v does not know are errors, and values of a wrong kind.
// No error says a value back: it may be a password.
func Decode(text []byte, v any) error {
	var tree any
	err := yaml.Unmarshal(text, &tree)
	if err == nil {
		root := reflect.TypeOf(v).Elem()
		if e := (check{root}).value("", tree, root); e != nil {
			return e
		}
		err = yaml.UnmarshalWithOptions(text, v, yaml.Strict())
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[yaml.Error](err); ok {
		return &Error{Message: yaml.FormatError(err, false, false)}
	}
	return &Error{Message: err.Error()}
}

// Encode writes v as YAML.
func Encode(v any) ([]byte, error) { return yaml.Marshal(v) }

// Nearest is the candidate most like word, or "" if none is like it.
func Nearest(word string, candidates []string) string {
	best, at := len([]rune(word))/2+1, ""
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < best {
			best, at = d, c
		}
	}
	return at
}

// distance is Levenshtein's.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
