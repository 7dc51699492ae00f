package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReliabilityNamesItsTests holds docs/reliability.md to the code: each
// requirement is there, each test that it names is in the room that it names,
// and the commands below a section run just these, with sound where they need it.
func TestReliabilityNamesItsTests(t *testing.T) {
	text, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n### ")[1:]
	var heads []string
	for _, s := range sections {
		head, body, _ := strings.Cut(s, "\n")
		heads = append(heads, head)
		if wrong := reliabilitySection(body); len(wrong) > 0 {
			t.Errorf("%s: %s", head, strings.Join(wrong, "; "))
		}
	}
	var want []string
	for n := 1; n <= 23; n++ {
		if n <= 18 || n >= 22 {
			want = append(want, fmt.Sprintf("R%d. ", n))
		}
	}
	for _, n := range []int{1, 2, 4, 5} {
		want = append(want, fmt.Sprintf("Promise %d. ", n))
	}
	for _, w := range want {
		if !slices.ContainsFunc(heads, func(h string) bool { return strings.HasPrefix(h, w) }) {
			t.Errorf("no section begins with %q", w)
		}
	}
}

var (
	heldRoom = regexp.MustCompile("`([a-z/]+)`: ((?:`Test\\w+`(?:, )?)+)")
	heldTest = regexp.MustCompile(`Test\w+`)
	showLine = regexp.MustCompile(`(?m)^go test( -tags alsa)? \./([a-z/]+) -run '\^\(([\w|]+)\)\$'$`)
)

// reliabilitySection tells what is wrong with one section.
func reliabilitySection(body string) (wrong []string) {
	_, held, found := strings.Cut(body, "\nHeld by ")
	held, commands, _ := strings.Cut(held, "\n\n")
	if !found {
		return []string{"it names no test"}
	}
	named := map[string]string{} // room → tests
	for _, m := range heldRoom.FindAllStringSubmatch(held, -1) {
		tests := heldTest.FindAllString(m[2], -1)
		named[m[1]] = strings.Join(tests, "|")
		for _, name := range tests {
			if !slices.Contains(testsOf(m[1], false), name) {
				wrong = append(wrong, fmt.Sprintf("there is no test %s in %s", name, m[1]))
			}
		}
	}
	shown := map[string]string{}
	for _, m := range showLine.FindAllStringSubmatch(commands, -1) {
		shown[m[2]] = m[3]
		for _, name := range strings.Split(m[3], "|") {
			if m[1] == "" && slices.Contains(testsOf(m[2], true), name) {
				wrong = append(wrong, fmt.Sprintf("%s needs -tags alsa", name))
			}
		}
	}
	if len(named) == 0 || len(named) != len(shown) {
		wrong = append(wrong, fmt.Sprintf("%d rooms are named and %d run", len(named), len(shown)))
	}
	for room, tests := range named {
		if shown[room] != tests {
			wrong = append(wrong, fmt.Sprintf("the command for %s runs %q, named are %q", room, shown[room], tests))
		}
	}
	return wrong
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

// testsOf are the tests of a room, or only those that are built with sound.
func testsOf(room string, sound bool) (names []string) {
	files, _ := filepath.Glob("../../" + room + "/*_test.go")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		head, _, _ := strings.Cut(string(text), "\npackage ")
		if sound && !strings.Contains(head, "alsa") {
			continue
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}
