package faultnet

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Random is chance for a test whose faults are drawn: the same for a test each
// time, so that a change and not the dice makes it fail, and another each time in
// the long forms. It prints the seed, by which a run can be repeated:
// VILLAGECAST_SEED=n.
func Random(t testing.TB) *rand.Rand {
	t.Helper()
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name())) // never fails
	seed := name.Sum64()
	if Soak() {
		seed = rand.Uint64() // not of the clock, which stands still where a bubble begins
	}
	if text := os.Getenv("VILLAGECAST_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("VILLAGECAST_SEED is %q: use the number that a run printed", text)
		}
		seed = n
	}
	t.Logf("seed %d: repeat with VILLAGECAST_SEED=%d", seed, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// Soak tells whether the long forms of tests are wanted.
func Soak() bool { return os.Getenv("VILLAGECAST_SOAK") != "" }
