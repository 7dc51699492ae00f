package airtime

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// noon is the true time at which every story begins.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// world is a board and the truth around it. ppm is what its oscillator is off
// by, which its system clock and its elapsed time both run on.
type world struct {
	t       *testing.T
	truth   time.Duration // since noon
	ppm     float64
	system  time.Duration // what the system's clock is ahead, besides its drift
	ntp     bool
	chip    bool
	boot    string
	started time.Duration // truth at the board's boot
}

func (w *world) elapsed() time.Duration {
	d := w.truth - w.started
	return d + time.Duration(float64(d)*w.ppm*1e-6)
}

func (w *world) board() System {
	return System{
		Now:     func() time.Time { return noon.Add(w.started + w.elapsed() + w.system) },
		Elapsed: w.elapsed, Boot: w.boot, Chip: w.chip,
		Synced: func() (time.Duration, bool) { return 20 * time.Millisecond, w.ntp },
	}
}

func (w *world) now() time.Time { return noon.Add(w.truth) }

func (w *world) sleep(d time.Duration) { w.truth += d }

// answer asks a centre whose clock is ahead by off; the way takes so long.
func (w *world) answer(off, way time.Duration) Sample {
	s := Sample{Asked: w.elapsed()}
	w.sleep(way / 2)
	s.At = w.now().Add(off).Truncate(time.Millisecond)
	w.sleep(way - way/2)
	s.Answered = w.elapsed()
	return s
}

// right checks that air time is the truth within what the clock states.
func (w *world) right(c *Clock) {
	w.t.Helper()
	if !c.Trusted() {
		w.t.Fatalf("after %v the clock is not trusted", w.truth)
	}
	if off := c.Now().Sub(w.now()); off.Abs() > c.Uncertainty() {
		w.t.Fatalf("after %v air time is off by %v, and states %v", w.truth, off, c.Uncertainty())
	}
}

func TestWhatMakesAClockTrusted(t *testing.T) {
	cases := []struct {
		name  string
		world world
		kept  Kept
		floor time.Time
		want  string
		why   string
	}{
		{"nothing", world{}, Kept{}, time.Time{}, wire.ClockUntrusted, WhyNoChip},
		{"a time service", world{ntp: true}, Kept{}, time.Time{}, wire.ClockTrusted, ""},
		{"a time service behind the floor", world{ntp: true, system: -time.Hour}, Kept{}, noon, wire.ClockUntrusted, WhyBehind},
		{"a chip never compared", world{chip: true}, Kept{}, time.Time{}, wire.ClockUncertain, ""},
		{"a chip compared a day ago", world{chip: true}, Kept{Source: SourceCentre, At: noon.AddDate(0, 0, -1), Within: time.Second}, time.Time{}, wire.ClockTrusted, ""},
		{"a chip compared a month ago", world{chip: true}, Kept{Source: SourceCentre, At: noon.AddDate(0, -1, 0), Within: time.Second}, time.Time{}, wire.ClockUncertain, ""},
		{"a chip whose battery is empty", world{chip: true, system: -56 * 365 * 24 * time.Hour}, Kept{}, time.Time{}, wire.ClockUntrusted, WhyBehind},
		{"a chip behind what was proved", world{chip: true, system: -time.Hour}, Kept{Source: SourceCentre, At: noon, Within: time.Second}, noon, wire.ClockUntrusted, WhyBehind},
		{"the same boot, system clock set to anything", world{boot: "b", started: -time.Hour, system: time.Hour}, Kept{Source: SourceCentre, At: noon, Elapsed: time.Hour, Boot: "b", Within: time.Second}, noon, wire.ClockTrusted, ""},
		{"another boot", world{boot: "c"}, Kept{Source: SourceCentre, At: noon, Boot: "b", Within: time.Second}, noon, wire.ClockUntrusted, WhyNoChip},
		{"a card that says nonsense", world{boot: "b"}, Kept{Source: "x", At: noon, Boot: "b"}, time.Time{}, wire.ClockUntrusted, WhyNoChip},
	}
	for _, x := range cases {
		w := x.world
		w.t = t
		c := New(w.board(), x.kept, x.floor)
		if got := c.State(); got.State != x.want || c.Why() != x.why {
			t.Errorf("%s: %+v, why %q; want %s, %q", x.name, got, c.Why(), x.want, x.why)
		}
		if x.want != wire.ClockUntrusted {
			w.right(c)
		}
	}
}

// Whatever happens to the system's clock, to the drift and to the network, air
// time is right within what it states, and goes on without a step where the
// centre says nothing else.
func TestStatedUncertaintyHolds(t *testing.T) {
	seed, runs := uint64(1), 200
	if os.Getenv("VILLAGECAST_SOAK") != "" {
		seed, runs = uint64(time.Now().UnixNano()), 20000
	}
	if s, err := strconv.ParseUint(os.Getenv("VILLAGECAST_SEED"), 10, 64); err == nil {
		seed = s
	}
	for run := range runs {
		random := rand.New(rand.NewPCG(seed, uint64(run)))
		w := &world{t: t, ppm: random.Float64()*200 - 100, system: time.Duration(random.Int64N(int64(96*time.Hour))) - 48*time.Hour, boot: "b"}
		c := New(w.board(), Kept{}, time.Time{})
		if c.Trusted() {
			t.Fatal("trusted by nothing")
		}
		for range 300 {
			before := c.Now()
			switch random.IntN(5) {
			case 0:
				c.Learn(w.answer(0, time.Duration(random.Int64N(int64(5*time.Second)))))
				c.Settle(random.IntN(2) == 0)
			case 1: // anybody sets the system's clock
				trusted := c.Trusted()
				w.system = time.Duration(random.Int64N(int64(96*time.Hour))) - 48*time.Hour
				if d := c.Now().Sub(before); trusted && d != 0 {
					t.Fatalf("seed %d run %d: the system's clock moved air time by %v", seed, run, d)
				}
			case 2: // the process is started anew
				kept, _ := c.Keep()
				raw, err := json.Marshal(kept)
				var again Kept
				if err == nil {
					err = json.Unmarshal(raw, &again)
				}
				if err != nil {
					t.Fatal(err)
				}
				trusted := c.Trusted()
				if c = New(w.board(), again, c.Floor()); c.Trusted() != trusted {
					t.Fatalf("seed %d run %d: trusted %v, after a new start %v", seed, run, trusted, c.Trusted())
				}
			default:
				w.sleep(time.Duration(random.Int64N(int64(12 * time.Hour))))
			}
			if !c.Trusted() {
				if c.Now().After(w.now()) {
					t.Fatalf("seed %d run %d: the lower bound is after the truth", seed, run)
				}
				continue
			}
			if off := c.Now().Sub(w.now()); off.Abs() > c.Uncertainty() {
				t.Fatalf("seed %d run %d after %v: off by %v, states %v (%+v)", seed, run, w.truth, off, c.Uncertainty(), c.State())
			}
		}
	}
	t.Logf("seed %d: %d runs", seed, runs)
}

func TestCorrectionWaitsForSilence(t *testing.T) {
	for _, off := range []time.Duration{3 * time.Second, -3 * time.Second} {
		w := &world{t: t}
		c := New(w.board(), Kept{}, time.Time{})
		c.Learn(w.answer(off, 0))
		c.Learn(w.answer(off+150*time.Millisecond, 0)) // small: at once
		if d := c.Now().Sub(w.now()); d != off+150*time.Millisecond {
			t.Fatalf("a small correction did not happen at once: ahead by %v", d)
		}
		c.Learn(w.answer(0, 0))
		w.sleep(time.Minute)
		if !c.Waits() || c.Settle(true) != 0 {
			t.Error("a correction that can be heard does not wait while something sounds")
		}
		w.right(c)
		if moved := c.Settle(false); moved != -off-150*time.Millisecond {
			t.Errorf("moved by %v, want %v", moved, -off-150*time.Millisecond)
		}
		w.right(c)
		c.Learn(w.answer(off, 0))
		if w.sleep(patience); c.Settle(true) != off {
			t.Error("what sounds on and on holds a correction up for ever")
		}
	}
}

// A centre whose clock is wrong by a year neither moves a county that knows
// better nor silences one that does not for good.
func TestCentreWithAWrongYear(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, off := range []time.Duration{year, -year, 2 * time.Hour, -2 * time.Hour} {
		w := &world{t: t}
		c := New(w.board(), Kept{}, noon.AddDate(0, 0, -1))
		c.Learn(w.answer(0, 0))
		floor := c.Floor()
		for range 12 { // an hour of it
			if c.Learn(w.answer(off, 0)) || c.Differs() == 0 {
				t.Fatalf("%v: believed at once", off)
			}
			c.Saw(w.now().Add(off))
			w.sleep(5 * time.Minute)
			w.right(c)
		}
		if c.Floor().After(w.now().Add(time.Second)) || c.Floor().Before(floor) {
			t.Errorf("%v: the floor went along, to %v", off, c.Floor())
		}
		if !c.Learn(w.answer(0, 0)) || c.Differs() != 0 {
			t.Errorf("%v: the centre is right again and is not believed", off)
		}
		// One that insists is followed: it is the county's clock.
		for range 6*12 + 1 {
			c.Learn(w.answer(off, 0))
			w.sleep(5 * time.Minute)
		}
		c.Settle(false)
		if d := c.Now().Sub(w.now()) - off; d.Abs() > time.Second {
			t.Errorf("%v: after six hours air time is still %v away", off, d)
		}
		// And back, over a power cut: below the floor, and yet not for good.
		kept, _ := c.Keep()
		w.started, w.boot = w.truth, "another"
		c = New(w.board(), kept, c.Floor())
		silent := time.Duration(0)
		for ; silent < 24*time.Hour && !c.Learn(w.answer(0, 0)); silent += 5 * time.Minute {
			w.sleep(5 * time.Minute)
		}
		if w.right(c); silent > insisted+10*time.Minute {
			t.Errorf("%v: silent for %v", off, silent)
		}
	}
}

// Signed times do not silence a unit: what a wrong centre signed ahead is only
// a hint to a clock that cannot judge, and a fresh answer outranks it.
func TestSignedTimesAhead(t *testing.T) {
	w := &world{t: t}
	c := New(w.board(), Kept{}, noon.AddDate(0, 0, -1))
	if c.Saw(noon.AddDate(1, 0, 0)); !c.Bottom().Equal(noon.AddDate(1, 0, 0)) {
		t.Errorf("bottom is %v", c.Bottom())
	}
	if !c.Learn(w.answer(0, 0)) {
		t.Error("a fresh answer is not believed against a revision")
	}
	w.right(c)
	if c.Believe(time.Minute); c.State().Source != SourceCentre {
		t.Error("the system is believed although the centre has spoken")
	}
}

func TestBestSample(t *testing.T) {
	w := &world{t: t}
	var list []Sample
	for _, way := range []time.Duration{900, 40, 700} {
		list = append(list, w.answer(0, way*time.Millisecond))
	}
	best, ok := Best(list)
	if !ok || best.round() != 40*time.Millisecond {
		t.Errorf("best took %v", best.round())
	}
	if _, ok := Best(nil); ok {
		t.Error("the best of nothing")
	}
	c := New(w.board(), Kept{}, time.Time{})
	c.Learn(best)
	w.right(c)
	if u := c.Uncertainty(); u > 22*time.Millisecond {
		t.Errorf("states %v", u)
	}
}

func TestTimeServiceGoes(t *testing.T) {
	w := &world{t: t, ntp: true, ppm: 100}
	c := New(w.board(), Kept{}, time.Time{})
	w.sleep(time.Hour)
	w.system = -w.elapsed() + w.truth // as a time service keeps it
	c.Poll()
	w.right(c)
	if c.Learn(w.answer(time.Hour, 0)); c.Differs() == 0 {
		t.Error("a centre an hour ahead of a time service is not reported")
	}
	w.right(c)
	w.ntp = false
	w.sleep(30 * 24 * time.Hour)
	w.right(c)
	if s := c.State(); s.State != wire.ClockUncertain || s.Uncertainty < 259_000 || s.Age < 30*24*3600 {
		t.Errorf("after a month: %+v", s)
	}
}

// The board that tests run on must at least be read without an error.
func TestBoard(t *testing.T) {
	b := Board()
	b.fill()
	before := b.Elapsed()
	if b.Now().IsZero() || b.Elapsed() < before {
		t.Error("a board without time")
	}
	within, ok := b.Synced()
	t.Logf("boot %q, chip %v, time service %v within %v", b.Boot, b.Chip, ok, within)
}
