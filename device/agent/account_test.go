package agent

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// TestATextIsProvedOnce: a panel that begins a text anew, or whose clock was
// corrected meanwhile, proves no moment of it twice.
func TestATextIsProvedOnce(t *testing.T) {
	zero := time.Date(2026, 11, 24, 4, 6, 0, 0, time.UTC)
	text := timetable.Span{Output: wire.OutputScreen, Programme: "p", Version: 1, Round: zero, From: zero, Frames: 30 * wire.Rate, Text: &wire.Text{Body: "x"}}
	second := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	type report struct {
		from, to float64
		final    bool
	}
	for name, reports := range map[string][]report{
		"begun anew":                 {{0.15, 15, false}, {0.15, 16, false}, {0, 20, false}, {0.3, 25, false}, {0, 30, true}},
		"first seen when just begun": {{0.00025, 0.100229, false}, {0.00025, 15, false}, {0.00025, 20, false}, {0.00025, 30, true}},
	} {
		p := &planner{spans: map[string]*span{}}
		a := &account{planner: p}
		id := p.plan([]timetable.Span{text}, zero)[0].id
		a.stretch(timetable.Stretch{Output: wire.OutputScreen, Programme: "p", Version: 1, From: zero, To: zero.Add(time.Second), End: wire.OutcomeGoesOn})
		for _, x := range reports {
			a.shown(screen.Shown{ID: id, From: second(x.from), To: second(x.to)}, x.final)
			got := a.entries[0].parts[zero.UnixMilli()]
			if off := got.Frames + got.Missed - frames(second(x.to).Sub(zero)); off > 20 || off < -20 || got.Missed > wire.Rate/5 {
				t.Errorf("%s, shown from %v s to %v s: %d frames are proved and %d missed", name, x.from, x.to, got.Frames, got.Missed)
			}
		}
	}
}
