package timetable

import (
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// A unit that was off asks first what is at this instant. That must not hide
// from the next question that it was off.
func TestAskingOfAnInstantDoesNotHideThatTheUnitWasOff(t *testing.T) {
	table := compile(t, input(with(notice("n", "12:00", sound(60)), func(p *wire.Programme) { p.OnCut = wire.CutResume })))
	_, s := table.Run(State{}, at(t, "11:59"), at(t, "12:00:30"))
	back := at(t, "12:05")
	_, s = table.Run(s, back, back)
	tl, _ := table.Run(s, back, at(t, "12:10"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"12:05:00–12:05:32 n resumed ended"})
}
