package agenttest

import (
	"os"
	"strconv"
	"testing"
)

// Soak tells whether the long forms of tests are asked for.
func Soak() bool { return os.Getenv("VILLAGECAST_SOAK") != "" }

// Seeds are those that a random test tries: VILLAGECAST_SEED=n alone, else 1 to
// short, or to long with VILLAGECAST_SOAK=1.
func Seeds(t testing.TB, short, long int) []uint64 {
	t.Helper()
	if text := os.Getenv("VILLAGECAST_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	if Soak() {
		short = long
	}
	list := make([]uint64, short)
	for i := range list {
		list[i] = uint64(i + 1)
	}
	t.Logf("seeds 1 to %d; VILLAGECAST_SEED=n tries one alone", short)
	return list
}
