package scheduler

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func TestSentence(t *testing.T) {
	day := &wire.Window{From: "07:00", To: "21:00"}
	for _, c := range []struct {
		rule   wire.Rule
		zh, en string
	}{
		{
			wire.Rule{Kind: wire.RuleLoop, Window: day, Pause: 30},
			"每天 7:00 到 21:00 循环播放，间隔 30 秒",
			"every day, 7:00 to 21:00 in a loop, 30 s between rounds",
		}, {
			wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "22:00", To: "00:30"}, Days: []int{6, 7}, Pause: 600, Until: "2027-06-30T00:00:00"},
			"每周六、日 22:00 到 0:30 循环播放，间隔 10 分钟，到 2027-06-30 00:00 止",
			"on Sat, Sun, 22:00 to 0:30 in a loop, 10 min between rounds, until 2027-06-30 00:00",
		}, {
			wire.Rule{Kind: wire.RuleEvery, Window: day, Every: 30, Days: []int{5, 1, 2, 3, 4}},
			"每周一至周五 7:00 到 21:00 每 30 分钟一次",
			"on Mon to Fri, 7:00 to 21:00 every 30 min",
		}, {
			wire.Rule{Kind: wire.RuleEvery, Window: day, Every: 120, Days: []int{1, 2, 3, 5}},
			"每周一至周三、五 7:00 到 21:00 每 2 小时一次",
			"on Mon to Wed, Fri, 7:00 to 21:00 every 2 h",
		}, {
			wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00", "12:00", "18:00:30"}, Rounds: 2},
			"每天 7:00、12:00、18:00:30，每次 2 遍",
			"every day at 7:00, 12:00, 18:00:30, 2 rounds each",
		}, {
			wire.Rule{Kind: wire.RuleAt, Cron: "0 7 * * 1-5", Rounds: 1},
			"按日程“0 7 * * 1-5”",
			`by the schedule "0 7 * * 1-5"`,
		}, {
			wire.Rule{Kind: wire.RuleLoop, Cron: "* * 1 * *", Window: day},
			"按日程“* * 1 * *” 7:00 到 21:00 循环播放",
			`by the schedule "* * 1 * *", 7:00 to 21:00 in a loop`,
		}, {
			wire.Rule{Kind: wire.RuleOnce, Once: "2026-12-24T18:00:00", Rounds: 3, Pause: 3600},
			"2026-12-24 18:00 播放一次，共 3 遍，间隔 1 小时",
			"once, 2026-12-24 18:00, 3 rounds, 1 h between rounds",
		}, {
			wire.Rule{Kind: wire.RuleLoop, Window: day, From: "2026-11-24T07:30:15", Skip: []wire.Date{"2026-12-25", "2026-12-26"},
				On: []string{"market"}, Off: []string{"holidays", "exams"}},
			"每天 7:00 到 21:00 循环播放，自 2026-11-24 07:30:15 起，2026-12-25、2026-12-26 除外，只在日历“market”的日子，日历“holidays、exams”的日子除外",
			"every day, 7:00 to 21:00 in a loop, from 2026-11-24 07:30:15, except 2026-12-25, 2026-12-26, only on the days of market, not on the days of holidays, exams",
		},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "ZH-hans,en;q=0.5": c.zh, "en": c.en, "": c.en, "de": c.en} {
			if got := Sentence(c.rule, lang); got != want {
				t.Errorf("%s: %q, want %q", lang, got, want)
			}
		}
	}
}

func TestADefaultBeginningGoesWithoutSaying(t *testing.T) {
	zone := time.FixedZone("east", 8*3600)
	p := Programme{Created: time.Date(2026, 11, 24, 20, 0, 0, 0, zone), Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"08:00"}}}
	for from, want := range map[wire.DateTime]string{
		"":                    "every day at 8:00",
		"2026-11-24T00:00:00": "every day at 8:00",
		"2026-11-25T00:00:00": "every day at 8:00, from 2026-11-25 00:00",
	} {
		p.Rule.From = from
		if got := p.Says(zone, "en"); got != want {
			t.Errorf("valid from %q: %q, want %q", from, got, want)
		}
	}
}
