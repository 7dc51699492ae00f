package app_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/villagecast/villagecast/"

// room is what `go list` tells of one package.
type room struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// rooms lists packages of the project as they are with sound, test files apart.
func rooms(t *testing.T, args ...string) []room {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"list", "-tags", "alsa", "-json=ImportPath,Dir,GoFiles,Imports,Deps"}, args...)...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []room
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var r room
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func short(path string) string { return strings.TrimPrefix(path, module) }

// TestDirections holds the directions of ARCHITECTURE.md: which room may import which.
func TestDirections(t *testing.T) {
	for _, r := range rooms(t, "./...") {
		from := short(r.ImportPath)
		for _, to := range r.Imports {
			if !strings.HasPrefix(to, module) {
				continue
			}
			if why := forbidden(from, short(to)); why != "" {
				t.Errorf("%s imports %s: %s", from, short(to), why)
			}
		}
	}
	for from, to := range map[string]string{ // the rules themselves can fail
		"device/player":                  "scheduler",
		"media/audio":                    "device/wire",
		"scheduler/store":                "scheduler/fleet",
		"scheduler/client":               "scheduler/api",
		"scheduler":                      "scheduler/store",
		"device/wire":                    "media",
		"device/timetable":               "device/spool",
		"device/timetable/timetabletest": "device/timetable",
		"scheduler/app":                  "cmd/villagecast",
	} {
		if forbidden(from, to) == "" {
			t.Errorf("%s may import %s", from, to)
		}
	}
}

// meets are the rooms of scheduler that another room of scheduler may import:
// the domain itself is no room in this sense.
var meets = map[string][]string{
	"scheduler/api":     {"scheduler/client"}, // request and answer types stand in client
	"scheduler/console": {"scheduler/client"}, // the pages show those types
}

func forbidden(from, to string) string {
	switch {
	case within(from, "device") || within(from, "media"):
		if within(to, "scheduler") {
			return "nothing under device or media imports scheduler"
		}
	}
	if within(from, "media") && within(to, "device") {
		return "media knows nothing of devices"
	}
	if strings.HasPrefix(from, "scheduler/") && from != "scheduler/app" && strings.HasPrefix(to, "scheduler/") {
		if top(from) == top(to) || slices.Contains(meets[from], to) {
			return ""
		}
		return "the rooms of scheduler meet only in app"
	}
	if from == "scheduler" && strings.HasPrefix(to, "scheduler/") {
		return "the domain imports no adapter"
	}
	if from == "device/wire" {
		return "the treaty stands on the standard library alone"
	}
	if from == "device/timetable/timetabletest" && to != "device/wire" {
		return "the oracle shares nothing with what it judges but the treaty"
	}
	if from == "device/timetable" && to != "device/wire" {
		return "the timetable stands on the treaty alone"
	}
	if strings.HasPrefix(to, "cmd/") && !within(to, from) && !(strings.HasPrefix(from, "cmd/") && strings.HasPrefix(to, "cmd/internal/")) {
		return "nothing imports a command"
	}
	return ""
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// top is the first two folders of a path: a room and what stands in it.
func top(path string) string {
	parts := strings.SplitN(path, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// TestPureRooms holds that the treaty, the timetable and the domain read no
// clock and do no input or output.
func TestPureRooms(t *testing.T) {
	io := []string{"os", "os/exec", "net", "net/http", "io/fs", "io/ioutil", "database/sql", "log", "log/slog", "syscall"}
	for _, r := range rooms(t, "./device/wire", "./device/timetable", "./scheduler") {
		for _, to := range r.Imports {
			if slices.Contains(io, to) {
				t.Errorf("%s imports %s: it does no input or output", short(r.ImportPath), to)
			}
		}
		for _, f := range r.GoFiles {
			for _, at := range clockReads(t, filepath.Join(r.Dir, f)) {
				t.Errorf("%s reads the clock: time comes in as an argument", at)
			}
		}
	}
}

// clockReads finds uses of time.Now and its kin in a file.
func clockReads(t *testing.T, file string) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && pkg.Obj == nil && slices.Contains(clock, sel.Sel.Name) {
			pos := fset.Position(sel.Pos())
			found = append(found, fmt.Sprintf("%s:%d", filepath.Base(pos.Filename), pos.Line))
		}
		return true
	})
	return found
}

// TestAgentIsLight holds that the agent links no SQL, no templates and no broker.
func TestAgentIsLight(t *testing.T) {
	heavy := []string{"database/sql", "text/template", "html/template"}
	for _, r := range rooms(t, "./cmd/villagecast-agent") {
		for _, dep := range r.Deps {
			switch {
			case slices.Contains(heavy, dep),
				strings.HasPrefix(dep, "github.com/mochi-mqtt/"),
				strings.HasPrefix(dep, "github.com/ncruces/"),
				strings.HasPrefix(dep, module+"scheduler"):
				t.Errorf("the agent links %s: it stands on cheap boards", dep)
			}
		}
	}
}

// TestOtoInOneFile holds that exactly one file of the programs imports the sound
// library. Tests and testdata are no part of them: the benches measure that library
// alone, beside ours.
func TestOtoInOneFile(t *testing.T) {
	var files []string
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			if p, _ := strconv.Unquote(imp.Path.Value); strings.HasPrefix(p, "github.com/hajimehoshi/oto") {
				files = append(files, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 {
		t.Errorf("the sound library is imported in %v: it belongs in exactly one file", files)
	}
}
