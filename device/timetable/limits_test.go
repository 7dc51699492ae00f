package timetable

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func exception(t *testing.T, from, until string, loud ...wire.Level) wire.Exception {
	return wire.Exception{ID: "x1", From: at(t, from).UnixMilli(), Until: at(t, until).UnixMilli(), Why: "高考", Loud: loud}
}

// An exception that was given at 07:10:20 ends what sounds in the middle of an
// item, says why, and lets the loop go on on its grid afterwards; screens go on.
func TestExceptionInMidItem(t *testing.T) {
	first := input(loop("l", "07:00", "08:00", 0, both(60)))
	_, s := compile(t, first).Run(State{}, at(t, "06:00"), at(t, "07:10:20"))
	first.Orders = []wire.Orders{{Address: "area/town", Exceptions: []wire.Exception{exception(t, "07:10:20", "07:20:30")}}}
	tl, _ := compile(t, first).Run(s, at(t, "07:10:20"), at(t, "08:30"))
	same(t, "sound", say(tl, wire.OutputSound), []string{"07:10:20–07:10:20 l loop stopped by x1", "07:21:00–08:00:00 l loop ended"})
	same(t, "screen", say(tl, wire.OutputScreen), []string{"07:10:20–08:00:00 l loop ended"})
	cut := tl.Stretches[0]
	if cut.Output != wire.OutputSound || cut.EndReason.Text("zh") != "此处静默：高考" || cut.EndReason.Text("en") != "silent here: 高考" {
		t.Errorf("%s: %s / %s", cut.Output, cut.EndReason.Text("zh"), cut.EndReason.Text("en"))
	}
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:21:00 l 07:10:00×11 exception"})
}

// An exception's levels are its own, quiet hours' those of the county; where both
// hold a warning must pass both.
func TestExceptionsLetLevelsThrough(t *testing.T) {
	for _, c := range []struct {
		name  string
		level wire.Level
		e     wire.Exception
		want  []string
	}{
		{"the county's levels by default", wire.LevelRed, exception(t, "10:00", "12:00"), []string{"11:00:00–11:00:50 w interrupt ended"}},
		{"another waits for its end", wire.LevelYellow, exception(t, "10:00", "12:00"), []string{"12:00:00–12:00:50 w interrupt ended"}},
		{"a level that it names", wire.LevelYellow, exception(t, "10:00", "12:00", wire.LevelYellow), []string{"11:00:00–11:00:50 w interrupt ended"}},
		{"one that it does not name, though the county does", wire.LevelRed, exception(t, "10:00", "12:00", wire.LevelYellow), []string{"12:00:00–12:00:50 w interrupt ended"}},
		{"quiet hours after it hold too", wire.LevelYellow, exception(t, "10:00", "22:00", wire.LevelRed), []string{"06:30:00–06:30:50 w interrupt ended"}},
	} {
		in := input()
		in.Bulletins[0].County.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
		in.Orders = []wire.Orders{{Address: "area/county", Interrupts: []wire.Interrupt{warning(t, c.level, "11:00", "25 12:00")}},
			{Address: "unit/u1", Exceptions: []wire.Exception{c.e}}}
		tl, _ := compile(t, in).Run(State{}, at(t, "09:00"), at(t, "25 12:00"))
		same(t, c.name, say(tl, wire.OutputSound), c.want)
	}
}

// A noon rest of a summer: the time of day in civil time, from the first day to the last.
func TestExceptionOfATimeOfDay(t *testing.T) {
	in := input(with(notice("n", "13:30", sound(30)), func(p *wire.Programme) { p.Rule.Times = []wire.Clock{"12:30", "13:30"} }))
	e := exception(t, "24 13:30", "26 13:00")
	e.Window = &wire.Window{From: "13:00", To: "14:30"}
	in.Orders = []wire.Orders{{Address: "area/village", Exceptions: []wire.Exception{e}}}
	tl, _ := compile(t, in).Run(State{}, at(t, "23 15:00"), at(t, "26 15:00"))
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"13:30:00 n 13:30:00×1 exception", "13:30:00 n 13:30:00×1 exception"})
	same(t, "stretches", say(tl, wire.OutputSound), []string{"12:30:00–12:30:30 n at ended", "12:30:00–12:30:30 n at ended",
		"12:30:00–12:30:30 n at ended", "13:30:00–13:30:30 n at ended"})
}

// A warning that waits for the morning on sound and is lifted in the night never sounds.
func TestWaitingWarningIsLifted(t *testing.T) {
	in := input()
	in.Bulletins[0].County.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
	in.Bulletins[0].County.Dark = in.Bulletins[0].County.Quiet
	in.Orders = []wire.Orders{{Address: "area/county", Interrupts: []wire.Interrupt{warning(t, wire.LevelYellow, "22:00", "25 12:00")}}}
	tl, s := compile(t, in).Run(State{}, at(t, "21:00"), at(t, "23:00"))
	same(t, "a screen that is dark shows it at once", say(tl, wire.OutputScreen), []string{"22:00:00–22:00:50 w interrupt ended"})
	in.Orders = nil
	rest, _ := compile(t, in).Run(s, at(t, "23:00"), at(t, "25 12:00"))
	same(t, "sound", say(Join(tl, rest), wire.OutputSound), nil)
	same(t, "skips", saySkips(Join(tl, rest), wire.OutputSound), []string{"22:00:00 w 22:00:00×1 quiet", "23:00:00 w 22:00:00×1 lifted"})
}

// A programme that may not outlive the centre's word ends when that is too old,
// in mid-item, and goes on with the next word.
func TestSilentAfter(t *testing.T) {
	in := input(with(loop("l", "07:00", "20:00", 0, both(600)), func(p *wire.Programme) { p.SilentAfter = 3 }),
		with(notice("n", "12:05", both(60)), func(p *wire.Programme) { p.SilentAfter = 6 }))
	table := compile(t, in)
	_, s := table.Run(State{}, at(t, "06:00"), at(t, "06:30"))
	s.Heard = at(t, "06:34:30").UnixNano()
	tl, s := table.Run(s, at(t, "06:30"), at(t, "13:01"))
	s.Heard = at(t, "13:00:59").UnixNano() // a word takes its time to come
	rest, s := table.Run(s, at(t, "13:01"), at(t, "13:15"))
	if s.Heard != at(t, "13:00:59").UnixNano() {
		t.Error("the State forgets when the centre spoke")
	}
	for _, o := range []wire.Output{wire.OutputSound, wire.OutputScreen} {
		same(t, string(o), say(Join(tl, rest), o), []string{"07:00:00–09:34:30 l loop stopped", "12:05:00–12:06:00 n at ended", "13:10:00–13:15:00 l loop goes-on"})
	}
	if why := tl.Stretches[0].EndReason.Text("en"); why != "no word of the centre for 3 h" {
		t.Error(why)
	}
	same(t, "skips", saySkips(Join(tl, rest), wire.OutputSound), []string{"13:10:00 l 09:30:00×22 silent"})
}

// What the county does not let an area say, and what somebody gave whose account
// was closed before, is left out and named.
func TestWhoMayWarn(t *testing.T) {
	noon := at(t, "12:00").UnixMilli()
	in := input(with(notice("old", "12:10", sound(30)), func(p *wire.Programme) { p.By, p.At = "li", noon-1 }),
		with(notice("new", "12:20", sound(30)), func(p *wire.Programme) { p.By, p.At = "li", noon }))
	in.Bulletins[0].County.Highest = []wire.Level{wire.LevelRed, wire.LevelYellow}
	in.Bulletins[0].County.HighestIn = map[string]wire.Level{"village": wire.LevelNone}
	give := func(id, issuer, by string, l wire.Level) wire.Interrupt {
		w := warning(t, l, "12:00", "12:05")
		w.ID, w.Issuer, w.By = id, issuer, by
		return w
	}
	in.Orders = []wire.Orders{{Address: "area/county", Locked: []wire.Locked{{ID: "li", Since: noon}}},
		{Address: "area/village", Locked: []wire.Locked{{ID: "wang", Since: 1}}, Interrupts: []wire.Interrupt{
			give("county-red", "county", "wang", wire.LevelRed), give("town-yellow", "town", "", wire.LevelYellow), give("town-orange", "town", "", wire.LevelOrange),
			give("village-blue", "village", "", wire.LevelBlue), give("county-li", "county", "li", wire.LevelRed)}}}
	table, problems := Compile(in)
	var got []string
	for _, p := range problems {
		got = append(got, p.Code+" "+p.Programme+": "+p.Text)
	}
	same(t, "problems", got, []string{
		`level town-orange: level "orange": town may warn up to "yellow" by the county's settings`,
		`level village-blue: level "blue": village may warn up to "none" by the county's settings`,
		`locked county-li: by "li": this account was closed before it was given`,
		`locked new: by "li": this account was closed before it was given`,
	})
	tl, _ := table.Run(State{}, at(t, "11:00"), at(t, "13:00"))
	same(t, "sound", say(tl, wire.OutputSound), []string{"12:00:00–12:00:50 county-red interrupt ended", "12:00:50–12:01:40 town-yellow interrupt ended",
		"12:10:00–12:10:30 old at ended"})
}

// A unit that does not know the hour lets those warnings sound that sound at any hour.
func TestHourUnknown(t *testing.T) {
	for _, told := range []bool{true, false} {
		in := input()
		in.HourUnknown = true
		if !told { // a unit that has not heard of the county yet takes the usual levels
			in.Bulletins[0].County = nil
		}
		in.Orders = []wire.Orders{{Address: "area/county", Interrupts: []wire.Interrupt{warning(t, wire.LevelRed, "10:00", "11:00"), warning(t, wire.LevelYellow, "12:00", "13:00")}}}
		in.Orders[0].Interrupts[1].ID = "w2"
		table, _ := Compile(in)
		tl, _ := table.Run(State{}, at(t, "09:00"), at(t, "15:00"))
		var got []string
		for _, s := range tl.Stretches {
			got = append(got, string(s.Output)+" "+s.Interrupt)
		}
		same(t, "what plays", got, []string{"sound w", "screen w", "screen w2"})
	}
}

// The volume steps in the middle of an item, and the item goes on.
func TestCapStepsInMidItem(t *testing.T) {
	in := input(loop("l", "07:00", "20:00", 0, sound(3600)))
	in.Bulletins[0].County.Caps = []wire.VolumeCap{{Window: wire.Window{From: "12:30", To: "14:30"}, Volume: 30}, {Window: wire.Window{From: "12:45", To: "13:15"}, Volume: 20}}
	tl, _ := compile(t, in).Run(State{}, at(t, "06:00"), at(t, "14:00"))
	want := []struct {
		from   string
		volume int
	}{{"12:00:00", 80}, {"12:30:00", 30}, {"12:45:00", 20}, {"13:00:00", 20}, {"13:15:00", 30}}
	spans := tl.Stretches[0].Spans(at(t, "12:00"), at(t, "14:00"))
	if len(spans) != len(want) {
		t.Fatalf("%d spans: %+v", len(spans), spans)
	}
	for i, w := range want {
		s := spans[i]
		begun := s.From.Add(-time.Duration(s.Offset/wire.Rate) * time.Second)
		if hm(s.From) != w.from || s.Volume != w.volume || begun.Minute() != 0 {
			t.Errorf("span %d from %s at %d, offset %d; want %s at %d", i, hm(s.From), s.Volume, s.Offset, w.from, w.volume)
		}
	}
}
