package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func programmesCommand(s *shell) *cobra.Command {
	return parent("programmes", s.say("什么内容在哪里、什么时候播", "What plays where and when"),
		programmesList(s), programmesShow(s), programmesPut(s), programmesCheck(s), programmesCorrect(s), programmesRecord(s),
		programmesSubmit(s), programmesReview(s), programmesApprove(s), programmesReturn(s), programmesUndo(s))
}

func programmesList(s *shell) *cobra.Command {
	return query(s, "list", s.say("列出播发任务", "Lists programmes"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Programme, error) {
			return c.Programmes(ctx)
		},
		func(all []client.Programme) {
			t := newTable(s.say("播发任务", "PROGRAMME"), s.say("版本", "VERSION"), s.say("状态", "STATE"), s.say("标题", "TITLE"), s.say("级别", "LEVEL"), s.say("发往", "TO"), s.say("时间", "WHEN"))
			for _, p := range all {
				t.add(p.ID, p.Version, s.standing(p), p.Title, word(s, levelWords, p.Level), s.targets(p.Targets), p.Says)
			}
			t.print(s.out)
		})
}

func (s *shell) targets(t client.Targets) string {
	list := append(append(append([]string{}, t.Areas...), t.Groups...), t.Units...)
	if t.Heard != "" {
		list = append(list, s.say("播过 "+t.Heard+" 的终端", "those who played "+t.Heard))
	}
	text := s.list(list)
	if len(t.Except) > 0 {
		text += s.say("，"+s.list(t.Except)+" 除外", " except "+s.list(t.Except))
	}
	return dash(text)
}

func programmesShow(s *shell) *cobra.Command {
	version := 0
	cmd := query(s, "show ID", s.say("显示一个播发任务和接下来的时间", "Shows one programme with its next times"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			return c.Programme(ctx, args[0], version)
		}, s.programme)
	cmd.Flags().IntVar(&version, "version", 0, s.say("版本（默认：最新的）", "version (default: the newest)"))
	return cmd
}

func (s *shell) programme(p client.Programme) {
	s.tell(fmt.Sprintf("%s %s，%s：%s", p.ID, s.version(p.Version), s.standing(p), p.Title), fmt.Sprintf("%s %s, %s: %s", p.ID, s.version(p.Version), s.standing(p), p.Title))
	s.submission(p)
	s.row("时间", "when", p.Says)
	s.row("发往", "to", s.say(fmt.Sprintf("%s，以 %s 的名义", s.targets(p.Targets), p.Issuer), fmt.Sprintf("%s, in the name of %s", s.targets(p.Targets), p.Issuer)))
	s.row("级别", "level", s.say(fmt.Sprintf("%s，优先级 %d，音量 %d %%", word(s, levelWords, p.Level), p.Priority, p.Volume), fmt.Sprintf("%s, priority %d, volume %d %%", p.Level, p.Priority, p.Volume)))
	s.row("被打断", "if cut", s.say(fmt.Sprintf("%s；轮不到时%s", onwardWords[p.OnCut], onwardWords[p.OnBlock]), fmt.Sprintf("%s; if blocked %s", p.OnCut, p.OnBlock)))
	if p.Grace != nil && p.Rule.Kind != wire.RuleLoop { // a loop waits as long as its window
		s.row("最多等", "grace", s.say(span(float64(*p.Grace)), span(float64(*p.Grace))+" to wait"))
	}
	s.limits(p)
	for i, at := range p.Next {
		if i == 0 {
			s.row("接下来", "next", s.clock(at))
		} else {
			s.row("", "", s.clock(at))
		}
	}
}

// version names one of a programme.
func (s *shell) version(n int) string {
	return s.say(fmt.Sprintf("第 %d 版", n), fmt.Sprintf("version %d", n))
}

// titled names a version by its title, with its id.
func (s *shell) titled(title, id string, version int) string {
	return s.say(fmt.Sprintf("%s（%s，%s）", title, id, s.version(version)), fmt.Sprintf("%s (%s, %s)", title, id, s.version(version)))
}

// limits says what bounds a programme: its end, how long it may sound, and how
// long without a word of the centre.
func (s *shell) limits(p client.Programme) {
	if text := s.ends(p); text != "" {
		s.row("截止", "until", text)
	}
	if p.MaxPlay > 0 {
		s.row("最长", "at most", s.say("一轮或一串 "+span(float64(p.MaxPlay)), span(float64(p.MaxPlay))+" a round or chain"))
	}
	if p.SilentAfter > 0 {
		s.row("失联停播", "silent", s.say(fmt.Sprintf("%d 小时没有中心的消息就不再播", p.SilentAfter), fmt.Sprintf("after %d h without a word of the centre", p.SilentAfter)))
	}
}

// ends says when a programme's validity is over; who gave no end is told so.
func (s *shell) ends(p client.Programme) string {
	switch {
	case p.Ends == nil:
		return s.say("签发后第 7 天结束（未填截止时间）", "the end of the seventh day after the release: no end was given")
	case p.EndAssumed:
		return s.clock(*p.Ends) + s.say("（未填截止时间，按 7 天）", ": no end was given, so 7 days")
	}
	return s.clock(*p.Ends)
}

func programmesPut(s *shell) *cobra.Command {
	var p client.ProgrammeSpec
	var r ruleFlags
	level, grace := "", 0
	var cmd *cobra.Command
	cmd = query(s, "put ID", s.say("添加或修改播发任务的草稿；release 签发", "Makes or changes the draft of a programme; release puts it on air"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			p.ID, p.Level = args[0], wire.Level(level)
			if cmd.Flags().Changed("grace") { // 0 is a grace, too
				p.Grace = &grace
			}
			var err error
			if p.Rule, err = r.rule(); err != nil {
				return client.Programme{}, err
			}
			return c.PutProgramme(ctx, p)
		}, s.programme)
	f := cmd.Flags()
	f.StringVar(&p.Title, "title", "", s.say("标题", "title"))
	f.StringVar(&p.Playlist, "playlist", "", s.say("节目单的编号", "id of the playlist"))
	f.StringSliceVar(&p.Targets.Areas, "area", nil, s.say("发往这些区域及以下", "to these areas and all below"))
	f.StringSliceVar(&p.Targets.Groups, "group", nil, s.say("发往这些分组", "to these groups"))
	f.StringSliceVar(&p.Targets.Units, "unit", nil, s.say("发往这些终端", "to these units"))
	f.StringSliceVar(&p.Targets.Except, "except", nil, s.say("这些区域和终端除外", "but not to these areas and units"))
	f.StringVar(&p.Issuer, "issuer", "", s.say("以哪个区域的名义播（默认：县）", "area in whose name it goes out (default: the county)"))
	f.StringVar(&level, "level", "", s.say("background 或 timed（背景节目、定时通知；默认：循环的为背景，其余为定时）", "background or timed (default: background for loops, else timed)"))
	f.IntVar(&p.Priority, "priority", 0, s.say("同级别、同名义的播发任务之间；大的优先", "among programmes of one level and issuer; higher first"))
	f.StringVar(&p.Category, "category", "", s.say("类别", "category"))
	f.StringVar(&p.Campaign, "campaign", "", s.say("专题", "campaign"))
	f.StringVar(&p.OnCut, "on-cut", "", s.say("rejoin、resume 或 skip（按时间接回、从断处续播、跳过）", "rejoin, resume or skip"))
	f.StringVar(&p.OnBlock, "on-block", "", s.say("wait 或 skip（等待、跳过）", "wait or skip"))
	f.IntVar(&grace, "grace", 600, s.say("被打断或轮不到时最多等的秒数；循环的等到时段结束", "seconds that a round which is cut or blocked may wait; a loop waits as long as its window"))
	f.IntVar(&p.Volume, "volume", 0, s.say("终端音量的百分比（默认 100）", "per cent of the unit's volume (default 100)"))
	f.IntVar(&p.MaxPlay, "max-play", 0, s.say("一轮或一串最长的秒数（默认 14400）", "seconds after which a round or chain is ended (default 14400)"))
	f.IntVar(&p.SilentAfter, "silent-after", 0, s.say("多少小时没有中心的消息就不再播（默认：一直播）", "hours without a word of the centre after which units fall silent (default: never)"))
	r.add(s, cmd)
	return cmd
}

// ruleFlags are the rule as flags of the command line.
type ruleFlags struct {
	loop, once, cron, from, until string
	every                         string
	at, skip, on, off             []string
	days                          []int
	rounds, pause                 int
}

func (r *ruleFlags) add(s *shell, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.loop, "loop", "", s.say("在时段里一遍接一遍：07:00-21:00", "rounds one after the other in a window: 07:00-21:00"))
	f.StringVar(&r.every, "every", "", s.say("在时段里每 n 分钟一遍：30@07:00-21:00", "a round each n minutes in a window: 30@07:00-21:00"))
	f.StringSliceVar(&r.at, "at", nil, s.say("在固定时刻：07:00,12:00,18:00", "at fixed times: 07:00,12:00,18:00"))
	f.StringVar(&r.once, "once", "", s.say("一次：2026-11-24T18:00", "once: 2026-11-24T18:00"))
	f.StringVar(&r.cron, "cron", "", s.say("cron 表达式：配 --at 时写日期和时刻，配时段时写日期", "cron expression for days and times, for --at rules, or days, for windows"))
	f.IntVar(&r.rounds, "rounds", 0, s.say("每次几遍，用于 --at 和 --once", "rounds each time, for --at and --once"))
	f.IntVar(&r.pause, "pause", 0, s.say("两遍之间的秒数", "seconds between rounds"))
	f.IntSliceVar(&r.days, "days", nil, s.say("星期几，1 是星期一，7 是星期日", "days of the week, 1 Monday to 7 Sunday"))
	f.StringVar(&r.from, "from", "", s.say("何时起有效：2026-11-24T00:00", "valid from: 2026-11-24T00:00"))
	f.StringVar(&r.until, "until", "", s.say("有效到何时（默认：签发后第七天结束）", "valid until (default: the end of the seventh day after the release)"))
	f.StringSliceVar(&r.skip, "skip", nil, s.say("不播的日子：2026-12-25", "days on which it does not play: 2026-12-25"))
	f.StringSliceVar(&r.on, "on", nil, s.say("只在这些日历的日子", "only on days of these calendars"))
	f.StringSliceVar(&r.off, "off", nil, s.say("这些日历的日子除外", "not on days of these calendars"))
}

func (r *ruleFlags) rule() (wire.Rule, error) {
	out := wire.Rule{Rounds: r.rounds, Pause: r.pause, Cron: r.cron, Days: r.days,
		From: instant(r.from), Until: instant(r.until), On: r.on, Off: r.off}
	for _, d := range r.skip {
		out.Skip = append(out.Skip, wire.Date(d))
	}
	kinds := 0
	if r.loop != "" {
		kinds++
		out.Kind, out.Window = wire.RuleLoop, window(r.loop)
	}
	if r.every != "" {
		kinds++
		minutes, win, _ := strings.Cut(r.every, "@")
		n, err := strconv.Atoi(minutes)
		if err != nil {
			return out, usage("--every %q 要写成 30@07:00-21:00", "--every %q: write it as 30@07:00-21:00", r.every)
		}
		out.Kind, out.Every, out.Window = wire.RuleEvery, n, window(win)
	}
	if len(r.at) > 0 || r.cron != "" && kinds == 0 && r.once == "" {
		kinds++
		out.Kind = wire.RuleAt
		for _, t := range r.at {
			out.Times = append(out.Times, wire.Clock(t))
		}
	}
	if r.once != "" {
		kinds++
		out.Kind, out.Once = wire.RuleOnce, instant(r.once)
	}
	if kinds != 1 {
		return out, usage("写明什么时候播，只用一种：--loop、--every、--at（或 --cron）、--once", "say when in one way: --loop, --every, --at (or --cron), or --once")
	}
	return out, nil
}

// window reads "07:00-21:00"; what is wrong with it the centre says.
func window(s string) *wire.Window {
	from, to, _ := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-")
	return &wire.Window{From: wire.Clock(from), To: wire.Clock(to)}
}

// instant fills up a civil instant without seconds.
func instant(s string) wire.DateTime {
	if strings.Count(s, ":") == 1 {
		s += ":00"
	}
	return wire.DateTime(s)
}
