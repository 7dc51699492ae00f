package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/configs"
	"github.com/villagecast/villagecast/scheduler/client"
)

// spanFlags are --from and --to.
type spanFlags struct{ from, to string }

func (f *spanFlags) add(s *shell, cmd *cobra.Command, from, to string) {
	cmd.Flags().StringVar(&f.from, "from", from, s.say("自：距现在的时长（-24h）或时刻（2026-11-24T07:00）", "from: a length from now (-24h) or an instant (2026-11-24T07:00)"))
	cmd.Flags().StringVar(&f.to, "to", to, s.say("到", "to"))
}

func (f *spanFlags) read(s *shell) (from, to time.Time, err error) {
	now := time.Now()
	if from, err = s.moment(f.from, now); err == nil {
		to, err = s.moment(f.to, now)
	}
	return from, to, err
}

func timetableCommand(s *shell) *cobra.Command {
	var span spanFlags
	draft := ""
	cmd := query(s, "timetable UNIT|AREA", s.say("将会播什么、为什么，签发之前也能看", "What will play and why, also before anything is released"), exactly("UNIT|AREA"),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Timetable, error) {
			from, to, err := span.read(s)
			if err != nil {
				return nil, err
			}
			q := client.TimetableQuery{From: from, To: to, Draft: draft, Unit: args[0]}
			areas, err := c.Areas(ctx)
			if err != nil {
				return nil, err
			}
			for _, a := range areas {
				if a.ID == args[0] {
					q.Unit, q.Area = "", a.ID
				}
			}
			all, err := c.Timetables(ctx, q)
			if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 404 && len(e.Errors) > 0 && e.Errors[0].Value == q.Unit {
				e.Detail = s.neither(ctx, c, q.Unit, areas)
			}
			return all, err
		}, s.timetables)
	span.add(s, cmd, "0s", "24h")
	cmd.Flags().StringVar(&draft, "draft", "", s.say("把这个播发任务的草稿当作已签发来看", "take the draft of this programme as if it were released"))
	return cmd
}

// neither says that an id is no unit's and no area's, and which was meant.
func (s *shell) neither(ctx context.Context, c *client.Client, id string, areas []client.Area) string {
	var ids []string
	for _, a := range areas {
		ids = append(ids, a.ID)
	}
	units, _ := c.Units(ctx, client.UnitFilter{}) // without them an area may still be near
	for _, u := range units {
		ids = append(ids, u.ID)
	}
	text := s.say("没有这个编号的终端或区域："+id, "there is no unit or area with the id "+strconv.Quote(id))
	if near := configs.Nearest(id, ids); near != "" {
		return text + s.say("；最接近的是 "+near, "; the nearest is "+strconv.Quote(near))
	}
	return text + s.say("；看看列表里有哪些", "; list what there is")
}

func (s *shell) timetables(all []client.Timetable) {
	for _, tt := range all {
		zone, err := time.LoadLocation(tt.Zone)
		if err != nil {
			zone = time.Local
		}
		at := func(t time.Time) string { return t.In(zone).Format("01-02 15:04:05") }
		s.tell(s.list(tt.Units)+"（"+tt.Zone+"）", s.list(tt.Units)+" ("+tt.Zone+")")
		t := newTable(s.say("自", "FROM"), s.say("到", "TO"), s.say("输出", "OUTPUT"), s.say("标题", "TITLE"), s.say("级别", "LEVEL"), s.say("原因", "WHY"))
		for _, st := range tt.Stretches {
			t.add(at(st.From), at(st.To), word(s, outputWords, st.Output), st.Title, word(s, levelWords, st.Level), st.Why)
		}
		t.print(s.out)
		for _, k := range tt.Skips {
			s.tell(fmt.Sprintf("不会播：%s %s，%s，%d 遍：%s", at(k.At), k.Programme, word(s, outputWords, k.Output), k.Rounds, k.Why),
				fmt.Sprintf("will not play: %s %s on %s, %d round(s): %s", at(k.At), k.Programme, k.Output, k.Rounds, k.Why))
		}
		for _, p := range tt.Problems {
			s.tell("问题："+p, "problem: "+p)
		}
		s.printf("\n")
	}
}

func asrunCommand(s *shell) *cobra.Command {
	var span spanFlags
	var q client.ProofQuery
	cmd := query(s, "asrun", s.say("播出记录：该播的和播了的，以及各自的结果", "The play log: what was due or played, each with its grade of proof"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.AsRun, error) {
			var err error
			if q.From, q.To, err = span.read(s); err != nil {
				return nil, err
			}
			return c.AsRun(ctx, q)
		},
		func(all []client.AsRun) {
			t := newTable(s.say("自", "FROM"), s.say("到", "TO"), s.say("终端", "UNIT"), s.say("输出", "OUTPUT"), s.say("标题", "TITLE"), s.say("播了", "PLAYED"), s.say("结果", "GRADE"), s.say("原因", "WHY"))
			for _, a := range all {
				t.add(s.clock(a.From), a.To.In(s.location()).Format("15:04:05"), a.Unit, word(s, outputWords, a.Output), a.Title, s.played(a), word(s, gradeWords, a.Grade), dash(a.Why))
			}
			t.print(s.out)
		})
	span.add(s, cmd, "-24h", "0s")
	f := cmd.Flags()
	f.StringVar(&q.Unit, "unit", "", s.say("只看这个终端", "only this unit"))
	f.StringVar(&q.Area, "area", "", s.say("只看这个区域及以下", "only this area and below"))
	f.StringVar(&q.Programme, "programme", "", s.say("只看这个播发任务", "only this programme"))
	return cmd
}

// played is how long something played, in how many rounds.
func (s *shell) played(a client.AsRun) string {
	if n := len(a.Rounds); n > 1 {
		return s.say(fmt.Sprintf("%s，%d 遍", span(a.Seconds), n), fmt.Sprintf("%s in %d rounds", span(a.Seconds), n))
	}
	return span(a.Seconds)
}

func outagesCommand(s *shell) *cobra.Command {
	var span spanFlags
	var q client.ProofQuery
	open := false
	cmd := query(s, "outages", s.say("终端什么时候中断，什么时候无人值守", "When units were lost to their villages, and when nobody watched"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (out lost, err error) {
			if q.From, q.To, err = span.read(s); err != nil {
				return out, err
			}
			if out.Outages, err = c.Outages(ctx, q, open); err == nil {
				out.NotWatched, err = c.Gaps(ctx, q.From, q.To)
			}
			return out, err
		},
		func(l lost) {
			s.outageTable(l.Outages)
			for _, g := range l.NotWatched {
				s.tell(fmt.Sprintf("无人值守 %s 到 %s：%s", s.clock(g.From), s.clock(g.To), g.Why), fmt.Sprintf("not watched %s to %s: %s", s.clock(g.From), s.clock(g.To), g.Why))
			}
		})
	span.add(s, cmd, "-168h", "0s")
	f := cmd.Flags()
	f.StringVar(&q.Unit, "unit", "", s.say("只看这个终端", "only this unit"))
	f.StringVar(&q.Area, "area", "", s.say("只看这个区域及以下", "only this area and below"))
	f.BoolVar(&open, "open", false, s.say("只看还没恢复的", "only those that last"))
	return cmd
}

// lost is what the centre knows of lost time: its units', and its own.
type lost struct {
	Outages    []client.Outage `json:"outages"`
	NotWatched []client.Gap    `json:"notWatched"`
}

func (s *shell) outageTable(all []client.Outage) {
	if len(all) == 0 {
		s.tell("没有中断", "no outages")
		return
	}
	t := newTable(s.say("终端", "UNIT"), s.say("区域", "AREA"), s.say("状况", "KIND"), s.say("自", "FROM"), s.say("到", "TO"), s.say("原因", "CAUSE"))
	for _, o := range all {
		to := s.say("还没恢复", "still")
		if o.To != nil {
			to = s.clock(*o.To)
		}
		t.add(o.Unit, dash(o.Area), word(s, outageWords, o.Kind), s.clock(o.From), to, dash(o.Text))
	}
	t.print(s.out)
}
