package timetable

import (
	"cmp"
	"slices"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// TestTimelineIsInOrder holds that stretches and skips of both outputs stand by
// time, sound before screen, as Timeline says.
func TestTimelineIsInOrder(t *testing.T) {
	from := at(t, "23 00:00")
	tl, problems := Preview(benchUnit(7), from, from.AddDate(0, 0, 7))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	rank := func(o wire.Output) int { return slices.Index([]wire.Output{wire.OutputSound, wire.OutputScreen}, o) }
	if !slices.IsSortedFunc(tl.Stretches, func(a, b Stretch) int {
		return cmp.Or(a.From.Compare(b.From), rank(a.Output)-rank(b.Output))
	}) {
		t.Error("the stretches are not in order")
	}
	if !slices.IsSortedFunc(tl.Skips, func(a, b Skip) int {
		return cmp.Or(a.At.Compare(b.At), rank(a.Output)-rank(b.Output))
	}) {
		t.Error("the skips are not in order")
	}
	both := map[wire.Output]int{}
	for _, s := range tl.Stretches {
		both[s.Output]++
	}
	if both[wire.OutputSound] < 100 || both[wire.OutputScreen] < 100 || len(tl.Skips) == 0 {
		t.Errorf("%v stretches and %d skips are too few to show it", both, len(tl.Skips))
	}
}
