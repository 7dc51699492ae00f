package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// byTokens is what checkJSON and a decoder together must refuse, read token by
// token by encoding/json itself.
func byTokens(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var stack []map[string]bool // a nil map is a list
	name := false
	for first := true; ; first = false {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) == 0 && !first:
			return nil
		case err != nil:
			return err
		case first && tok != json.Delim('{'), !first && len(stack) == 0:
			return errors.New("not one object")
		}
		switch tok := tok.(type) {
		case json.Delim:
			switch tok {
			case '{':
				stack = append(stack, map[string]bool{})
			case '[':
				stack = append(stack, nil)
			default:
				stack = stack[:len(stack)-1]
			}
			if len(stack) > maxDepth {
				return errors.New("deep")
			}
		case string:
			if name {
				seen := stack[len(stack)-1]
				if seen[fold([]byte(tok))] {
					return fmt.Errorf("%q twice", tok)
				}
				seen[fold([]byte(tok))] = true
				name = false
				continue
			}
		}
		name = len(stack) > 0 && stack[len(stack)-1] != nil
	}
}

// FuzzCheckJSON holds the scanner to the reading by tokens.
func FuzzCheckJSON(f *testing.F) {
	seedGolden(f)
	for _, s := range []string{`{"a":{"k":1,"\u212a":2}}`, `{"a\\":1,"A\u005c":2}`, `{"a":[{"b":"}\""},{"b":[]}]}`, `{"a":1]`, `{]}`, ` {} `, `{"a" "b"}`, `{"\q":1}`,
		`{"x":[1,"a","a"],"y":"a"}`, `{"\ud800":1,"\ufffd":2}`, manyFields(manyNames+3, ""), manyFields(manyNames+3, "F1")} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, want := checkJSON(data), byTokens(data)
		if got == nil {
			var v map[string]json.RawMessage
			got = json.Unmarshal(data, &v)
		}
		if (got == nil) != (want == nil) {
			t.Fatalf("%q: got %v, by tokens %v", data, got, want)
		}
	})
}

// manyFields is an object of n fields and one more.
func manyFields(n int, more string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range n {
		fmt.Fprintf(&b, "\"f%d\":{\"x\":%d},", i, i)
	}
	return b.String() + fmt.Sprintf("%q:1}", more)
}

// A name is found again however many stand before it, and a message full of
// names does not hold up who reads it.
func TestManyNames(t *testing.T) {
	for _, n := range []int{1, manyNames - 1, manyNames, manyNames + 1, 15_000} {
		began := time.Now()
		if err := checkJSON([]byte(manyFields(n, "other"))); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		for _, twice := range []string{"F0", fmt.Sprintf("F%d", n-1)} {
			if err := checkJSON([]byte(manyFields(n, twice))); err == nil || !strings.Contains(err.Error(), "twice") {
				t.Errorf("%d names and %s again: %v", n, twice, err)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%d names took %v", n, took)
		}
	}
}
