package agent

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// An item that passes into a volume cap is two spans, each as loud as its hour
// allows, and joined; what ends before its item does without going on is cut.
func TestPartsOfAnItem(t *testing.T) {
	zero := time.Date(2026, 11, 24, 13, 59, 50, 0, time.UTC)
	part := func(item int, offset, frames int64, volume int) timetable.Span {
		return timetable.Span{
			Output: wire.OutputSound, Programme: "loop", Version: 1, Round: zero, Item: item,
			From: zero.Add(duration(int64(item)*20*wire.Rate + offset)), Offset: offset, Frames: frames, Volume: volume,
			Sound: &wire.Sound{Frames: 20 * wire.Rate},
		}
	}
	p := &planner{spans: map[string]*span{}}
	list := forPlayer(p.plan([]timetable.Span{
		part(0, 0, 10*wire.Rate, 80), part(0, 10*wire.Rate, 10*wire.Rate, 30), part(1, 0, 5*wire.Rate, 30),
	}, zero), nil)
	want := []struct {
		gain float64
		cut  bool
	}{{0.8, false}, {0.3, false}, {0.3, true}}
	if len(list) != len(want) {
		t.Fatalf("%d spans, want %d", len(list), len(want))
	}
	for i, w := range want {
		if list[i].Gain != w.gain || list[i].Cut != w.cut {
			t.Errorf("span %d has gain %v, cut %v; want %v, %v", i, list[i].Gain, list[i].Cut, w.gain, w.cut)
		}
	}
}
