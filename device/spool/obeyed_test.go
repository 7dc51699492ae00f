package spool_test

import (
	"fmt"
	"testing"

	"github.com/villagecast/villagecast/device/spool"
)

// A command is obeyed once: after duplicates, restarts and a power cut, and
// after so many others that the ledger has forgotten its name.
func TestObeyOnce(t *testing.T) {
	disk := spool.Memory()
	s := spool.Open(disk)
	obey := func(id string, revision uint64, want bool) {
		t.Helper()
		if got, err := s.Obey(id, revision); got != want || err != nil {
			t.Errorf("%s of %d: %v, %v; want %v", id, revision, got, err, want)
		}
	}
	obey("first", 1000, true)
	obey("first", 1000, false)
	disk = disk.Cut(0) // synced before it was obeyed
	s = spool.Open(disk)
	obey("first", 1000, false)
	for i := range uint64(600) {
		obey(fmt.Sprint("c", i), 2000+i, true)
	}
	obey("first", 1000, false)
	obey("late", 1500, false) // never seen, and older than what is remembered
	obey("c599", 2599, false)
	obey("new", 3000, true)
}
