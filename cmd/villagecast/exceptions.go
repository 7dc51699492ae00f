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

func exceptionsCommand(s *shell) *cobra.Command {
	return parent("exceptions", s.say("有期限的静默：考试、午休、丧事；屏幕照常", "Quiet times with an end: an exam, a noon rest, a funeral; screens go on"), exceptionsList(s), exceptionsAdd(s), exceptionsEnd(s))
}

func exceptionsList(s *shell) *cobra.Command {
	area := ""
	cmd := query(s, "list", s.say("列出生效中和将要开始的例外，以及谁可以解除", "Exceptions in force or to come, with who may end them"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Exception, error) {
			return c.Exceptions(ctx, area)
		},
		func(all []client.Exception) {
			t := newTable(s.say("例外", "EXCEPTION"), s.say("哪里", "WHERE"), s.say("自", "FROM"), s.say("到", "UNTIL"), s.say("每天", "DAILY"),
				s.say("仍发声的预警", "STILL SOUND"), s.say("谁设的", "BY"), s.say("可解除", "MAY END"), s.say("原因", "WHY"))
			for _, e := range all {
				t.add(e.ID, e.Area+e.Unit, s.clock(*e.From), s.clock(e.Until), s.daily(e), s.loud(e.Loud), dash(e.By), s.roleNames(e.MayLift), e.Why)
			}
			t.print(s.out)
		})
	cmd.Flags().StringVar(&area, "area", "", s.say("只看与这个区域有关的", "only those that concern this area"))
	return cmd
}

func (s *shell) daily(e client.Exception) string {
	if e.Daily == nil {
		return s.say("全天", "all day")
	}
	return string(e.Daily.From) + "–" + string(e.Daily.To)
}

// loud names the warning levels that still sound.
func (s *shell) loud(levels []wire.Level) string {
	if len(levels) == 0 {
		return s.say("同静默时段", "as in quiet hours")
	}
	var words []string
	for _, l := range levels {
		words = append(words, word(s, levelWords, l))
	}
	return s.list(words)
}

func (s *shell) roleNames(names []string) string {
	var words []string
	for _, r := range names {
		words = append(words, word(s, roles, r))
	}
	return s.list(words)
}

func exceptionsAdd(s *shell) *cobra.Command {
	var e client.ExceptionSpec
	var from, until, daily string
	var loud []string
	cmd := query(s, "add AREA", s.say("让一个区域（或 unit/ID）静默一段时间；能打破静默时段的预警照样响", "Keeps the sound of an area, or of unit/ID, silent for a while; warnings that break quiet hours sound all the same"), exactly("AREA"),
		func(ctx context.Context, c *client.Client, args []string) (out client.ExceptionAdded, err error) {
			if until == "" {
				return out, usage("写明到什么时候：--until 2h，或 --until 2027-06-09T12:00", "say until when: --until 2h, or --until 2027-06-09T12:00")
			}
			if e.Why == "" {
				return out, usage("写明原因：--why 高考", "say why: --why 高考")
			}
			if e.Until, err = s.moment(until, time.Now()); err != nil {
				return out, err
			}
			if from != "" {
				begin, err := s.moment(from, time.Now())
				if err != nil {
					return out, err
				}
				e.From = &begin
			}
			if daily != "" {
				e.Daily = window(daily)
			}
			for _, l := range loud {
				e.Loud = append(e.Loud, wire.Level(l))
			}
			e.Area = args[0]
			if unit, ok := strings.CutPrefix(args[0], "unit/"); ok {
				e.Area, e.Unit = "", unit
			}
			return c.AddException(ctx, e)
		},
		func(r client.ExceptionAdded) {
			x := r.Exception
			s.printf("%s\n", s.say(
				x.Area+x.Unit+" 静默："+x.Why+"，"+s.clock(*x.From)+" 至 "+s.clock(x.Until)+fmt.Sprintf("（%s），共 %d 个终端；仍发声的预警：", s.daily(x), r.Units)+s.loud(x.Loud),
				x.Area+x.Unit+" silent, "+x.Why+", from "+s.clock(*x.From)+" until "+s.clock(x.Until)+" ("+s.daily(x)+"), "+many(r.Units, "unit")+"; warnings that still sound: "+s.loud(x.Loud)))
			s.unreachable(r.Offline)
			if len(r.TooOld) > 0 {
				s.printf("%s%s\n", s.say("版本过旧，不认得例外，仍会发声，请更新或先静音：", "too old to know exceptions, they go on sounding; update or mute them: "), s.list(r.TooOld))
			}
			s.printf("%svillagecast exceptions end %s\n", s.say("提前结束：", "end it with: "), x.ID)
		})
	f := cmd.Flags()
	f.StringVar(&from, "from", "", s.say("开始：时刻（2027-06-07T08:00）或时长（默认：现在）", "start: an instant (2027-06-07T08:00) or a length from now (default: now)"))
	f.StringVar(&until, "until", "", s.say("结束：时长（2h）或时刻（2027-06-09T12:00）", "end: a length (2h) or an instant (2027-06-09T12:00)"))
	f.StringVar(&daily, "daily", "", s.say("只在每天的这个时段：13:00-14:30", "only at this time of each day: 13:00-14:30"))
	f.StringVar(&e.Why, "why", "", s.say("原因，给看到它的人", "the reason, for those who see it in force"))
	f.StringSliceVar(&loud, "loud", nil, s.say("照样响的预警级别（默认：能打破静默时段的）", "warning levels that sound all the same (default: those that break quiet hours)"))
	return cmd
}

func exceptionsEnd(s *shell) *cobra.Command {
	return query(s, "end ID", s.say("提前结束例外", "Ends an exception before its time"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Exception, error) {
			return c.EndException(ctx, args[0])
		},
		func(e client.Exception) {
			s.printf("%s\n", s.say(e.Area+e.Unit+" 的例外 "+e.ID+" 已结束", "exception "+e.ID+" of "+e.Area+e.Unit+" ended"))
		})
}
