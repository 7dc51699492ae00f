package scheduler

import (
	"fmt"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// GraceDefault is how long a blocked round waits if nothing else is said, in seconds.
const GraceDefault = 600

// Sentence says a rule as people say it. lang is zh-CN or en; anything that does
// not begin with zh is English.
func Sentence(r wire.Rule, lang string) string {
	if strings.HasPrefix(lang, "zh") {
		return chinese.sentence(r)
	}
	return english.sentence(r)
}

// tongue holds the pieces of which a sentence is made.
type tongue struct {
	daily, weekdays, cron          string
	loop, every, at, once          string
	rounds, pause, join            string
	from, until, skip, on, off     string
	days                           [8]string
	listSep, joinSep, rangeOfClock string
}

var chinese = tongue{
	daily: "每天", weekdays: "每周%s", cron: "按 %s",
	loop: "%s循环播放", every: "%s每 %d 分钟一次", at: "%s", once: "%s 一次",
	rounds: "每次 %d 遍", pause: "间隔 %s", from: "自 %s 起", until: "到 %s 止", skip: "%s 除外", on: "只在%s的日子", off: "%s的日子除外",
	days:    [8]string{"", "一", "二", "三", "四", "五", "六", "日"},
	listSep: "、", joinSep: "，", rangeOfClock: "%s 到 %s",
}

var english = tongue{
	daily: "every day", weekdays: "on %s", cron: "by %s",
	loop: "%s in a loop", every: "%s every %d min", at: "at %s", once: "once, %s",
	rounds: "%d rounds each", pause: "%s between rounds", from: "from %s", until: "until %s", skip: "except %s", on: "only on the days of %s", off: "not on the days of %s",
	days:    [8]string{"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
	listSep: ", ", joinSep: ", ", rangeOfClock: "%s to %s",
}

func (t tongue) sentence(r wire.Rule) string {
	var parts []string
	if r.Kind != wire.RuleOnce {
		parts = append(parts, t.when(r))
	}
	switch r.Kind {
	case wire.RuleLoop:
		parts = append(parts, fmt.Sprintf(t.loop, t.window(r.Window)+" "))
	case wire.RuleEvery:
		parts = append(parts, fmt.Sprintf(t.every, t.window(r.Window)+" ", r.Every))
	case wire.RuleAt:
		if len(r.Times) > 0 {
			parts = append(parts, fmt.Sprintf(t.at, t.clocks(r.Times)))
		}
	case wire.RuleOnce:
		parts = append(parts, fmt.Sprintf(t.once, plain(r.Once)))
	}
	if r.Rounds > 1 {
		parts = append(parts, fmt.Sprintf(t.rounds, r.Rounds))
	}
	if r.Pause > 0 {
		parts = append(parts, fmt.Sprintf(t.pause, t.length(r.Pause)))
	}
	return strings.Join(append(parts, t.bounds(r)...), t.joinSep)
}

// when says the days.
func (t tongue) when(r wire.Rule) string {
	switch {
	case r.Cron != "":
		return fmt.Sprintf(t.cron, r.Cron)
	case len(r.Days) > 0 && len(r.Days) < 7:
		var names []string
		for _, d := range r.Days {
			if d >= 1 && d <= 7 {
				names = append(names, t.days[d])
			}
		}
		return fmt.Sprintf(t.weekdays, strings.Join(names, t.listSep))
	}
	return t.daily
}

func (t tongue) bounds(r wire.Rule) (parts []string) {
	if r.From != "" {
		parts = append(parts, fmt.Sprintf(t.from, plain(r.From)))
	}
	if r.Until != "" {
		parts = append(parts, fmt.Sprintf(t.until, plain(r.Until)))
	}
	if len(r.Skip) > 0 {
		days := make([]string, len(r.Skip))
		for i, d := range r.Skip {
			days[i] = string(d)
		}
		parts = append(parts, fmt.Sprintf(t.skip, strings.Join(days, t.listSep)))
	}
	if len(r.On) > 0 {
		parts = append(parts, fmt.Sprintf(t.on, strings.Join(r.On, t.listSep)))
	}
	if len(r.Off) > 0 {
		parts = append(parts, fmt.Sprintf(t.off, strings.Join(r.Off, t.listSep)))
	}
	return parts
}

func (t tongue) window(w *wire.Window) string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf(t.rangeOfClock, clock(w.From), clock(w.To))
}

func (t tongue) clocks(list []wire.Clock) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = clock(c)
	}
	return strings.Join(out, t.listSep)
}

// length says a number of seconds.
func (t tongue) length(s int) string {
	switch zh := t.daily == chinese.daily; {
	case s%60 == 0 && zh:
		return fmt.Sprintf("%d 分钟", s/60)
	case zh:
		return fmt.Sprintf("%d 秒", s)
	case s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	default:
		return fmt.Sprintf("%d s", s)
	}
}

// clock drops the leading zero: 07:00 is said 7:00.
func clock(c wire.Clock) string { return strings.TrimPrefix(string(c), "0") }

func plain(d wire.DateTime) string {
	return strings.TrimSuffix(strings.Replace(string(d), "T", " ", 1), ":00")
}
