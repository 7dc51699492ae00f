package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/scheduler/watch"
)

// diary writes down what the watch says, by seconds since the start.
type diary struct {
	mu    sync.Mutex
	start time.Time
	lines []string
	fail  int // that many calls fail
	// stall is how long the next sweep takes.
	stall time.Duration
}

func (d *diary) note(now time.Time, what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail > 0 {
		d.fail--
		return errors.New("the disk is full")
	}
	d.lines = append(d.lines, fmt.Sprintf("%v %s", now.Sub(d.start), what))
	return nil
}

func (d *diary) Watch(_ context.Context, now time.Time) error { return d.note(now, "watch") }
func (d *diary) Unwatch(_ context.Context, now time.Time, why string) error {
	return d.note(now, "unwatch: "+why)
}
func (d *diary) Sweep(_ context.Context, now time.Time) error {
	d.mu.Lock()
	stall := d.stall
	d.stall = 0
	d.mu.Unlock()
	time.Sleep(stall)
	return d.note(now, "sweep")
}

func run(t *testing.T, fail int, story func(w *watch.Watch)) []string {
	t.Helper()
	return runWith(t, &diary{}, fail, story)
}

func runWith(t *testing.T, d *diary, fail int, story func(w *watch.Watch)) []string {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d.start, d.fail = time.Now(), fail
		w, err := watch.New(watch.Options{Judge: d})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { w.Run(ctx) })
		synctest.Wait()
		story(w)
		synctest.Wait()
		stop()
		wg.Wait()
	})
	return d.lines
}

func TestSweepsOnlyWhileTheLinkIsUp(t *testing.T) {
	got := run(t, 0, func(w *watch.Watch) {
		time.Sleep(11 * time.Second) // two ticks without a link: nobody is judged
		w.Link(true, time.Now(), "")
		time.Sleep(10 * time.Second)
		w.Link(false, time.Now(), "the broker is gone")
		time.Sleep(60 * time.Second)
		w.Link(true, time.Now(), "")
		time.Sleep(5 * time.Second)
	})
	want := []string{
		"0s unwatch: the centre starts", "11s watch", "15s sweep", "20s sweep", "21s unwatch: the broker is gone",
		"1m21s watch", "1m25s sweep", "1m26s unwatch: the centre stops",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAStateThatCouldNotBeToldIsToldAgain(t *testing.T) {
	got := run(t, 2, func(w *watch.Watch) {
		time.Sleep(time.Second)
		w.Link(true, time.Now(), "") // fails too
		time.Sleep(9500 * time.Millisecond)
	})
	want := []string{"1s watch", "10s sweep", "10.5s unwatch: the centre stops"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTimeAsleepIsNotWatched stops the centre for ten minutes, as SIGSTOP or a
// machine's sleep does.
func TestTimeAsleepIsNotWatched(t *testing.T) {
	d := &diary{}
	got := runWith(t, d, 0, func(w *watch.Watch) {
		w.Link(true, time.Now(), "")
		time.Sleep(6 * time.Second)
		d.mu.Lock()
		d.stall = 10 * time.Minute
		d.mu.Unlock()
		time.Sleep(10*time.Minute + 11*time.Second)
	})
	// The tick that waited is from the beginning of the stop.
	want := []string{"0s unwatch: the centre starts", "0s watch", "5s sweep", "10s sweep", "15s sweep", "15s unwatch: " + watch.WhyAsleep, "10m15s watch"}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAsleep(t *testing.T) {
	awake := time.Now()
	for _, c := range []struct {
		name string
		now  time.Time
		want bool
	}{
		{"the next sweep", awake.Add(5 * time.Second), false},
		{"a slow one", awake.Add(25 * time.Second), false},
		{"the process was stopped", awake.Add(time.Minute), true},
		// Without the monotonic reading that this process shares with awake,
		// as after a sleep, only the wall clock tells.
		{"the machine slept", awake.Round(0).Add(14 * time.Hour), true},
		{"the clock was set back", awake.Round(0).Add(-time.Hour), true},
		{"the clock was trimmed", awake.Round(0).Add(4 * time.Second), false},
	} {
		if got := watch.Asleep(awake, c.now); got != c.want {
			t.Errorf("%s: asleep %v", c.name, got)
		}
	}
}

func TestNeedsAJudge(t *testing.T) {
	if _, err := watch.New(watch.Options{}); err == nil {
		t.Error("a watch without a judge was made")
	}
}
