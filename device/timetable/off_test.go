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

// Rounds of a loop that were due while the unit did not know the time are told
// apart from those due while it was off, and from those that something higher
// kept off the air after that.
func TestRoundsOfALoopAreToldByWhatKeptThemOffTheAir(t *testing.T) {
	table := compile(t, input(loop("l", "07:00", "08:00", 0, sound(60)), notice("n", "07:05:30", sound(90))))
	_, s := table.Run(State{}, at(t, "06:00"), at(t, "07:01:30"))
	s.Doubt = at(t, "07:03:20").UnixNano()
	tl, _ := table.Run(s, at(t, "07:06:40"), at(t, "07:30"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"07:01:30–07:01:30 l loop unknown", "07:06:40–07:08:10 n late ended", "07:08:10–07:30:00 l rejoined goes-on"})
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:03:20 l 07:01:00×3 off part", "07:06:40 l 07:03:00×4 clock part", "07:08:10 l 07:06:00×3 cut part"})
}

// TestALostItemIsToldOfEachRound: an item that is not on the unit is told at
// once, and of all rounds that go without it when the programme leaves the air.
func TestALostItemIsToldOfEachRound(t *testing.T) {
	in := input(loop("l", "07:00", "08:00", 0, sound(60), sound(30)))
	_, s := compile(t, in).Run(State{}, at(t, "06:00"), at(t, "07:00:20"))
	in.Ready = func(hash string) bool { return hash != sound(60).Sound.Hash }
	tl, s := compile(t, in).Run(s, at(t, "07:00:20"), at(t, "07:10:00"))
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:00:20 l 07:00:00×1 item-missing", "07:01:30 l 07:01:30×1 item-missing"})
	in.Ready = nil
	tl, _ = compile(t, in).Run(s, at(t, "07:10:00"), at(t, "07:20:00"))
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:10:00 l 07:03:00×5 item-missing"})
	if len(tl.Skips) > 0 && !tl.Skips[0].Known {
		t.Error("it is told as if it were new")
	}
}

// TestAWarningWhoseSoundIsLost waits for it, and sounds when it is there again.
func TestAWarningWhoseSoundIsLost(t *testing.T) {
	in := input()
	in.Orders = []wire.Orders{{Address: wire.AreaAddress("county"), Interrupts: []wire.Interrupt{{ID: "w", Issuer: "county", Level: wire.LevelRed, Title: "w",
		Items: []wire.Item{sound(20)}, Volume: 100, Issued: at(t, "07:00").UnixMilli(), Until: at(t, "08:00").UnixMilli(), Repeat: 3, Pause: 100}}}}
	for _, when := range []string{"07:00:10", "07:01"} {
		in.Ready = nil
		before, s := compile(t, in).Run(State{}, at(t, "07:00"), at(t, when))
		in.Ready = func(string) bool { return false }
		without, s := compile(t, in).Run(s, at(t, when), at(t, "07:10"))
		in.Ready = nil
		after, _ := compile(t, in).Run(s, at(t, "07:10"), at(t, "07:30"))
		t.Log(say(before, wire.OutputSound), say(without, wire.OutputSound), say(after, wire.OutputSound))
		if n := len(after.Stretches); n < 2 || !after.Stretches[0].From.Equal(at(t, "07:10")) {
			t.Errorf("lost at %s, it goes on with %v", when, say(after, wire.OutputSound))
		}
	}
}

// TestAClockSetBackIntoQuietHours: a loop that began when they ended falls silent,
// and begins again when they end again.
func TestAClockSetBackIntoQuietHours(t *testing.T) {
	in := input(loop("l", "06:30", "08:00", 0, sound(60)))
	in.Bulletins[0].County.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
	table := compile(t, in)
	_, s := table.Run(State{}, at(t, "06:00"), at(t, "06:31:30"))
	tl, _ := table.Run(s, at(t, "06:29"), at(t, "06:40"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"06:29:00–06:29:00 l loop stopped", "06:30:00–06:40:00 l loop goes-on"})
	same(t, "skips", saySkips(tl, wire.OutputSound), nil)
}
