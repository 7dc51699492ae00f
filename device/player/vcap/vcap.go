// Package vcap is a sound card for tests: an ALSA device without hardware that
// consumes at real time, keeps every sample and knows when each one sounded.
// It needs gcc and ALSA's headers (libasound2-dev), nothing else: no daemon, no
// kernel module, no root. Only tests import it.
//
// A program plays on it when Card.Env stands in its environment before it
// first opens ALSA, so a test usually starts itself again as a child.
package vcap

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

//go:embed testdata/pcm_vcap.c
var plugin []byte

// Card is one virtual card, at first plugged in.
type Card struct{ dir string }

// New builds a card in a temporary directory of the test's.
func New(t testing.TB) *Card {
	t.Helper()
	c, err := Build(t.TempDir())
	if err != nil {
		t.Fatalf("%v (Debian: apt-get install gcc libasound2-dev)", err)
	}
	return c
}

// Build builds a card in dir, which must be empty.
func Build(dir string) (*Card, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("build virtual sound card: %w", err)
	}
	c := &Card{dir: dir}
	if err := os.WriteFile(c.path("pcm_vcap.c"), plugin, 0o644); err != nil {
		return nil, fmt.Errorf("build virtual sound card: %w", err)
	}
	lib := c.path("libasound_module_pcm_vcap.so")
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-DPIC", "-o", lib, c.path("pcm_vcap.c"), "-lasound").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build virtual sound card: %w: %s", err, out)
	}
	conf := fmt.Sprintf("pcm_type.vcap { lib %q }\npcm.!default { type vcap raw %q log %q gone %q stall %q race %q }\n",
		lib, c.path("out.raw"), c.path("out.log"), c.path("GONE"), c.path("STALL"), c.path("RACE"))
	if err := os.WriteFile(c.path("asound.conf"), []byte(conf), 0o644); err != nil {
		return nil, fmt.Errorf("build virtual sound card: %w", err)
	}
	return c, nil
}

func (c *Card) path(name string) string { return filepath.Join(c.dir, name) }

// Env is the setting, NAME=value, that makes the card a program's default one
// and hides every other.
func (c *Card) Env() string { return "ALSA_CONFIG_PATH=" + c.path("asound.conf") }

// Unplug takes the card away: what plays on it fails, and it cannot be opened.
func (c *Card) Unplug() error { return os.WriteFile(c.path("GONE"), nil, 0o644) }

// Plug brings it back; the capture goes on in the same file.
func (c *Card) Plug() error { return os.Remove(c.path("GONE")) }

// Stall lets the card stand still: writing to it blocks, and says nothing.
func (c *Card) Stall() error { return os.WriteFile(c.path("STALL"), nil, 0o644) }

// Move lets it go on where it stood.
func (c *Card) Move() error { return os.Remove(c.path("STALL")) }

// Race lets the card swallow at once whatever is written, as one behind which
// nothing sounds.
func (c *Card) Race() error { return os.WriteFile(c.path("RACE"), nil, 0o644) }

// Pace brings it back to real time.
func (c *Card) Pace() error { return os.Remove(c.path("RACE")) }

// Written is how many bytes of samples the card has taken; loud tells whether any
// of the last n is not silence. It does not read the whole capture.
func (c *Card) Written(n int64) (written int64, loud bool, err error) {
	f, err := os.Open(c.path("out.raw"))
	if err != nil {
		return 0, false, fmt.Errorf("look at capture: %w", err)
	}
	defer f.Close()
	if written, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, false, fmt.Errorf("look at capture: %w", err)
	}
	tail := make([]byte, min(n, written))
	if _, err := f.ReadAt(tail, written-int64(len(tail))); err != nil {
		return 0, false, fmt.Errorf("look at capture: %w", err)
	}
	return written, slices.ContainsFunc(tail, func(b byte) bool { return b != 0 }), nil
}

// Sweep is a test sound of n frames at rate: a tone that rises from 1 to 16 kHz
// every ten seconds with a little noise, so that it is unlike itself at every
// place, loud from its first frames, and another one for each seed.
func Sweep(n, rate int, seed uint64) []float32 {
	f := make([]float32, n)
	noise := rand.New(rand.NewPCG(seed, 1))
	k := math.Log(16)
	for i := range f {
		t := math.Mod(float64(i)/float64(rate)/10, 1)
		f[i] = float32(0.3*math.Cos(2*math.Pi*10_000/k*(math.Exp(t*k)-1)) + 0.1*(noise.Float64()-0.5))
	}
	return f
}
