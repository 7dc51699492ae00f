package scheduler

import (
	"fmt"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Says is when the programme plays, as people say it. That it is valid from the
// day on which it was made goes without saying. zone is the county's.
func (p Programme) Says(zone *time.Location, lang string) string {
	rule := p.Rule
	if from := civil(rule.From, zone); !from.After(p.Created) {
		rule.From = ""
	}
	return Sentence(rule, lang)
}

// Sentence says a rule as people say it. lang is zh-CN or en; anything that does
// not begin with zh is English.
func Sentence(r wire.Rule, lang string) string {
	if strings.HasPrefix(strings.ToLower(lang), "zh") {
		return chinese.sentence(r)
	}
	return english.sentence(r)
}

// tongue holds the pieces of which a sentence is made. Those of the kinds take
// the days, then the window, the times or the instant.
type tongue struct {
	daily, weekdays, cron    string
	loop, every, at, once    string
	rounds, total, pause     string
	from, until, skip        string
	on, off                  string
	days                     [8]string
	hours, minutes, seconds  string
	listSep, joinSep, toward string
	window                   string
}

var chinese = tongue{
	daily: "每天", weekdays: "每周%s", cron: "按日程“%s”",
	loop: "%s %s 循环播放", every: "%s %s 每 %s一次", at: "%s %s", once: "%s 播放一次",
	rounds: "每次 %d 遍", total: "共 %d 遍", pause: "间隔 %s", from: "自 %s 起", until: "到 %s 止", skip: "%s 除外",
	on: "只在日历“%s”的日子", off: "日历“%s”的日子除外",
	days:  [8]string{"", "一", "二", "三", "四", "五", "六", "日"},
	hours: "%d 小时", minutes: "%d 分钟", seconds: "%d 秒",
	listSep: "、", joinSep: "，", toward: "%s至周%s", window: "%s 到 %s",
}

var english = tongue{
	daily: "every day", weekdays: "on %s", cron: `by the schedule "%s"`,
	loop: "%s, %s in a loop", every: "%s, %s every %s", at: "%s at %s", once: "once, %s",
	rounds: "%d rounds each", total: "%d rounds", pause: "%s between rounds", from: "from %s", until: "until %s", skip: "except %s",
	on: "only on the days of %s", off: "not on the days of %s",
	days:  [8]string{"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
	hours: "%d h", minutes: "%d min", seconds: "%d s",
	listSep: ", ", joinSep: ", ", toward: "%s to %s", window: "%s to %s",
}

func (t tongue) sentence(r wire.Rule) string {
	days := t.when(r)
	rounds := t.rounds
	var parts []string
	switch r.Kind {
	case wire.RuleLoop:
		parts = append(parts, fmt.Sprintf(t.loop, days, t.clockRange(r.Window)))
	case wire.RuleEvery:
		parts = append(parts, fmt.Sprintf(t.every, days, t.clockRange(r.Window), t.length(r.Every*60)))
	case wire.RuleAt:
		if len(r.Times) > 0 {
			days = fmt.Sprintf(t.at, days, t.clocks(r.Times))
		}
		parts = append(parts, days)
	case wire.RuleOnce:
		parts = append(parts, fmt.Sprintf(t.once, plain(r.Once)))
		rounds = t.total
	}
	if r.Rounds > 1 {
		parts = append(parts, fmt.Sprintf(rounds, r.Rounds))
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
		return fmt.Sprintf(t.weekdays, strings.Join(t.weekdayRuns(r.Days), t.listSep))
	}
	return t.daily
}

// weekdayRuns says days of the week, three and more in a row by the first and
// the last.
func (t tongue) weekdayRuns(given []int) (out []string) {
	var set [9]bool
	for _, d := range given {
		if d >= 1 && d <= 7 {
			set[d] = true
		}
	}
	for d := 1; d <= 7; d++ {
		if !set[d] {
			continue
		}
		last := d
		for set[last+1] {
			last++
		}
		if last-d >= 2 {
			out = append(out, fmt.Sprintf(t.toward, t.days[d], t.days[last]))
			d = last
			continue
		}
		out = append(out, t.days[d])
	}
	return out
}

func (t tongue) bounds(r wire.Rule) (parts []string) {
	say := func(form, what string) {
		if what != "" {
			parts = append(parts, fmt.Sprintf(form, what))
		}
	}
	skipped := make([]string, len(r.Skip))
	for i, d := range r.Skip {
		skipped[i] = string(d)
	}
	say(t.from, plain(r.From))
	say(t.until, plain(r.Until))
	say(t.skip, strings.Join(skipped, t.listSep))
	say(t.on, strings.Join(r.On, t.listSep))
	say(t.off, strings.Join(r.Off, t.listSep))
	return parts
}

func (t tongue) clockRange(w *wire.Window) string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf(t.window, clock(w.From), clock(w.To))
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
	switch {
	case s%3600 == 0:
		return fmt.Sprintf(t.hours, s/3600)
	case s%60 == 0:
		return fmt.Sprintf(t.minutes, s/60)
	}
	return fmt.Sprintf(t.seconds, s)
}

// clock drops the leading zero: 07:00 is said 7:00.
func clock(c wire.Clock) string { return strings.TrimPrefix(string(c), "0") }

// plain drops the seconds where there are none.
func plain(d wire.DateTime) string {
	s := strings.Replace(string(d), "T", " ", 1)
	if strings.Count(s, ":") == 2 {
		s = strings.TrimSuffix(s, ":00")
	}
	return s
}
