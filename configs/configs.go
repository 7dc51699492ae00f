// Package configs holds the commented sample files, which are the manual of the
// settings, and reads settings strictly: an unknown key is an error that names
// the nearest right one.
package configs

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Error is a fault of a settings file.
type Error struct {
	// Field is the key at fault, "" when the file is no YAML at all.
	Field string
	// Message says what is wrong, where, and what helps.
	Message string
}

func (e *Error) Error() string { return e.Message }

var unknown = regexp.MustCompile(`unknown field "([^"]+)"`)

// Decode reads YAML (or JSON, which is YAML) into v, a pointer to a struct with
// json tags. Keys that v does not know are errors.
func Decode(text []byte, v any) error {
	err := yaml.UnmarshalWithOptions(text, v, yaml.Strict())
	if err == nil {
		return nil
	}
	message := yaml.FormatError(err, false, true)
	if m := unknown.FindStringSubmatch(err.Error()); m != nil {
		return &Error{Field: m[1], Message: fmt.Sprintf("unknown key %q%s\n%s", m[1], suggestion(m[1], keys(reflect.TypeOf(v))), message)}
	}
	if _, ok := errors.AsType[yaml.Error](err); !ok {
		message = err.Error()
	}
	return &Error{Message: message}
}

// Encode writes v as YAML.
func Encode(v any) ([]byte, error) { return yaml.Marshal(v) }

func suggestion(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; known are " + strings.Join(known, ", ")
}

// Nearest is the candidate most like word, or "" if none is like it.
func Nearest(word string, candidates []string) string {
	best, at := len(word)/2+1, ""
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

// keys are the names of all fields at any depth of a type, sorted.
func keys(t reflect.Type) []string {
	found := map[string]bool{}
	collect(t, found, map[reflect.Type]bool{})
	out := make([]string, 0, len(found))
	for k := range found {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func collect(t reflect.Type, found map[string]bool, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
		collect(t.Elem(), found, seen)
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			found[name] = true
		}
		collect(f.Type, found, seen)
	}
}
