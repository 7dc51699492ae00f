package airtime

import (
	"os"
	"path/filepath"
	"testing"
)

func TestClockChips(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if hasChip(dir) {
		t.Error("a chip in an empty directory")
	}
	put("rtc0/hctosys", "1")
	put("rtc0/since_epoch", "4711") // no battery: it began at 1970
	put("rtc1/hctosys", "0")
	put("rtc1/since_epoch", "1795480000") // nobody took the time from it
	if hasChip(dir) {
		t.Error("a chip that gave no time counts")
	}
	put("rtc0/since_epoch", "1795480000")
	if !hasChip(dir) {
		t.Error("the chip is not found")
	}
}
