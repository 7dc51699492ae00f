package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func releaseCommand(s *shell) *cobra.Command {
	now := false
	cmd := query(s, "release PROGRAMME", s.say("签发播发任务的草稿，十秒内可撤销", "Puts the draft of a programme on air, after ten seconds in which it can be undone"), exactly("PROGRAMME"),
		func(ctx context.Context, c *client.Client, args []string) (client.Released, error) {
			s.numbers(ctx, c, args[0])
			return c.Release(ctx, args[0], now)
		}, s.released)
	cmd.Flags().BoolVar(&now, "now", false, s.say("立即生效，不留撤销时间", "at once, without time to undo it"))
	return cmd
}

func (s *shell) released(r client.Released) {
	p := r.Programme
	if sub := p.Submission; p.State == "releasing" && sub != nil && sub.Effective != nil {
		at := sub.Effective.In(s.location()).Format("15:04:05")
		s.printf("%s\n", s.say(fmt.Sprintf("%s 第 %d 版将于 %s 播向 %d 个村 %d 个终端；此前可撤销：villagecast programmes undo %s", p.ID, p.Version, at, r.Villages, r.Units, p.ID),
			fmt.Sprintf("%s version %d goes out at %s to %s, %s; until then: villagecast programmes undo %s", p.ID, p.Version, at, many(r.Villages, "village"), many(r.Units, "unit"), p.ID)))
	} else {
		s.tell(fmt.Sprintf("%s 第 %d 版已签发，播向 %d 个村 %d 个终端（%d 条消息）", p.ID, p.Version, r.Villages, r.Units, r.Addresses),
			fmt.Sprintf("%s version %d released to %s, %s (%s)", p.ID, p.Version, many(r.Villages, "village"), many(r.Units, "unit"), many(r.Addresses, "message")))
	}
	s.printf("%s %s\n", s.say("截止", "until"), s.ends(p))
	s.unreachable(r.Offline)
}

// unreachable names the units that cannot be reached now.
func (s *shell) unreachable(offline []string) {
	if len(offline) > 0 {
		s.tell(fmt.Sprintf("%d 个终端现在联系不上，回来后自动接收：%s", len(offline), s.list(offline)),
			fmt.Sprintf("not reachable now, they take it when they are back: %s: %s", many(len(offline), "unit"), s.list(offline)))
	}
}

// stopped names what was ended.
func (s *shell) stopped(r client.Stopped) string {
	all := append([]string{}, r.Programmes...)
	for _, w := range r.Warnings {
		all = append(all, s.say("预警 ", "warning ")+w)
	}
	if len(all) == 0 {
		return s.say("没有正在播的", "nothing was on air")
	}
	return s.list(all)
}

func warnCommand(s *shell) *cobra.Command {
	var w client.WarningSpec
	var level, until string
	cmd := query(s, "warn AREA", s.say("向一个区域的所有喇叭和屏幕发预警，立即播出", "Sends a warning to every loudspeaker and screen of an area, at once"), exactly("AREA"),
		func(ctx context.Context, c *client.Client, args []string) (client.Warning, error) {
			w.Area, w.Level = args[0], wire.Level(level)
			end, err := s.moment(until, time.Now())
			if err != nil {
				return client.Warning{}, err
			}
			w.Until = end
			if w.Audio, err = wholeID(ctx, c, w.Audio); err != nil {
				return client.Warning{}, err
			}
			return c.Warn(ctx, w)
		},
		s.warned)
	f := cmd.Flags()
	f.StringVar(&level, "level", "", s.say("blue、yellow、orange 或 red（蓝、黄、橙、红）", "blue, yellow, orange or red"))
	f.StringVar(&w.Title, "title", "", s.say("标题", "title"))
	f.StringVar(&w.Text, "text", "", s.say("文字：显示在屏幕上；没有 --asset 就念出来", "text: shown on screens, and spoken unless --asset is given"))
	f.StringVar(&w.Audio, "asset", "", s.say("要播的音频媒资", "audio asset to play"))
	f.IntVar(&w.Repeat, "repeat", 0, s.say("遍数（默认：播到结束时间）", "rounds (default: until the end)"))
	f.IntVar(&w.Pause, "pause", 5, s.say("两遍之间的秒数", "seconds between rounds"))
	f.StringVar(&until, "until", "1h", s.say("结束：时长（30m、2h）或时刻（2026-11-24T18:00）", "end: a length (30m, 2h) or an instant (2026-11-24T18:00)"))
	return cmd
}

func (s *shell) warned(w client.Warning) {
	if w.Waits {
		s.printf("%s\n", s.say(fmt.Sprintf("预警 %s（%s）尚未播出：须由另一名值班员或管理员确认：villagecast confirm %s", w.ID, word(s, levelWords, w.Level), w.ID),
			fmt.Sprintf("warning %s (%s) is NOT out: it waits for a second person, a duty officer or an administrator: villagecast confirm %s", w.ID, w.Level, w.ID)))
	} else {
		s.printf("%s\n", s.say(fmt.Sprintf("预警 %s（%s）已发往 %d 个终端，到 %s 为止", w.ID, word(s, levelWords, w.Level), w.Units, s.clock(w.Until)),
			fmt.Sprintf("warning %s (%s) to %s, until %s", w.ID, w.Level, many(w.Units, "unit"), s.clock(w.Until))))
	}
	if w.Spoken != "" && w.Spoken != "yes" {
		_, why, _ := strings.Cut(w.Spoken, ": ")
		s.printf("%s\n", s.say("只上屏幕，没有声音："+why, "on screens only; spoken: "+w.Spoken))
	}
	if w.Later != nil {
		s.printf("%s\n", s.later(*w.Later, w.Until))
	}
	s.printf("%svillagecast lift %s\n", s.say("提前结束：", "end it with: "), w.ID)
}

// later says where a warning does not sound yet.
func (s *shell) later(l client.Later, end time.Time) string {
	switch {
	case l.Until != nil && !l.Until.Before(end):
		return s.say(fmt.Sprintf("%d 个终端要等到 %s 才能发声（%s），而预警 %s 就结束：只上屏幕", l.Units, s.clock(*l.Until), l.Why, s.clock(end)),
			fmt.Sprintf("over before it may sound on %s at %s (%s): there on screens only", many(l.Units, "unit"), s.clock(*l.Until), l.Why))
	case l.Until == nil:
		return s.say(fmt.Sprintf("%d 个终端一年内不发声（%s），屏幕立即显示", l.Units, l.Why),
			fmt.Sprintf("does not sound on %s within a year (%s); screens show it at once", many(l.Units, "unit"), l.Why))
	}
	return s.say(fmt.Sprintf("%d 个终端等到 %s 才发声（%s），屏幕立即显示", l.Units, s.clock(*l.Until), l.Why),
		fmt.Sprintf("waits until %s on sound on %s (%s); screens show it at once", s.clock(*l.Until), many(l.Units, "unit"), l.Why))
}

func liftCommand(s *shell) *cobra.Command {
	return query(s, "lift WARNING", s.say("解除预警", "Ends a warning"), exactly("WARNING"),
		func(ctx context.Context, c *client.Client, args []string) (client.Warning, error) {
			return c.Lift(ctx, args[0])
		},
		func(w client.Warning) {
			s.printf("%s\n", s.say("预警 "+w.ID+" 已解除", "warning "+w.ID+" lifted"))
		})
}

// moment reads a length from now, or an instant in the county's zone.
func (s *shell) moment(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, s.location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("%q 不是时间：写成 90m、-24h、2026-11-24 或 2026-11-24T18:00", "%q is no time; write 90m, -24h, 2026-11-24 or 2026-11-24T18:00", text)
}
