package fleet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

func TestTheCentreSaysThatItIsThere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		time.Sleep(time.Second)
		last := func() wire.Centre {
			states := u.heard(wire.CentreTopic)
			if len(states) == 0 {
				t.Fatal("the unit never heard of the centre")
			}
			c, err := wire.Decode[wire.Centre](states[len(states)-1])
			if err != nil {
				t.Error(err)
			}
			return c
		}
		if !last().Online {
			t.Error("a unit hears that the centre is gone while it is there")
		}
		w.stop()
		synctest.Wait()
		if last().Online {
			t.Error("the centre has stopped, and a unit does not hear it")
		}
		w.startFleet()
		time.Sleep(time.Second)
		if !last().Online {
			t.Error("the centre is back, and a unit does not hear it")
		}
	})
}

func TestBackoffGrowsToItsCeiling(t *testing.T) {
	for _, tt := range []struct {
		n    int
		r    float64
		want time.Duration
	}{
		{1, 0, 0}, {1, 0.5, 100 * time.Millisecond}, {2, 0.5, 200 * time.Millisecond}, {5, 0.5, 1600 * time.Millisecond},
		{6, 0.5, 3200 * time.Millisecond}, {7, 0.5, 5 * time.Second}, {1000, 0.999, 9990 * time.Millisecond},
	} {
		if got := fleet.Backoff(tt.n, tt.r); got != tt.want {
			t.Errorf("attempt %d at %v: %v, want %v", tt.n, tt.r, got, tt.want)
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	good := options(newBook(), nil, nil)
	for _, url := range []string{"", "broker", "http://broker:1883", "tcp://"} {
		o := good
		o.URL = url
		if _, err := fleet.New(o); err == nil {
			t.Errorf("the URL %q was taken", url)
		}
	}
	o := good
	o.URL, o.User = "tcp://broker:1883", ""
	if _, err := fleet.New(o); err == nil {
		t.Error("no user was taken")
	}
}
