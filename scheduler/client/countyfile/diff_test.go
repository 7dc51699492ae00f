package countyfile

import (
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func TestDifferences(t *testing.T) {
	old := client.ProgrammeSpec{ID: "a", Title: "旧", Targets: client.Targets{Areas: []string{"t"}},
		Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}}}
	changed := old
	changed.Title, changed.Category = "新", "防灾"
	changed.Rule.Window = &wire.Window{From: "08:00", To: "21:00"}
	changed.Targets.Areas = []string{"t", "u"}
	want := `category: nothing → 防灾
rule.window.from: 07:00 → 08:00
targets.areas: ["t"] → ["t","u"]
title: 旧 → 新`
	if got := strings.Join(differences(old, changed), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := differences(old, old); len(got) != 0 {
		t.Errorf("a thing differs from itself: %q", got)
	}
}
