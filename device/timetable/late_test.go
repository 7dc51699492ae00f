package timetable

import (
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// TestChainWaitsForItsAudio: a chain whose audio is not on the unit is blocked by
// that as by anything else. The audio of the notice of 07:00 comes at arrives.
func TestChainWaitsForItsAudio(t *testing.T) {
	for _, c := range []struct {
		name    string
		p       wire.Programme
		arrives string
		want    []string
		skips   []string
	}{
		{"within its grace", notice("n", "07:00", sound(30)), "07:04",
			[]string{"07:04:00–07:04:30 n arrived ended"}, nil},
		{"with its whole chain", with(notice("n", "07:00", sound(30)), func(p *wire.Programme) { p.Rule.Rounds, p.Rule.Pause = 2, 10 }), "07:04",
			[]string{"07:04:00–07:05:10 n arrived ended"}, nil},
		{"before its first item for the output is due", notice("n", "07:00", text(60), sound(30)), "07:00:20",
			[]string{"07:01:00–07:01:30 n at ended"}, nil},
		{"after its first item for the output was due", notice("n", "07:00", text(60), sound(30)), "07:04",
			[]string{"07:04:00–07:04:30 n arrived ended"}, nil},
		{"too late", notice("n", "07:00", sound(30)), "07:11",
			nil, []string{"07:10:00 n 07:00:00×1 missing"}},
		{"if it is not to wait", with(notice("n", "07:00", sound(30)), func(p *wire.Programme) { p.OnBlock = wire.BlockSkip }), "07:04",
			nil, []string{"07:00:00 n 07:00:00×1 missing"}},
		{"until its next is due", with(notice("n", "07:00", sound(30)), func(p *wire.Programme) { p.Rule.Times = []wire.Clock{"07:00", "07:05"} }), "07:06",
			[]string{"07:06:00–07:06:30 n arrived ended"}, []string{"07:05:00 n 07:00:00×1 replaced"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(c.p, loop("l", "06:00", "08:00", 0, text(10)))
			in.Ready = func(string) bool { return false }
			before, s := compile(t, in).Run(State{}, at(t, "06:00"), at(t, c.arrives))
			in.Ready = nil
			after, _ := compile(t, in).Run(s, at(t, c.arrives), at(t, "08:00"))
			tl := Join(before, after)
			same(t, "stretches", say(tl, wire.OutputSound), c.want)
			same(t, "skips", saySkips(tl, wire.OutputSound), c.skips)
		})
	}
}
