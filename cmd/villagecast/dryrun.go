package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func programmesCheck(s *shell) *cobra.Command {
	version := 0
	cmd := query(s, "check ID", s.say("播前核对：签发后会怎样，用数字说", "Dry run: what a release would do, in numbers"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.DryRun, error) {
			return c.DryRun(ctx, args[0], version)
		}, s.dryRun)
	cmd.Flags().IntVar(&version, "version", 0, s.say("版本（默认：最新的）", "version (default: the newest)"))
	return cmd
}

// minutes are rounded up: what sounds for seconds sounds.
func minutes(seconds float64) int { return int(math.Ceil(seconds/60 - 1e-9)) }

// numbers prints a dry run in one line before something is done: who meant one
// village sees nine. Where there is none the act itself says why.
func (s *shell) numbers(ctx context.Context, c *client.Client, programme string) {
	if d, err := c.DryRun(ctx, programme, 0); err == nil && !s.json {
		s.printf("%s\n", s.dryLine(d))
	}
}

// dryLine is a dry run in one line: what somebody sees who meant one village.
func (s *shell) dryLine(d client.DryRun) string {
	parts := []string{
		s.say(fmt.Sprintf("%d 个村", d.Villages), many(d.Villages, "village")),
		s.say(fmt.Sprintf("%d 个终端", d.Units), many(d.Units, "unit")),
		s.say(fmt.Sprintf("%d 个现在联系不上", len(d.Unreachable)), fmt.Sprintf("%d not reachable now", len(d.Unreachable))),
	}
	if d.Sounds {
		day := client.DryDay{}
		for _, x := range d.Days {
			if x.Asked > day.Asked {
				day = x
			}
		}
		parts = append(parts, s.say(fmt.Sprintf("每天至多 %d 分钟、共 %d 分钟", minutes(day.Asked), minutes(d.Whole)),
			fmt.Sprintf("up to %d min of sound a day, %d in all", minutes(day.Asked), minutes(d.Whole))),
			s.say(fmt.Sprintf("夜间响 %d 分钟", minutes(d.Week.NightSounds)), fmt.Sprintf("%d min of it at night", minutes(d.Week.NightSounds))))
		if d.Week.Quiet > 0 {
			parts = append(parts, s.say(fmt.Sprintf("静默时段略过 %d 分钟", minutes(d.Week.Quiet)), fmt.Sprintf("%d min skipped in quiet hours", minutes(d.Week.Quiet))))
		}
	}
	for _, p := range []struct {
		n      int
		zh, en string
	}{{len(d.TooOld), "%d 个终端版本过旧", "%d agents too old"}, {len(d.Cuts), "%d 个节目会打断它", "others that cut it: %d"},
		{len(d.Calendars), "%d 个日历缺日期", "%d calendars without dates"}, {len(d.Problems), "%d 个问题", "%d problems"}} {
		if p.n > 0 {
			parts = append(parts, s.say(fmt.Sprintf(p.zh, p.n), fmt.Sprintf(p.en, p.n)))
		}
	}
	return strings.Join(parts, s.say("，", ", "))
}

func (s *shell) dryRun(d client.DryRun) {
	s.printf("%s%s%s\n", s.titled(d.Title, d.Programme, d.Version), s.say("：", ": "), s.dryLine(d))
	if len(d.Unreachable) > 0 {
		var names []string
		for _, u := range d.Unreachable[:min(len(d.Unreachable), 20)] {
			names = append(names, s.say(u.Unit+"（"+u.Area+"）", u.Unit+" ("+u.Area+")"))
		}
		if more := len(d.Unreachable) - len(names); more > 0 {
			names = append(names, s.say(fmt.Sprintf("还有 %d 个", more), fmt.Sprintf("%d more", more)))
		}
		s.printf("%s%s\n", s.say("联系不上：", "not reachable now: "), s.list(names))
	}
	if len(d.Days) > 0 && d.Sounds {
		t := newTable(s.say("日期", "DAY"), s.say("分钟", "MINUTES"), s.say("静默时段略过", "SKIPPED IN QUIET HOURS"), s.say("22:00 到 06:00", "22:00-06:00"), s.say("夜间响", "SOUNDS AT NIGHT"))
		for _, x := range d.Days {
			t.add(string(x.Date), minutes(x.Asked), minutes(x.Quiet), minutes(x.Night), minutes(x.NightSounds))
		}
		t.print(s.out)
		plays := s.say(fmt.Sprintf("实际播出 %d 分钟", minutes(d.Plays)), fmt.Sprintf("of these days' %d min a horn will play %d", minutes(d.Week.Asked), minutes(d.Plays)))
		if d.Least < d.Plays {
			plays += s.say(fmt.Sprintf("，最少的 %d 分钟", minutes(d.Least)), fmt.Sprintf(", the one with least %d", minutes(d.Least)))
		}
		s.printf("%s\n", plays)
	}
	for _, c := range d.Cuts {
		name := c.ID
		if c.Title != "" {
			name = s.say(c.Title+"（"+c.ID+"）", c.Title+" ("+c.ID+")")
		}
		s.printf("%s\n", s.say(fmt.Sprintf("被打断：%s，%d 个终端，至多 %d 次", name, c.Units, c.Times), fmt.Sprintf("cut by %s on %s, up to %d times", name, many(c.Units, "unit"), c.Times)))
	}
	if len(d.TooOld) > 0 {
		s.printf("%s%s\n", s.say("版本过旧：", "agent too old: "), s.list(d.TooOld))
	}
	for _, c := range d.Calendars {
		year := ""
		if c.Year > 0 {
			year = fmt.Sprint(" ", c.Year)
		}
		s.printf("%s\n", s.say("日历缺日期："+c.ID+year, "calendar without dates: "+c.ID+year))
	}
	for _, p := range d.Problems {
		s.printf("%s%s\n", s.say("问题：", "problem: "), p)
	}
}
