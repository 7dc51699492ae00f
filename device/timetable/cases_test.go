package timetable

import (
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// TestCases holds "Playing, in cases" of the design, one case each, on the
// sound output unless the name says screen.
func TestCases(t *testing.T) {
	onCut := func(how string) func(*wire.Programme) { return func(p *wire.Programme) { p.OnCut = how } }
	town := func(p *wire.Programme) { p.Issuer = "town" }
	for _, c := range []struct {
		name     string
		in       Input
		from, to string
		out      wire.Output
		want     []string
		skips    []string
	}{
		{"a loop with short pauses is one stretch and ends with the last round that fits", input(loop("l", "07:00", "08:00", 30, sound(50))),
			"06:00", "09:00", wire.OutputSound, []string{"07:00:00–07:59:30 l loop ended"}, nil},
		{"a long pause frees the output", input(loop("l", "07:00", "07:05", 90, sound(30)), with(loop("z", "07:00", "07:05", 0, sound(10)), func(p *wire.Programme) { p.Priority = -1 })),
			"07:00", "07:04", wire.OutputSound, []string{"07:00:00–07:00:30 l loop ended", "07:00:30–07:02:00 z loop cut by l", "07:02:00–07:02:30 l loop ended", "07:02:30–07:04:00 z rejoined goes-on"},
			[]string{"07:00:30 z 07:00:00×3 blocked", "07:02:30 z 07:02:00×3 cut"}},
		{"rejoin goes on where the clock is", input(loop("l", "07:00", "08:00", 0, sound(60)), notice("n", "07:10:20", sound(30))),
			"07:00", "07:30", wire.OutputSound, []string{"07:00:00–07:10:20 l loop cut by n", "07:10:20–07:10:50 n at ended", "07:10:50–07:30:00 l rejoined goes-on"},
			[]string{"07:10:50 l 07:10:00×1 cut part"}},
		{"resume goes on two seconds earlier and shifts the later rounds", input(with(loop("l", "07:00", "07:15", 0, sound(60)), onCut(wire.CutResume)), notice("n", "07:10:20", sound(30))),
			"07:00", "08:00", wire.OutputSound, []string{"07:00:00–07:10:20 l loop cut by n", "07:10:20–07:10:50 n at ended", "07:10:50–07:14:32 l resumed ended"}, nil},
		{"skip drops the rest of the round", input(with(loop("l", "07:00", "07:15", 0, sound(60)), onCut(wire.CutSkip)), notice("n", "07:10:20", sound(30))),
			"07:00", "08:00", wire.OutputSound, []string{"07:00:00–07:10:20 l loop cut by n", "07:10:20–07:10:50 n at ended", "07:11:00–07:15:00 l loop ended"},
			[]string{"07:11:00 l 07:10:00×1 cut part"}},
		{"a blocked notice waits within its grace", input(notice("a", "07:00", sound(300)), notice("b", "07:01", sound(10))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:05:00 a at ended", "07:05:00–07:05:10 b late ended"}, nil},
		{"and is skipped with its whole chain after it", input(notice("a", "07:00", sound(900)), with(notice("b", "07:01", sound(10)), func(p *wire.Programme) { p.Rule.Rounds = 3 })),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:15:00 a at ended"}, []string{"07:11:00 b 07:01:00×3 blocked"}},
		{"or at once", input(notice("a", "07:00", sound(300)), with(notice("b", "07:01", sound(10)), func(p *wire.Programme) { p.OnBlock = wire.BlockSkip })),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:05:00 a at ended"}, []string{"07:01:00 b 07:01:00×1 blocked"}},
		{"a town's notice yields to the county's, resumes, and waits for its grace from the cut", input(with(notice("t", "07:00", sound(120)), town), notice("c", "07:01", sound(300))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:00 t at cut by c", "07:01:00–07:06:00 c at ended", "07:06:00–07:07:02 t resumed ended"}, nil},
		{"a cut notice whose grace runs out loses the rest", input(with(notice("t", "07:00", sound(120)), town), notice("c", "07:01", sound(700))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:00 t at cut by c", "07:01:00–07:12:40 c at ended"}, []string{"07:11:00 t 07:00:00×1 cut part"}},
		{"a notice that rejoins is over when the clock says so", input(with(notice("t", "07:00", sound(120)), func(p *wire.Programme) { p.Issuer = "town"; p.OnCut = wire.CutRejoin }), notice("c", "07:01", sound(30))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:00 t at cut by c", "07:01:00–07:01:30 c at ended", "07:01:30–07:02:00 t rejoined ended"}, []string{"07:01:30 t 07:00:00×1 cut part"}},
		{"an unbegun round is replaced by its next", input(notice("a", "07:00", sound(400)), with(notice("b", "07:01", sound(10)), func(p *wire.Programme) {
			p.Issuer = "town"
			p.Rule = wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "07:01", To: "07:10"}, Every: 5}
		})), "06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:06:40 a at ended", "07:06:40–07:06:50 b late ended"}, []string{"07:06:00 b 07:01:00×1 replaced"}},
		{"two of one rank: the one on air keeps it, then the earlier start", input(notice("b", "07:00", sound(60)), notice("a", "07:00:30", sound(60)), notice("c", "07:00:20", sound(60))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:00 b at ended", "07:01:00–07:02:00 c late ended", "07:02:00–07:03:00 a late ended"}, nil},
		{"a chain holds its short pauses", input(with(notice("a", "07:00", sound(30)), func(p *wire.Programme) { p.Rule.Rounds, p.Rule.Pause = 3, 60 }), with(notice("b", "07:00:40", sound(10)), town)),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:03:30 a at ended", "07:03:30–07:03:40 b late ended"}, nil},
		{"and frees its long ones; the next round waits its turn", input(with(notice("a", "07:00", sound(30)), func(p *wire.Programme) { p.Rule.Rounds, p.Rule.Pause = 2, 61 }), with(notice("b", "07:00:40", sound(100)), town)),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:00:30 a at ended", "07:00:40–07:01:31 b at cut by a", "07:01:31–07:02:01 a at ended", "07:02:01–07:02:52 b resumed ended"}, nil},
		{"a chain that its validity would cut is not begun", input(with(notice("a", "07:00", sound(30)), func(p *wire.Programme) {
			p.Rule.Rounds, p.Rule.Until = 3, "2026-11-24T07:01:29"
		})), "06:00", "08:00", wire.OutputSound, nil, []string{"07:00:00 a 07:00:00×3 validity"}},
		{"nor one longer than its maximum", input(with(notice("a", "07:00", sound(30)), func(p *wire.Programme) { p.Rule.Rounds, p.MaxPlay = 3, 89 })),
			"06:00", "08:00", wire.OutputSound, nil, []string{"07:00:00 a 07:00:00×3 max-play"}},
		{"a round that the window's end would cut is not begun, looked at when it really starts", input(notice("a", "07:00", sound(240)), with(notice("b", "07:01", sound(90)), func(p *wire.Programme) {
			p.Issuer = "town"
			p.Rule = wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "07:01", To: "07:05"}, Every: 60}
		})), "06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:04:00 a at ended"}, []string{"07:04:00 b 07:01:00×1 window"}},
		{"a resumed one may be cut by the window's end", input(notice("a", "07:02", sound(120)), with(notice("b", "07:01", sound(90)), func(p *wire.Programme) {
			p.Issuer = "town"
			p.Rule = wire.Rule{Kind: wire.RuleEvery, Window: &wire.Window{From: "07:01", To: "07:04:20"}, Every: 60}
		})), "06:00", "08:00", wire.OutputSound, []string{"07:01:00–07:02:00 b every cut by a", "07:02:00–07:04:00 a at ended", "07:04:00–07:04:20 b resumed stopped"}, []string{"07:04:20 b 07:01:00×1 window part"}},
		{"a text alone does not stop sound", input(loop("l", "07:00", "07:10", 0, sound(60)), notice("n", "07:05", text(30))),
			"07:00", "07:10", wire.OutputSound, []string{"07:00:00–07:10:00 l loop goes-on"}, nil},
		{"screen: an item without text leaves its time free", input(notice("n", "07:05", sound(10), text(20), sound(10), both(5)), with(loop("l", "07:00", "07:10", 0, text(60)), func(*wire.Programme) {})),
			"07:00", "07:10", wire.OutputScreen, []string{"07:00:00–07:05:10 l loop cut by n", "07:05:10–07:05:30 n at ended", "07:05:30–07:05:40 l rejoined cut by n", "07:05:40–07:05:45 n at ended", "07:05:45–07:10:00 l rejoined goes-on"},
			[]string{"07:05:30 l 07:05:00×1 cut part", "07:05:45 l 07:05:00×1 cut part"}},
		{"a blocked loop is one cut at its beginning: resume begins its round", input(notice("n", "07:00", sound(90)), with(loop("l", "07:00", "07:05", 0, sound(60)), onCut(wire.CutResume))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:30 n at ended", "07:01:30–07:04:30 l loop ended"}, nil},
		{"rejoin joins it in the middle", input(notice("n", "07:00", sound(90)), loop("l", "07:00", "07:05", 0, sound(60))),
			"06:00", "08:00", wire.OutputSound, []string{"07:00:00–07:01:30 n at ended", "07:01:30–07:05:00 l loop ended"}, []string{"07:01:30 l 07:00:00×2 blocked"}},
		{"a window over midnight belongs to its first day", input(with(loop("l", "23:00", "01:00", 0, sound(60)), func(p *wire.Programme) { p.Rule.Days = []int{2} })),
			"20:00", "27 00:00", wire.OutputSound, []string{"23:00:00–01:00:00 l loop ended"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl, _ := compile(t, c.in).Run(State{}, at(t, c.from), at(t, c.to))
			same(t, "stretches", say(tl, c.out), c.want)
			same(t, "skips", saySkips(tl, c.out), c.skips)
		})
	}
}
