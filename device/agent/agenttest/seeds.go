package agenttest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Soak tells whether the long forms of tests are asked for.
func Soak() bool { return os.Getenv("VILLAGECAST_SOAK") != "" }

// Seeds are those that a random test tries: VILLAGECAST_SEED=n alone, else 1 to
// short, or with VILLAGECAST_SOAK=1 so many as long that nobody has tried yet.
func Seeds(t testing.TB, short, long int) []uint64 {
	t.Helper()
	if text := os.Getenv("VILLAGECAST_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("VILLAGECAST_SEED is %q: use the number that a run printed", text)
		}
		return []uint64{seed}
	}
	first, n := uint64(1), short
	if Soak() {
		first, n = rand.Uint64N(1<<40), long
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = first + uint64(i)
	}
	t.Logf("seeds %d to %d; VILLAGECAST_SEED=n tries one alone", first, first+uint64(n)-1)
	return list
}
