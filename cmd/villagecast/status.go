package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func statusCommand(s *shell) *cobra.Command {
	watch := false
	cmd := &cobra.Command{Use: "status", Short: s.say("全县一览", "The county at a glance"), Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if watch {
				return s.watch(cmd.Context(), c)
			}
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			return s.show(st, func() { s.status(st) })
		}}
	cmd.Flags().BoolVar(&watch, "watch", false, s.say("有变化就重新显示", "show it anew at every change"))
	return cmd
}

// watch shows the status at every change, at most once a second, and says how
// old it is when the centre no longer answers.
func (s *shell) watch(ctx context.Context, c *client.Client) error {
	for ctx.Err() == nil {
		st, err := c.Status(ctx)
		if ctx.Err() != nil {
			break
		}
		if terminal(s.out) && !s.json {
			s.printf("\x1b[H\x1b[2J")
		}
		if err != nil {
			s.printf("%s  %s\n", time.Now().In(s.location()).Format("15:04:05"), said(err, s.lang))
		} else if err := s.show(st, func() { s.status(st) }); err != nil {
			return err
		}
		s.untilChange(ctx, c)
	}
	return ctx.Err()
}

// untilChange waits for the next event, but not longer than 15 s and not
// shorter than one.
func (s *shell) untilChange(ctx context.Context, c *client.Client) {
	short, stop := context.WithTimeout(ctx, 15*time.Second)
	defer stop()
	pause := time.NewTimer(time.Second)
	defer pause.Stop()
	_ = c.Events(short, 0, func(client.Event) bool { return false })
	select {
	case <-ctx.Done():
	case <-pause.C:
	}
}

func (s *shell) status(st client.Status) {
	s.printf("%s%s%s\n", cmp.Or(st.County, s.say("县名未填", "county without a name")), s.say("，", ", "), s.clock(st.At))
	if st.Incident != nil {
		s.printf("*** %s\n", s.banner(*st.Incident))
	}
	s.row("终端", "units", s.counted(st.Units))
	if st.NotWatched != "" {
		s.printf("%s%s\n", s.say("无人值守：", "not watched: "), st.NotWatched)
	}
	s.row("送达", "delivery", s.delivered(st.Delivery))
	s.held(st)
	if st.Secrets > 0 {
		s.row("密码登录", "secrets", s.say(fmt.Sprintf("%d 个终端仍用旧版密码：升级其播控程序，或发新的入网码", st.Secrets),
			fmt.Sprintf("%s still by the secret of an earlier version: upgrade the agent, or issue a claim", many(st.Secrets, "unit"))))
	}
	if st.ClockUntrusted+st.ClockUncertain > 0 {
		s.row("时钟", "clocks", s.say(fmt.Sprintf("%d 个终端不知道时间，不播定时内容；%d 个可能差半分钟以上", st.ClockUntrusted, st.ClockUncertain),
			fmt.Sprintf("%d units do not know the time and play nothing scheduled, %d may be off by more than half a minute", st.ClockUntrusted, st.ClockUncertain)))
	}
	for _, w := range st.Warnings {
		s.row("预警", "WARNING", s.say(fmt.Sprintf("%s %s，%s，到 %s", word(s, levelWords, w.Level), w.Text, w.Area, s.clock(w.Until)),
			fmt.Sprintf("%s %s in %s, until %s", w.Level, w.Text, w.Area, s.clock(w.Until))))
	}
	for _, o := range st.OnAir {
		s.row("正在播", "on air", s.say(fmt.Sprintf("%s（%s），%d 个终端，自 %s", o.Title, word(s, levelWords, o.Level), o.Units, s.clock(o.Since)),
			fmt.Sprintf("%s (%s) on %s since %s", o.Title, o.Level, many(o.Units, "unit"), s.clock(o.Since))))
	}
	if len(st.Missing) > 0 {
		s.row("没播到", "missing", s.say(fmt.Sprintf("%d 个村没有一个终端联系得上：%s", len(st.Missing), strings.Join(st.Missing, "、")),
			fmt.Sprintf("%s with no unit that can be reached: %s", many(len(st.Missing), "village"), strings.Join(st.Missing, ", "))))
	}
	if len(st.Towns) > 0 {
		t := newTable("", s.say("区域", "TOWN"), s.say("终端", "UNITS"), s.say("播出中", "ON AIR"), s.say("待播", "IDLE"), s.say("无声", "SILENT"), s.say("离线", "OFFLINE"))
		for _, a := range st.Towns {
			t.add("", a.Name, a.Units.All, a.Units.OnAir, a.Units.Idle, a.Units.Silent, a.Units.Offline)
		}
		t.print(s.out)
	}
	if len(st.Outages) > 0 {
		s.outageTable(st.Outages)
	}
}

// held says what keeps units from playing what they would, and what waits.
func (s *shell) held(st client.Status) {
	for _, f := range st.Freezes {
		s.row("重保期", "freeze", s.frozen(f))
	}
	for _, w := range st.Waiting {
		s.row("待审", "waiting", s.waiting(w))
	}
	for _, f := range st.InForce {
		if f.Kind != "pause" && f.Kind != "freeze" { // they have a row of their own
			s.row("生效中", "in force", s.inForce(f))
		}
	}
	for _, m := range st.Paused {
		s.row("暂停", "paused", s.paused(m))
	}
	for _, t := range st.Troubled {
		s.row("异常", "trouble", s.trouble(t))
	}
}

// row prints one line of it, its label in a column of ten.
func (s *shell) row(zh, en, text string) {
	label := s.say(zh, en)
	s.printf("%s%s%s\n", label, strings.Repeat(" ", max(10-cells(label), 1)), text)
}

// counted says how many units there are, by what they show.
func (s *shell) counted(u client.Counts) string {
	return s.say(fmt.Sprintf("%d：播出中 %d，待播 %d，无声 %d，离线 %d，未知 %d，未定位置 %d，未安装 %d，暂停 %d", u.All, u.OnAir, u.Idle, u.Silent, u.Offline, u.Unknown, u.Unplaced, u.Planned, u.Paused),
		fmt.Sprintf("%d: %d on air, %d idle, %d silent, %d offline, %d unknown, %d without a place, %d planned, %d paused", u.All, u.OnAir, u.Idle, u.Silent, u.Offline, u.Unknown, u.Unplaced, u.Planned, u.Paused))
}
