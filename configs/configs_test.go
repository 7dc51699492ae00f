package configs

import (
	"errors"
	"strings"
	"testing"
)

type shelf struct {
	Name  string   `json:"name"`
	Rows  int      `json:"rows,omitempty"`
	High  float64  `json:"high"`
	Glass bool     `json:"glass"`
	Tags  []string `json:"tags"`
	Books []book   `json:"books"`
	Lock  *lock    `json:"lock,omitempty"`
}

type book struct {
	Size  `yaml:",inline"`
	Title string `json:"title"`
	Lock  *lock  `json:"lock"`
}

type Size struct {
	Pages int `json:"pages"`
}

type lock struct {
	Password string `json:"password"`
}

func TestDecode(t *testing.T) {
	var s shelf
	text := "name: 1984\nrows: 3\nhigh: 2\nglass: true\ntags: [a]\nbooks:\n  - {title: one, lock: {password: x}}\n  - title: two\nlock:\n"
	if err := Decode([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if s.Name != "1984" || s.Rows != 3 || s.High != 2 || !s.Glass || len(s.Books) != 2 || s.Books[0].Lock.Password != "x" {
		t.Errorf("%+v", s)
	}
}

func TestFaultsAreNamed(t *testing.T) {
	for text, want := range map[string][2]string{
		"nmae: x":                            {"nmae", `unknown key "nmae": did you mean "name"?`},
		"books: [{title: a}, {titel: b}]":    {"books[1].titel", `unknown key "titel" in books[1]: did you mean "title"?`},
		"books: [{lock: {pasword: s3cr3t}}]": {"books[0].lock.pasword", `unknown key "pasword" in books[0].lock: did you mean "password"?`},
		"password: s3cr3t":                   {"password", `unknown key "password": it belongs under books[].lock or under lock; here known are books, glass, high, lock, name, rows, tags`},
		"lock: {name: x}":                    {"lock.name", `unknown key "name" in lock: it belongs at the top of the file; here known are password`},
		"lock: {zzz: 1}":                     {"lock.zzz", `unknown key "zzz" in lock: known are password`},
		"rows: many":                         {"rows", "rows: want a whole number"},
		"rows: 1.5":                          {"rows", "rows: want a whole number"},
		"high: tall":                         {"high", "high: want a number"},
		"glass: perhaps":                     {"glass", "glass: want true or false"},
		"tags: a":                            {"tags", "tags: want a list"},
		"name: [a]":                          {"name", "name: want a text"},
		"books: [{title: {a: b}}]":           {"books[0].title", "books[0].title: want a text"},
		"lock: s3cr3t":                       {"lock", "lock: want keys with values"},
		"- a":                                {"the file", "the file: want keys with values"},
		"lock: {password: s3cr3t}\nrows: [":  {"", "sequence end token"},
		"lock: {password: s3cr3t}\nname: a\nname: two": {"", `"name" already defined`},
	} {
		err := Decode([]byte(text), &shelf{})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Field != want[0] || !strings.Contains(e.Message, want[1]) {
			t.Errorf("%q: %v\nwant %q at %q", text, err, want[1], want[0])
		}
		if ok && strings.Contains(e.Message, "s3cr3t") {
			t.Errorf("says a password back: %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: x\nbooks: [{title: y, pages: 5}]\nlock: {password: z}"))
	f.Add([]byte(`{"rows": 3, "tags": null}`))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := Decode(text, &shelf{}); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
