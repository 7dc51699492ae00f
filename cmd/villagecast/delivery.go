package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func deliveryCommand(s *shell) *cobra.Command {
	details := false
	cmd := query(s, "delivery [PROGRAMME|AREA]", s.say("都送到了吗？全部内容，或一个播发任务；以终端自己说的为准", "Has everybody got it? Everything, or one programme; by what units said they hold"), atMost("PROGRAMME|AREA"),
		func(ctx context.Context, c *client.Client, args []string) (client.Delivery, error) {
			q := client.DeliveryQuery{Details: details}
			if len(args) == 0 {
				return c.Delivery(ctx, q)
			}
			q.Programme = args[0]
			d, err := c.Delivery(ctx, q)
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 404 {
				return d, err
			}
			q.Programme, q.Area = "", args[0]
			d, err2 := c.Delivery(ctx, q)
			if e, ok := errors.AsType[*client.Error](err2); ok && e.Status == 404 {
				return d, fault("%q 既不是播发任务，也不是区域：%w；%w", "%q is neither a programme nor an area: %w; %w", args[0], err, err2)
			}
			return d, err2
		}, s.delivery)
	cmd.Flags().BoolVar(&details, "details", false, s.say("列出所有终端应有和已有的版本，不只是没备好的", "every unit with the revisions wanted and held, not only those that are not ready"))
	return cmd
}

func (s *shell) delivery(d client.Delivery) {
	what := d.Name
	if d.Programme != "" {
		what = s.titled(d.Title, d.Programme, d.Version)
	}
	s.tell(what+"："+s.delivered(d.Units), what+": "+s.delivered(d.Units))
	if d.Planned > 0 {
		s.printf("%s\n", s.say(fmt.Sprintf("未安装 %d 个，不计", d.Planned), many(d.Planned, "planned unit")+" not counted"))
	}
	if len(d.Areas) > 1 {
		t := newTable("", s.say("区域", "AREA"), s.say("终端", "UNITS"), s.say("已送达", "DELIVERED"), s.say("已备好", "READY"), s.say("等待", "PENDING"), s.say("拒收", "REFUSED"), s.say("版本过旧", "TOO OLD"))
		for _, a := range d.Areas {
			t.add("", a.Name, a.Units.Units, a.Units.Delivered, a.Units.Ready, a.Units.Pending, a.Units.Refused, a.Units.TooOld)
		}
		t.print(s.out)
	}
	if len(d.Open) == 0 {
		return
	}
	t := newTable(s.say("终端", "UNIT"), s.say("区域", "AREA"), s.say("状态", "STATE"), s.say("原因", "WHY"))
	for _, u := range d.Open {
		t.add(u.Unit, u.Area, word(s, deliveryWords, u.State), dash(u.Why))
	}
	t.print(s.out)
}

// delivered answers the question in one line.
func (s *shell) delivered(n client.DeliveryCounts) string {
	switch {
	case n.Units == 0:
		return s.say("没有已安装的终端", "no installed unit")
	case n.Delivered == n.Units && n.Ready == n.Units:
		return s.say(fmt.Sprintf("全部已送达、已备好（%d 个终端）", n.Units), fmt.Sprintf("all delivered, all ready (%s)", many(n.Units, "unit")))
	case n.Delivered == n.Units:
		return s.say(fmt.Sprintf("全部已送达（%d 个终端），已备好 %d", n.Units, n.Ready), fmt.Sprintf("all delivered (%s), ready on %d", many(n.Units, "unit"), n.Ready))
	}
	text := s.say(fmt.Sprintf("已送达 %d/%d，已备好 %d", n.Delivered, n.Units, n.Ready), fmt.Sprintf("delivered to %d of %d units, ready on %d", n.Delivered, n.Units, n.Ready))
	for _, p := range []struct {
		n      int
		zh, en string
	}{{n.Pending, "等待", "pending"}, {n.Refused, "拒收", "refused"}, {n.TooOld, "版本过旧", "too old"}} {
		if p.n > 0 {
			text += s.say(fmt.Sprintf("；%s %d", p.zh, p.n), fmt.Sprintf("; %d %s", p.n, p.en))
		}
	}
	return text
}

func callsCommand(s *shell) *cobra.Command {
	return query(s, "calls [AREA]", s.say("给各村打电话用的清单：联系不上或无声的终端，按镇排", "The list to call the villages by: units that cannot be reached or are silent, by town"), atMost("AREA"),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Call, error) {
			area := ""
			if len(args) > 0 {
				area = args[0]
			}
			return c.Calls(ctx, area)
		}, s.calls)
}

func (s *shell) calls(all []client.Call) {
	s.printf("%s %s\n", s.say("联系清单", "Call list,"), s.clock(time.Now()))
	if len(all) == 0 {
		s.printf("%s\n", s.say("没有离线或无声的终端", "no unit is unreachable or silent"))
		return
	}
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].Town == all[i].Town {
			j++
		}
		s.printf("\n%s  %s\n", all[i].TownName, s.say(fmt.Sprintf("%d 个终端", j-i), many(j-i, "unit")))
		t := newTable("[ ]", s.say("村", "VILLAGE"), s.say("终端", "UNIT"), s.say("状况", "WHAT"), s.say("自", "SINCE"), s.say("联系人", "CONTACT"))
		for _, c := range all[i:j] {
			t.add("[ ]", c.AreaName, c.Name, word(s, outageWords, c.Kind), s.clock(c.Since), dash(c.Contact))
		}
		t.print(s.out)
		i = j
	}
}

// atMost wants one argument or none.
func atMost(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage("至多写一个参数：%s", "want at most one argument: %s", name)
		}
		return nil
	}
}
