package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// check holds a tree that was read to the type that it is to fill.
type check struct{ root reflect.Type }

// value checks one value, whose keys lead to it by path.
func (c check) value(path string, v any, t reflect.Type) *Error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if v == nil { // a key without a value
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		m, ok := v.(map[string]any)
		if !ok {
			return kind(path, "keys with values")
		}
		return c.keys(path, m, t)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return kind(path, "a list")
		}
		for i, it := range list {
			if e := c.value(fmt.Sprintf("%s[%d]", path, i), it, t.Elem()); e != nil {
				return e
			}
		}
	case reflect.Int, reflect.Int64:
		switch v.(type) {
		case int, int64, uint64:
		default:
			return kind(path, "a whole number")
		}
	case reflect.Float64:
		switch v.(type) {
		case int, int64, uint64, float64:
		default:
			return kind(path, "a number")
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return kind(path, "true or false")
		}
	case reflect.String:
		switch v.(type) {
		case []any, map[string]any:
			return kind(path, "a text")
		}
	}
	return nil
}

func kind(path, wanted string) *Error {
	if path == "" {
		path = "the file"
	}
	return &Error{Field: path, Message: fmt.Sprintf("%s: want %s", path, wanted)}
}

// keys checks the keys of a struct, in order, so that the error is always the same.
func (c check) keys(path string, m map[string]any, t reflect.Type) *Error {
	known := fields(t)
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		field, ok := known[name]
		if !ok {
			return c.unknown(path, inner, name, known)
		}
		if e := c.value(inner, m[name], field); e != nil {
			return e
		}
	}
	return nil
}

// unknown says which key was meant: one beside it, or else the same or a like
// one elsewhere, and where that belongs.
func (c check) unknown(path, inner, name string, known map[string]reflect.Type) *Error {
	beside := make([]string, 0, len(known))
	for k := range known {
		beside = append(beside, k)
	}
	slices.Sort(beside)
	where := ""
	if path != "" {
		where = " in " + path
	}
	help := "known are " + strings.Join(beside, ", ")
	if near := Nearest(name, beside); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	} else if at := c.homes(name); len(at) > 0 {
		help = "it belongs " + strings.Join(at, " or ") + "; here " + help
	}
	return &Error{Field: inner, Message: fmt.Sprintf("unknown key %q%s: %s", name, where, help)}
}

// homes are the places at which a key is known.
func (c check) homes(name string) (out []string) {
	var walk func(path string, t reflect.Type, above []reflect.Type)
	walk = func(path string, t reflect.Type, above []reflect.Type) {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.Slice {
			walk(path+"[]", t.Elem(), above)
			return
		}
		if t.Kind() != reflect.Struct || slices.Contains(above, t) {
			return
		}
		known := fields(t)
		if _, ok := known[name]; ok {
			place := "under " + path
			if path == "" {
				place = "at the top of the file"
			}
			out = append(out, place)
		}
		for k, f := range known {
			walk(strings.TrimPrefix(path+"."+k, "."), f, append(slices.Clone(above), t))
		}
	}
	walk("", c.root, nil)
	slices.Sort(out)
	return out[:min(len(out), 3)]
}

// fields are the keys of a struct; those of an embedded one are its own.
func fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			for k, inner := range fields(f.Type) {
				out[k] = inner
			}
		case name != "" && name != "-":
			out[name] = f.Type
		}
	}
	return out
}
