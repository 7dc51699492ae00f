package timetable

import (
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

func warning(t *testing.T, level wire.Level, from, until string) wire.Interrupt {
	return wire.Interrupt{ID: "w", Issuer: "county", Level: level, Title: "w", Items: []wire.Item{both(20)},
		Issued: at(t, from).UnixMilli(), Until: at(t, until).UnixMilli(), Repeat: 2, Pause: 10}
}

func TestWarnings(t *testing.T) {
	in := input(loop("l", "07:00", "23:00", 0, both(60)))
	in.Bulletins[0].County.Quiet = []wire.Window{{From: "21:30", To: "06:30"}}
	for _, c := range []struct {
		name string
		w    wire.Interrupt
		out  wire.Output
		want []string
	}{
		{"plays at once on sound", warning(t, wire.LevelBlue, "20:00:05", "21:00"), wire.OutputSound,
			[]string{"20:00:00–20:00:05 l loop cut by w", "20:00:05–20:00:55 w interrupt ended", "20:00:55–21:30:00 l rejoined ended"}},
		{"a loud one breaks quiet hours", warning(t, wire.LevelRed, "22:00", "22:30"), wire.OutputSound,
			[]string{"20:00:00–21:30:00 l loop ended", "22:00:00–22:00:50 w interrupt ended"}},
		{"another does not", warning(t, wire.LevelBlue, "22:00", "22:30"), wire.OutputSound,
			[]string{"20:00:00–21:30:00 l loop ended"}},
		{"but stands on the screen", warning(t, wire.LevelBlue, "22:00", "22:30"), wire.OutputScreen,
			[]string{"20:00:00–22:00:00 l loop cut by w", "22:00:00–22:00:50 w interrupt ended", "22:00:50–23:00:00 l rejoined ended"}},
		{"and begins when quiet hours end during its life", warning(t, wire.LevelBlue, "22:00", "25 08:00"), wire.OutputSound,
			[]string{"20:00:00–21:30:00 l loop ended", "06:30:00–06:30:50 w interrupt ended"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in.Orders = []wire.Orders{{Address: wire.AreaAddress("county"), Interrupts: []wire.Interrupt{c.w}}}
			table := compile(t, in)
			_, s := table.Run(State{}, at(t, "06:00"), at(t, "20:00"))
			tl, _ := table.Run(s, at(t, "20:00"), at(t, "25 06:59"))
			got := say(tl, c.out)
			got[0] = "20:00:00" + got[0][8:]
			same(t, "stretches", got, c.want)
		})
	}
}

// TestChange runs to 07:10:20, changes something, and runs on.
func TestChange(t *testing.T) {
	first := loop("l", "07:00", "08:00", 0, sound(60), sound(30))
	second := with(loop("l", "07:00", "08:00", 0, sound(45)), func(p *wire.Programme) { p.Version = 2 })
	mute := wire.Mute{ID: "m", From: at(t, "07:00").UnixMilli(), Until: at(t, "07:20:30").UnixMilli()}
	barred := input(first)
	barred.Orders = []wire.Orders{{Address: wire.AreaAddress("town"), Barred: []wire.Bar{{ID: "l", Version: 1}}}}
	muted := input(first)
	muted.Orders = []wire.Orders{{Address: wire.UnitAddress("u1"), Mutes: []wire.Mute{mute}}}
	for _, c := range []struct {
		name string
		in   Input
		want []string
		why  string
	}{
		{"nothing", input(first), []string{"07:10:20–07:30:00 l loop goes-on"}, EndGoesOn},
		{"withdrawn ends at once", input(), []string{"07:10:20–07:10:20 l loop stopped"}, EndWithdrawn},
		{"stopped ends at once", barred, []string{"07:10:20–07:10:20 l loop stopped"}, EndBarred},
		{"muted ends at once and comes back with a round", muted, []string{"07:10:20–07:10:20 l loop stopped", "07:21:00–07:30:00 l loop goes-on"}, EndMute},
		{"superseded ends with its item", input(second), []string{"07:10:20–07:10:30 l tail ended", "07:10:30–07:30:00 l loop goes-on"}, EndDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := compile(t, input(first)).Run(State{}, at(t, "06:00"), at(t, "07:10:20"))
			tl, _ := compile(t, c.in).Run(s, at(t, "07:10:20"), at(t, "07:30"))
			same(t, "stretches", say(tl, wire.OutputSound), c.want)
			if got := tl.Stretches[0].EndReason.Code; got != c.why {
				t.Errorf("ended because of %q, want %q", got, c.why)
			}
		})
	}
}

func TestPowerCut(t *testing.T) {
	in := input(loop("l", "07:00", "08:00", 0, sound(60)), notice("a", "07:15", sound(30)), notice("b", "07:05:30", sound(30)))
	table := compile(t, in)
	_, s := table.Run(State{}, at(t, "06:00"), at(t, "07:05"))
	tl, _ := table.Run(s, at(t, "07:20:10"), at(t, "07:30"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"07:05:00–07:05:00 l loop unknown", "07:20:10–07:20:40 a late ended", "07:20:40–07:30:00 l rejoined goes-on"})
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:15:30 b 07:05:30×1 off", "07:20:10 l 07:05:00×16 off", "07:20:40 l 07:20:00×1 cut part"})
}

func TestClockSetBack(t *testing.T) {
	table := compile(t, input(loop("l", "06:00", "08:00", 0, sound(60)), notice("a", "07:15", sound(30))))
	_, s := table.Run(State{}, at(t, "06:30"), at(t, "07:20"))
	tl, _ := table.Run(s, at(t, "07:10"), at(t, "07:30"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"07:10:00–07:30:00 l rejoined goes-on"})
}

func TestNothingWithoutSettings(t *testing.T) {
	in := input(loop("l", "07:00", "08:00", 0, sound(60)))
	in.Bulletins = in.Bulletins[:3]
	table, problems := Compile(in)
	tl, _ := table.Run(State{}, at(t, "06:00"), at(t, "09:00"))
	if len(tl.Stretches) != 0 || len(problems) != 1 || problems[0].Code != ProblemNoSettings {
		t.Errorf("stretches %v, problems %v", tl.Stretches, problems)
	}
}

func TestProblems(t *testing.T) {
	for code, change := range map[string]func(*wire.Programme){
		ProblemTooOld:  func(p *wire.Programme) { p.Needs = []string{"holograms"} },
		ProblemExcept:  func(p *wire.Programme) { p.Except = []string{"town"} },
		ProblemRule:    func(p *wire.Programme) { p.Rule.On = []string{"market"} },
		ProblemContent: func(p *wire.Programme) { p.Level = wire.LevelRed },
	} {
		in := input(with(notice("n", "07:00", sound(5)), change), notice("fine", "07:00", sound(5)))
		table, problems := Compile(in)
		tl, _ := table.Run(State{}, at(t, "06:00"), at(t, "08:00"))
		if len(problems) != 1 || problems[0].Code != code || len(tl.Stretches) != 1 || tl.Stretches[0].Programme != "fine" {
			t.Errorf("%s: problems %v, stretches %v", code, problems, say(tl, wire.OutputSound))
		}
	}
	in := input()
	in.Bulletins[1].Programmes = []wire.Programme{notice("n", "07:00", sound(5)), with(notice("v", "07:00", sound(5)), func(p *wire.Programme) { p.Issuer = "village" })}
	if _, problems := Compile(in); len(problems) != 1 || problems[0].Code != ProblemIssuer || problems[0].Programme != "v" {
		t.Errorf("issuer below the address: %v", problems)
	}
}

func TestMissingItem(t *testing.T) {
	in := input(with(notice("n", "07:00", sound(5), sound(7)), func(p *wire.Programme) { p.Items[0].Title = "开场" }))
	in.Ready = func(h string) bool { return h != sound(5).Sound.Hash }
	tl, _ := compile(t, in).Run(State{}, at(t, "06:00"), at(t, "08:00"))
	same(t, "stretches", say(tl, wire.OutputSound), []string{"07:00:00–07:00:07 n at ended"})
	same(t, "skips", saySkips(tl, wire.OutputSound), []string{"07:00:00 n 07:00:00×1 item-missing"})
	if got := tl.Skips[0].Reason.Text("zh"); got != "条目《开场》还没有传到终端" {
		t.Error(got)
	}
}

func TestVolumeCap(t *testing.T) {
	in := input(with(notice("n", "11:59:50", sound(20)), func(p *wire.Programme) { p.Volume = 50 }))
	in.Bulletins[0].County.Caps = []wire.VolumeCap{{Window: wire.Window{From: "12:00", To: "14:00"}, Volume: 25}}
	spans := compile(t, in).Plan(State{}, at(t, "11:59"), at(t, "12:01"))
	if len(spans) != 2 || spans[0].Volume != 40 || spans[1].Volume != 25 || spans[1].Offset != 10*wire.Rate || !spans[1].From.Equal(at(t, "12:00")) {
		t.Errorf("%+v", spans)
	}
}

// TestWarningsEnd: the end of a warning is not part of its life, whatever falls
// due at that instant, and its running round does not outlast it.
func TestWarningsEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		items []wire.Item
		pause int
		until string
		want  []string
	}{
		{"in mid-round", []wire.Item{sound(20)}, 10, "20:01:05", []string{"20:00:00–20:01:05 w interrupt stopped"}},
		{"where a round after a short pause is due", []wire.Item{sound(20)}, 10, "20:01:00", []string{"20:00:00–20:01:00 w interrupt stopped"}},
		{"where a round after a long pause is due", []wire.Item{sound(20)}, 70, "20:01:30", []string{"20:00:00–20:00:20 w interrupt ended"}},
		{"where a round after time that is free here is due", []wire.Item{sound(20), text(30)}, 10, "20:01:00", []string{"20:00:00–20:00:20 w interrupt ended"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := warning(t, wire.LevelRed, "20:00", c.until)
			w.Items, w.Pause, w.Repeat = c.items, c.pause, 0
			in := input()
			in.Orders = []wire.Orders{{Address: wire.AreaAddress("county"), Interrupts: []wire.Interrupt{w}}}
			tl, _ := compile(t, in).Run(State{}, at(t, "19:00"), at(t, "21:00"))
			same(t, "stretches", say(tl, wire.OutputSound), c.want)
		})
	}
}
