package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	promisedIn = regexp.MustCompile("`([a-z./]+)`: ((?:`(?:Test|Fuzz)\\w+`(?:, )?)+)")
	promisedBy = regexp.MustCompile(`(?:Test|Fuzz)\w+`)
)

// TestSecurityNamesItsTests holds SECURITY.md to the code: every promise names a
// test, and each test that it names is in the room that it names.
func TestSecurityNamesItsTests(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, promised, _ := strings.Cut(string(text), "\n## What is promised\n")
	promised, _, found := strings.Cut(promised, "\n## ")
	if !found {
		t.Fatal("SECURITY.md has no section of what is promised")
	}
	rows := 0
	for _, row := range strings.Split(promised, "\n") {
		named := promisedIn.FindAllStringSubmatch(row, -1)
		if strings.HasPrefix(row, "| ") && !strings.HasPrefix(row, "| ---") && row != "| promise | test |" {
			rows++
			if len(named) == 0 {
				t.Errorf("no test holds this: %s", row)
			}
		}
		for _, m := range named {
			for _, name := range promisedBy.FindAllString(m[2], -1) {
				if !exists(m[1], name) {
					t.Errorf("there is no test %s in %s", name, m[1])
				}
			}
		}
	}
	if rows < 30 {
		t.Errorf("only %d promises were read", rows)
	}
}

// exists tells whether a room has a test; fuzz targets may be anywhere, since
// .ci/fuzz runs them all.
func exists(room, name string) bool {
	if !strings.HasPrefix(name, "Fuzz") {
		return slices.Contains(testsOf(room, false), name)
	}
	for _, top := range []string{"device", "media", "scheduler", "configs"} {
		found := false
		_ = filepath.WalkDir("../../"+top, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, "_test.go") && !found {
				text, err := os.ReadFile(path)
				found = err == nil && strings.Contains(string(text), "\nfunc "+name+"(f *testing.F)")
			}
			return nil
		})
		if found {
			return true
		}
	}
	return false
}
