package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/store"
)

// TestAValleysPowerReturns (R10) lets all units of a county lose their links at
// once and come back within the jitter of their backoff, each with a stretch to
// prove. In its short form 500 units come within 3 s, as densely as 5,000 do
// within the 30 s that agents really take; the long form is those 5,000.
func TestAValleysPowerReturns(t *testing.T) {
	units, jitter := 500, 3*time.Second
	if faultnet.Soak() {
		units, jitter = 5000, 30*time.Second
	}
	t.Logf("%d units", units)
	r := faultnet.Random(t)
	c := &county{t: t, secrets: map[string]string{}, sessions: map[string]uint64{}}
	c.options = app.Options{Data: t.TempDir(), HTTP: httpAddress, MQTT: mqttAddress, Listen: c.ports.listen, Logger: slog.New(slog.DiscardHandler)}
	c.start()
	defer func() {
		for _, d := range c.devices {
			d.off()
		}
		c.stop()
	}()
	c.area("county", "")
	c.area("liushu", "county")
	var list []scheduler.Unit
	for i := range units {
		list = append(list, scheduler.Unit{ID: fmt.Sprintf("u%04d", i), Area: "liushu", State: scheduler.UnitInstalled, Outputs: []wire.Output{wire.OutputSound}, Volume: 50})
	}
	secrets, err := c.app.Store().AddUnits(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	var proved atomic.Int64
	for i, u := range list {
		c.tell(u.ID, secrets[i])
		d := c.newDevice(u.ID, "s1", "b1")
		wait := time.Duration(r.Int64N(int64(jitter)))
		d.pause = func() time.Duration { return wait }
		var outbox []wire.Entry
		d.born = func(session uint64, say func(wire.Channel, any)) {
			say(wire.ChannelHave, wire.Have{Unit: u.ID, Session: session, Held: []wire.Held{}})
			seq, at := uint64(len(outbox)+1), time.Now().UnixMilli()
			outbox = append(outbox, wire.Entry{Seq: seq, At: at, AsRun: &wire.AsRun{
				Output: wire.OutputSound, Programme: "a", Version: 1, Level: wire.LevelTimed, From: at - 60_000, To: at,
				Rounds: []wire.RoundPart{{Start: at - 60_000, Cues: 1, Frames: 48000}}, Outcome: wire.OutcomeEnded, Grade: wire.GradePlayed}})
			proved.Add(1)
			// All of it again, as a unit does that has not heard what is stored.
			say(wire.ChannelReport, wire.Report{Unit: u.ID, Spool: "s1", Boot: "b1", Entries: outbox})
		}
		c.switchOnDevice(d)
	}
	c.back(t, "at first", units, units)
	cut := time.Now()
	for _, d := range c.devices {
		d.link().Close()
	}
	c.back(t, "after the power", units, units*99/100)
	t.Logf("99 %% are back after %v", time.Since(cut).Round(time.Millisecond))
	if took := time.Since(cut); took > time.Minute {
		t.Errorf("99 %% are back after %v, want 60 s", took)
	}
	c.back(t, "all of them", units, units)
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		n, want := c.stored(t), int(proved.Load())
		if n == want {
			break
		}
		if time.Now().After(end) || n > want {
			t.Fatalf("%d stretches are stored, want %d: each once", n, want)
		}
	}
	if list := c.outages(); len(list) != 0 {
		t.Errorf("%d outages", len(list))
	}
	// Clients and broker live in this process too, with several goroutines and
	// buffers a unit; what must not happen is a queue without an end.
	if grown := (heap() - before) / units; grown > 400<<10 {
		t.Errorf("%d KiB of memory a unit", grown>>10)
	} else {
		t.Logf("%d KiB of memory a unit, clients and broker included", grown>>10)
	}
}

// back waits until the centre has heard at least n of the units in the session
// that they are in now.
func (c *county) back(t *testing.T, when string, units, n int) {
	t.Helper()
	began := time.Now()
	for end := began.Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		there := 0
		for _, d := range c.devices {
			p, err := c.app.Store().Presence(context.Background(), d.id)
			if err != nil {
				t.Fatal(err)
			}
			c.mu.Lock()
			now := c.sessions[d.id]
			c.mu.Unlock()
			if p.Online && p.Session == now && d.link() != nil && p.LastSeen.After(began.Add(-time.Minute)) && (when == "at first" || now > 1) {
				there++
			}
		}
		if there >= n {
			t.Logf("%s: %d of %d after %v", when, there, units, time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %d of %d are there", when, there, units)
		}
	}
}

// stored is how many as-run entries are.
func (c *county) stored(t *testing.T) (n int) {
	t.Helper()
	f := store.AsRunFilter{Page: store.Page{Limit: 1000}}
	for {
		list, next, err := c.app.Store().AsRuns(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if n += len(list); next == "" {
			return n
		}
		f.After = next
	}
}

// heap is the memory in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}
