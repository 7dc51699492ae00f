package agenttest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// Start is when the days of tests begin: 24 November 2026, 06:00 in Shanghai.
// A bubble begins in the year 2000; SleepUntil(Start) brings it here.
var Start = time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)

// SleepUntil sleeps until an instant; in a bubble that takes no time.
func SleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

// Unit is an agent that runs.
type Unit struct {
	ID   string
	Disk *spool.Mem
	stop context.CancelFunc
	done chan struct{}
	err  error
}

// Unit starts an agent of the centre on a disk, with counting outputs, on a board
// whose clock chip has the time: what a board without one does is asked with a
// Board. change may be nil.
func (c *Centre) Unit(id string, disk *spool.Mem, change func(*agent.Options)) *Unit {
	ctx, cancel := context.WithCancel(context.Background())
	o := agent.Options{
		Settings: c.Settings(id), Disk: disk, Dial: c.Dial, HTTP: c.Media.Client(), Software: "agenttest", Lang: "en",
		Board: airtime.System{Chip: true}, Sound: player.NewCounting(), Panel: func(int, int) (screen.Panel, error) { return screen.Counting{}, nil },
		Logger: slog.New(slog.NewTextHandler(logWriter{c.t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if change != nil {
		change(&o)
	}
	u := &Unit{ID: id, Disk: disk, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(u.done)
		u.err = agent.Run(ctx, o)
	}()
	c.t.Cleanup(func() { _ = u.Stop() })
	return u
}

// Stop tells the agent to stop, waits until it has, and gives its error. The
// end of the test calls it too.
func (u *Unit) Stop() error {
	u.stop()
	return u.Wait()
}

// Wait waits until the agent ends by itself.
func (u *Unit) Wait() error {
	<-u.done
	return u.err
}

// PowerCut takes the power from the agent and gives the disk as it is found
// afterwards. Its last words reach nobody.
func (u *Unit) PowerCut(c *Centre) *spool.Mem {
	after := u.Disk.Cut(50)
	c.Network(false)
	_ = u.Stop()
	c.Network(true)
	return after
}

// logWriter writes an agent's log to the test's.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(b []byte) (int, error) {
	w.t.Log(string(b[:len(b)-1]))
	return len(b), nil
}

// County publishes the county's bulletin and the unit's settings: a county
// "county" in Shanghai's zone without quiet hours, a village "village" in it,
// and the unit with both outputs.
func (c *Centre) County(unit string, programmes ...wire.Programme) {
	c.t.Helper()
	c.Bulletin(wire.Bulletin{
		Address: "area/county", Programmes: programmes,
		County: &wire.County{Name: "County", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}, Slogan: "hello"},
	})
	c.Bulletin(wire.Bulletin{Address: wire.UnitAddress(unit), Settings: &wire.Settings{
		Unit: unit, Name: "The horn", Chain: []string{"county", "village"}, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 80,
		Addresses: []wire.Held{{Address: "area/county"}, {Address: "area/village"}},
	}})
}
