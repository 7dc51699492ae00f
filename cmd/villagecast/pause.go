package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func unitsPause(s *shell) *cobra.Command {
	var m client.MuteSpec
	var until string
	cmd := query(s, "pause ID", s.say("写明终端在检修：除预警外不出声，不算中断，到写明的时间为止", "Says that a unit is under work: silent but for warnings, and no outage, until a stated end"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Mute, error) {
			switch {
			case until == "":
				return client.Mute{}, usage("写明检修到什么时候：--until 2h，或 --until 2026-11-24T18:00", "say until when the unit is under work: --until 2h, or --until 2026-11-24T18:00")
			case m.Why == "":
				return client.Mute{}, usage("写明原因：--why 修屋顶", "say why: --why \"roof work\"")
			}
			end, err := s.moment(until, time.Now())
			if err != nil {
				return client.Mute{}, err
			}
			m.Unit, m.Pause, m.Until = args[0], true, end
			return c.Mute(ctx, m)
		},
		func(m client.Mute) { s.printf("%s\n", s.paused(m)) })
	f := cmd.Flags()
	f.StringVar(&until, "until", "", s.say("结束：时长（2h）或时刻（2026-11-24T18:00）", "end: a length (2h) or an instant (2026-11-24T18:00)"))
	f.StringVar(&m.Why, "why", "", s.say("原因，给看到终端暂停的人", "the reason, for those who see the unit paused"))
	return cmd
}

// resumed is what ending the pauses of a unit did.
type resumed struct {
	Unit  string   `json:"unit"`
	Ended []string `json:"ended"`
}

func unitsResume(s *shell) *cobra.Command {
	return query(s, "resume ID", s.say("提前结束终端的暂停", "Ends the pause of a unit before its time"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (resumed, error) {
			out := resumed{Unit: args[0], Ended: []string{}}
			if _, err := c.Unit(ctx, args[0]); err != nil {
				return out, err
			}
			all, err := c.Mutes(ctx)
			for _, m := range all {
				if err == nil && m.Pause && m.Unit == args[0] {
					_, err = c.Unmute(ctx, m.ID)
					out.Ended = append(out.Ended, m.ID)
				}
			}
			return out, err
		},
		func(r resumed) {
			if len(r.Ended) == 0 {
				s.printf("%s\n", s.say(r.Unit+" 没有暂停", r.Unit+" is not paused"))
				return
			}
			s.printf("%s\n", s.say(r.Unit+" 已恢复", r.Unit+" resumed"))
		})
}

// paused says a pause in a sentence.
func (s *shell) paused(m client.Mute) string {
	return s.say(fmt.Sprintf("%s 暂停到 %s：%s", m.Unit, s.clock(m.Until), m.Why), fmt.Sprintf("%s paused until %s: %s", m.Unit, s.clock(m.Until), m.Why))
}

// trouble says a condition that the centre found in a sentence.
func (s *shell) trouble(t client.Trouble) string {
	if t.Code == "flapping" {
		return s.say(fmt.Sprintf("%s（%s）时断时续：自 %s 起离线 %d 次", t.Unit, t.Name, s.clock(t.Since), t.Count),
			fmt.Sprintf("%s (%s) is flapping: offline %d times since %s", t.Unit, t.Name, t.Count, s.clock(t.Since)))
	}
	return s.say(fmt.Sprintf("%s（%s）有两台设备共用一个身份，自 %s", t.Unit, t.Name, s.clock(t.Since)),
		fmt.Sprintf("%s (%s) has two devices with one identity since %s", t.Unit, t.Name, s.clock(t.Since)))
}

// banner says an incident in a sentence.
func (s *shell) banner(i client.Incident) string {
	return s.say(fmt.Sprintf("中心事故：自 %s 起，%d 个终端中有 %d 个同时失联，仍有 %d 个没有回来。先查中心的电源和网络，再按清单联系：villagecast calls", s.clock(i.From), i.There, i.Fell, i.Left),
		fmt.Sprintf("INCIDENT OF THE CENTRE: since %s %d of %d units fell at once, %d are still gone. Look at the centre's own power and network first, then call: villagecast calls", s.clock(i.From), i.Fell, i.There, i.Left))
}

// uptime says what is known of a unit's time in a sentence.
func (s *shell) uptime(u client.Uptime) string {
	d := func(seconds float64) string { return span(seconds) }
	percent := fmt.Sprintf("%d %%", u.Percent)
	if u.Percent < 0 {
		percent = s.say("未知", "unknown")
	}
	return s.say(fmt.Sprintf("%s（在线 %s，事后证明在播 %s，停机 %s，失联 %s，无声 %s；未值守 %s，暂停 %s）", percent, d(u.Up), d(u.Proven), d(u.Off), d(u.Unreachable), d(u.Silent), d(u.NotWatched), d(u.Paused)),
		fmt.Sprintf("%s (heard %s, proved since %s, off %s, unreachable %s, silent %s; not watched %s, paused %s)", percent, d(u.Up), d(u.Proven), d(u.Off), d(u.Unreachable), d(u.Silent), d(u.NotWatched), d(u.Paused)))
}
