package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func mutesCommand(s *shell) *cobra.Command {
	return parent("mutes", s.say("静音，预警除外，到写明的时间为止", "Silence but for warnings, until a stated end"), mutesList(s), mutesAdd(s), mutesEnd(s))
}

func mutesList(s *shell) *cobra.Command {
	return query(s, "list", s.say("列出生效中和将要开始的静音和暂停，以及谁可以解除", "Mutes and pauses in force or to come, with who may end them"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Mute, error) { return c.Mutes(ctx) },
		func(all []client.Mute) {
			t := newTable(s.say("静音", "MUTE"), s.say("类型", "KIND"), s.say("哪里", "WHERE"), s.say("自", "SINCE"), s.say("到", "UNTIL"), s.say("谁设的", "BY"), s.say("原因", "WHY"))
			for _, m := range all {
				kind := s.haltWord("mute")
				if m.Pause {
					kind = s.haltWord("pause")
				}
				t.add(m.ID, kind, m.Area+m.Unit, s.clock(m.From), s.clock(m.Until), dash(m.By), dash(m.Why))
			}
			t.print(s.out)
		})
}

func mutesAdd(s *shell) *cobra.Command {
	var m client.MuteSpec
	until, wait := "", haltWait
	cmd := query(s, "add AREA", s.say("让一个区域或终端静音，预警除外", "Silences an area, or a unit, but for warnings"), exactly("AREA"),
		func(ctx context.Context, c *client.Client, args []string) (out halted[client.Mute], err error) {
			if until == "" {
				return out, usage("写明到什么时候：--until 2h，或 --until 2026-11-24T18:00", "say until when: --until 2h, or --until 2026-11-24T18:00")
			}
			if m.Until, err = s.moment(until, time.Now()); err != nil {
				return out, err
			}
			m.Area = args[0]
			if unit, ok := strings.CutPrefix(args[0], "unit/"); ok {
				m.Area, m.Unit = "", unit
			}
			if out.Did, err = c.Mute(ctx, m); err != nil {
				return out, err
			}
			all, err := c.Stops(ctx, "", false)
			for _, h := range all {
				if err == nil && h.Kind == "mute" && h.Ref == out.Did.ID {
					out.Stop, err = await(ctx, c, h.ID, wait)
				}
			}
			return out, err
		},
		func(r halted[client.Mute]) {
			s.printf("%svillagecast mutes end %s\n", s.say(fmt.Sprintf("%s 静音到 %s；提前结束：", r.Did.Area+r.Did.Unit, s.clock(r.Did.Until)),
				fmt.Sprintf("%s muted until %s; end it with: ", r.Did.Area+r.Did.Unit, s.clock(r.Did.Until))), r.Did.ID)
			s.obeyed(r.Stop, false)
		})
	cmd.Flags().StringVar(&until, "until", "", s.say("结束：时长（2h）或时刻（2026-11-24T18:00）", "end: a length (2h) or an instant (2026-11-24T18:00)"))
	cmd.Flags().StringVar(&m.Why, "why", "", s.say("原因，给看到它的人", "the reason, for those who see it in force"))
	waitFlag(s, cmd, &wait)
	return cmd
}

func mutesEnd(s *shell) *cobra.Command {
	return query(s, "end ID", s.say("提前结束静音或暂停", "Ends a mute or a pause before its time"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Mute, error) {
			return c.Unmute(ctx, args[0])
		},
		func(m client.Mute) {
			s.tell(m.Area+m.Unit+" 的静音 "+m.ID+" 已结束", "mute "+m.ID+" of "+m.Area+m.Unit+" ended")
		})
}
