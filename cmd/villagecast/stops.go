package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

// haltWait is how long a command that ends sound waits for the units' words: the
// ones that can be reached have said it long before.
const haltWait = 5 * time.Second

// halted is what a STOP or a withdrawal did, and who obeys.
type halted[T any] struct {
	Did  T            `json:"did"`
	Stop *client.Stop `json:"stop,omitempty"`
}

func stopCommand(s *shell) *cobra.Command {
	why, wait := "", haltWait
	cmd := query(s, "stop AREA", s.say("立即停播：马上停下一个区域正在播的，不再恢复；新预警照样响", "STOP: ends what is on air in an area, now and for good; a new warning still sounds"), exactly("AREA"),
		func(ctx context.Context, c *client.Client, args []string) (out halted[client.Stopped], err error) {
			if out.Did, err = c.StopWhy(ctx, args[0], why); err == nil {
				out.Stop, err = await(ctx, c, out.Did.Stop, wait)
			}
			return out, err
		},
		func(r halted[client.Stopped]) {
			s.printf("%s\n", s.say(fmt.Sprintf("%s 已立即停播，%d 个终端：%s", r.Did.Area, r.Did.Units, s.stopped(r.Did)),
				fmt.Sprintf("stopped in %s on %s: %s", r.Did.Area, many(r.Did.Units, "unit"), s.stopped(r.Did))))
			s.obeyed(r.Stop, false)
		})
	cmd.Flags().StringVar(&why, "why", "", s.say("原因，留作记录，也给看到它的人", "the reason, for the record and for those who see it in force"))
	waitFlag(s, cmd, &wait)
	return cmd
}

func withdrawCommand(s *shell) *cobra.Command {
	wait := haltWait
	cmd := query(s, "withdraw PROGRAMME", s.say("撤播", "Takes a programme off the air"), exactly("PROGRAMME"),
		func(ctx context.Context, c *client.Client, args []string) (out halted[client.Programme], err error) {
			if out.Did, err = c.Withdraw(ctx, args[0]); err != nil {
				return out, err
			}
			all, err := c.Stops(ctx, "", false)
			for _, h := range all {
				if err == nil && h.Kind == "withdraw" && h.Ref == out.Did.ID && h.Ended[0].Version == out.Did.Version {
					out.Stop, err = await(ctx, c, h.ID, wait)
				}
			}
			return out, err
		},
		func(r halted[client.Programme]) {
			if r.Did.State != "withdrawn" { // it had not taken effect
				s.moved(r.Did)
				return
			}
			s.printf("%s\n", s.say(fmt.Sprintf("%s 第 %d 版已撤播", r.Did.ID, r.Did.Version), fmt.Sprintf("%s version %d withdrawn", r.Did.ID, r.Did.Version)))
			s.obeyed(r.Stop, false)
		})
	waitFlag(s, cmd, &wait)
	return cmd
}

func waitFlag(s *shell, cmd *cobra.Command, wait *time.Duration) {
	cmd.Flags().DurationVar(wait, "wait", *wait, s.say("等终端回话多久；之后可用 villagecast stops 再看", "how long to wait for the units' words; villagecast stops asks again later"))
}

// await asks for a stop until every unit obeys, or for as long as was said.
func await(ctx context.Context, c *client.Client, id string, wait time.Duration) (*client.Stop, error) {
	if id == "" {
		return nil, nil
	}
	end := time.Now().Add(wait)
	for {
		h, err := c.StopByID(ctx, id)
		if err != nil || h.Silent == h.Units || !time.Now().Add(200*time.Millisecond).Before(end) {
			return &h, err
		}
		select {
		case <-ctx.Done():
			return &h, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func stopsCommand(s *shell) *cobra.Command {
	all, one, area := false, false, ""
	cmd := query(s, "stops [ID]", s.say("谁照办了：停播、静音和撤播中还没确认的终端；写编号就列出全部终端", "Who obeys: STOPs, mutes and withdrawals with the units that have not confirmed; one of them with every unit"), atMost("ID"),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Stop, error) {
			if one = len(args) > 0; one {
				h, err := c.StopByID(ctx, args[0])
				return []client.Stop{h}, err
			}
			return c.Stops(ctx, area, all)
		},
		func(list []client.Stop) {
			if len(list) == 0 {
				s.printf("%s\n", s.say("没有停播、静音或撤播", "nothing was stopped, muted or withdrawn"))
			}
			for i := range list {
				s.obeyed(&list[i], one)
			}
		})
	cmd.Flags().BoolVar(&all, "all", false, s.say("列出全部，不只是还没完的和最近一天的", "every one, not only the open ones and those of the last day"))
	cmd.Flags().StringVar(&area, "area", "", s.say("只看这个区域", "only of this area"))
	return cmd
}

// obeyed says who obeys, and lists who does not, by village; or every unit.
func (s *shell) obeyed(h *client.Stop, every bool) {
	if h == nil {
		return
	}
	s.tell(fmt.Sprintf("%s %s，%s，%s %s：%s", s.haltWord(h.Kind), h.ID, h.Area, s.clock(h.At), who(h.Name, h.By), s.confirmed(*h)),
		fmt.Sprintf("%s %s, %s, %s %s: %s", s.haltWord(h.Kind), h.ID, h.Area, s.clock(h.At), who(h.Name, h.By), s.confirmed(*h)))
	t := newTable(s.say("村", "VILLAGE"), s.say("终端", "UNIT"), s.say("联系人", "CONTACT"), s.say("情况", "STATE"), s.say("将继续播", "GOES ON"))
	rows := 0
	for _, u := range h.List {
		if u.State == "silent" && !every {
			continue
		}
		t.add(u.AreaName, u.Unit, dash(u.Contact), s.haltState(u), s.goesOn(u.GoesOn))
		rows++
	}
	if rows > 0 {
		t.print(s.out)
	}
}

func (s *shell) confirmed(h client.Stop) string {
	text := s.say(fmt.Sprintf("%d/%d 个终端确认已停", h.Silent, h.Units), fmt.Sprintf("%d of %s confirmed silent", h.Silent, many(h.Units, "unit")))
	if h.Last != nil {
		took := max(h.Last.Sub(h.At).Seconds(), 0)
		text += s.say(fmt.Sprintf("，用时 %.1f 秒", took), fmt.Sprintf(" within %.1f s", took))
	}
	return text
}

// haltState says how far one unit is.
func (s *shell) haltState(u client.StopUnit) string {
	seen := ""
	if u.LastSeen != nil {
		seen = s.say("，最后消息 ", ", last seen ") + s.clock(*u.LastSeen)
	}
	switch u.State {
	case "silent":
		if u.Silent != nil {
			return s.say("已停 ", "silent since ") + u.Silent.In(s.location()).Format("15:04:05.000")
		}
		return s.say("已停", "silent")
	case "holds":
		return s.say("已收到，还在播", "holds it: "+u.Why)
	case "refused":
		return s.say("拒收：", "refused: ") + u.Why
	}
	if !u.Online {
		return s.say("联系不上", "not reachable") + seen
	}
	return s.say("未确认", "not confirmed") + seen
}

// goesOn says what a unit that was not reached plays, and until when.
func (s *shell) goesOn(g *client.GoesOn) string {
	if g == nil {
		return "-"
	}
	at := func(t time.Time) string {
		t = t.Add(time.Minute - 1).Truncate(time.Minute) // a last round that fits ends a little before its window
		now := time.Now().In(s.location())
		if local := t.In(s.location()); local.YearDay() != now.YearDay() || local.Year() != now.Year() {
			return local.Format("01-02 15:04")
		}
		return t.In(s.location()).Format("15:04")
	}
	text := g.Title + " " + s.say("到 "+at(g.Until), "until "+at(g.Until))
	if g.From.After(time.Now()) {
		text = g.Title + " " + s.say(at(g.From)+" 到 "+at(g.Until), "from "+at(g.From)+" until "+at(g.Until))
	}
	if g.Again != nil {
		text += s.say(fmt.Sprintf("，%s 再播，%s 止", at(*g.Again), g.Last.In(s.location()).Format("2006-01-02")),
			fmt.Sprintf(", again from %s, to %s at the latest", at(*g.Again), g.Last.In(s.location()).Format("2006-01-02")))
	}
	return text
}

func who(name, id string) string {
	if name == "" {
		return dash(id)
	}
	return name
}

// inForce says one thing in force: what, where, who, since, until, who may end it.
func (s *shell) inForce(f client.InForce) string {
	where := f.Area
	if f.Unit != "" {
		where = f.Unit
	}
	parts := []string{s.haltWord(f.Kind) + " " + f.ID, where}
	for _, text := range []string{f.What, f.Why} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	parts = append(parts, s.say("自 ", "since ")+s.clock(f.Since))
	if f.Until != nil {
		parts = append(parts, s.say("到 ", "until ")+s.clock(*f.Until))
	}
	parts = append(parts, s.say("由 ", "by ")+who(f.Name, f.By))
	lift := s.say("不可解除，更正用新版本", "for good: a correction is a new version")
	if len(f.MayLift) > 0 {
		var names []string
		for _, r := range f.MayLift {
			names = append(names, word(s, roles, r))
		}
		lift = s.say("可解除：", "may be lifted by ") + s.list(names)
	}
	parts = append(parts, lift)
	if f.Units > f.Obey {
		parts = append(parts, s.say(fmt.Sprintf("%d/%d 个终端未确认", f.Units-f.Obey, f.Units), fmt.Sprintf("not confirmed by %d of %s", f.Units-f.Obey, many(f.Units, "unit"))))
	}
	return strings.Join(parts, s.say("，", ", "))
}
