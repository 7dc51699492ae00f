package app

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Both README.md say each package that make run or make test may install.
func TestReadmesNameWhatIsInstalled(t *testing.T) {
	need, err := os.ReadFile("../../.ci/need")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^\s+want ([a-z0-9-]+) "`).FindAllSubmatch(need, -1)
	if len(wanted) < 10 {
		t.Fatalf("only %d packages found in .ci/need", len(wanted))
	}
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wanted {
			if !strings.Contains(string(text), string(w[1])) {
				t.Errorf("%s does not name %s", name, w[1])
			}
		}
	}
}
