package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func unitsCommand(s *shell) *cobra.Command {
	return parent("units", s.say("喇叭和屏幕", "The loudspeakers and screens"),
		unitsList(s), unitsShow(s), unitsAdd(s), unitsClaim(s), unitsClaims(s), unitsImport(s), unitsPlace(s), unitsRevoke(s), unitsCertificates(s), unitsPause(s), unitsResume(s), unitsTone(s), unitsRestart(s), unitsBundle(s),
		unitsRemove(s))
}

// letGo is a unit whose device was told to fall silent, and may not have heard it.
type letGo struct {
	Removed string `json:"removed"`
	Untold  bool   `json:"untold"`
}

func unitsRemove(s *shell) *cobra.Command {
	return query(s, "remove ID", s.say("拆除终端，让它的设备静下来；已有的播出记录保留", "Takes a unit out of service, and silences its device; what it proved stays"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (out letGo, err error) {
			out.Removed = args[0]
			if err = c.RemoveUnit(ctx, args[0]); err == nil {
				out.Untold, err = untold(ctx, c, args[0])
			}
			return out, err
		},
		func(v letGo) {
			s.printf("%s\n", s.say("终端 "+v.Removed+" 已拆除", "unit "+v.Removed+" removed"))
			s.sayUntold(v.Untold)
		})
}

// untold tells whether a unit's device has not said that it holds its last word.
func untold(ctx context.Context, c *client.Client, unit string) (bool, error) {
	u, err := c.Unit(ctx, unit)
	return u.Presence.LastSeen != nil && len(u.Presence.Pending) > 0, err
}

func (s *shell) sayUntold(yes bool) {
	if yes {
		s.printf("%s\n", s.say("设备没有回话说已静下来：手里的节目会播到各自结束，STOP 也到不了它；请到现场断电",
			"its device has not said that it is silent: it plays what it holds until that ends, and no STOP reaches it; switch it off there"))
	}
}

func unitsList(s *shell) *cobra.Command {
	var f client.UnitFilter
	cmd := query(s, "list", s.say("列出终端", "Lists units"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Unit, error) { return c.Units(ctx, f) },
		func(units []client.Unit) {
			t := newTable(s.say("终端", "UNIT"), s.say("区域", "AREA"), s.say("名称", "NAME"), s.say("状态", "SHOWS"), s.say("正在播", "ON AIR"), s.say("最后消息", "LAST SEEN"), s.say("时钟", "CLOCK"), s.say("内容", "HOLDS"))
			for _, u := range units {
				t.add(u.ID, u.Area, u.Name, s.shows(u.Presence), s.onAir(u.Presence.OnAir), s.clockOf(u.Presence.LastSeen), s.timeKept(u.Presence.Clock), s.holds(u.Presence))
			}
			t.print(s.out)
		})
	cmd.Flags().StringVar(&f.Area, "area", "", s.say("只看这个区域及以下的终端", "only units in this area and below"))
	cmd.Flags().StringVar(&f.Shows, "shows", "", s.say("只看这个状态的终端：on-air、idle、silent、offline、unknown、unplaced、planned、paused", "only units that show this: on-air, idle, silent, offline, unknown, unplaced, planned, paused"))
	return cmd
}

func (s *shell) onAir(list []wire.OnAir) string {
	var titles []string
	for _, o := range list {
		if o.Title != "" && (len(titles) == 0 || titles[len(titles)-1] != o.Title) {
			titles = append(titles, o.Title)
		}
	}
	return dash(s.list(titles))
}

// holds says whether the unit has all that was sent to it.
func (s *shell) holds(p client.Presence) string {
	switch {
	case p.Delivery == "refused" && len(p.Refused) > 0:
		return s.say("拒收：", "refused: ") + word(s, refusalWords, p.Refused[0].Code)
	case len(p.Pending) > 0:
		return s.say(fmt.Sprintf("%d 份未送达", len(p.Pending)), fmt.Sprintf("%d pending", len(p.Pending)))
	case p.Delivery == "too-old":
		return s.say(fmt.Sprintf("版本过旧，播不了 %d 个播发任务", len(p.TooOld)), fmt.Sprintf("too old for %d programmes", len(p.TooOld)))
	case p.Ready < p.Assets:
		return s.say(fmt.Sprintf("媒资 %d/%d", p.Ready, p.Assets), fmt.Sprintf("%d of %d media", p.Ready, p.Assets))
	case p.LastSeen == nil:
		return "-"
	}
	return s.say("齐全", "all")
}

// shows is what a unit shows, with the end of a pause and what the centre found.
func (s *shell) shows(p client.Presence) string {
	text := word(s, shownWords, p.Shows)
	if p.Paused != nil {
		text += s.say("到 ", " until ") + s.clock(p.Paused.Until)
	}
	if p.Muted != nil {
		text += s.say("，静音到 ", ", muted until ") + s.clock(p.Muted.Until)
	}
	for _, c := range p.Conditions {
		if c.Code == "flapping" || c.Code == "two-devices" {
			text += s.say("，", ", ") + word(s, conditionWords, c.Code)
		}
	}
	return text
}

// shown is a unit with what is known of its last week.
type shown struct {
	client.Unit
	Uptime client.Uptime `json:"uptime"`
}

func unitsShow(s *shell) *cobra.Command {
	return query(s, "show ID", s.say("显示一个终端", "Shows one unit"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (out shown, err error) {
			if out.Unit, err = c.Unit(ctx, args[0]); err == nil {
				out.Uptime, err = c.Uptime(ctx, args[0], time.Time{}, time.Time{})
			}
			return out, err
		},
		func(v shown) {
			u := v.Unit
			s.tell(fmt.Sprintf("%s  %s，在 %s", u.ID, u.Name, u.Area), fmt.Sprintf("%s  %s, in %s", u.ID, u.Name, u.Area))
			if p := u.Presence.Paused; p != nil {
				s.printf("%s\n", s.paused(*p))
			}
			s.present(u, time.Now())
			s.fact("可用率", "uptime", s.say("7 天：", "7 days: ")+s.uptime(v.Uptime))
			s.reported(u.Presence)
		})
}

// fact prints one line of what is known of a unit.
func (s *shell) fact(zh, en, text string) {
	s.printf("%s %s\n", padded(s.say(zh, en), 10), text)
}

// present says how a unit stands, and how far it is with what was sent to it.
func (s *shell) present(u client.Unit, now time.Time) {
	p := u.Presence
	for _, f := range p.InForce {
		s.fact("生效中", "in force", s.inForce(f))
	}
	link := s.say("已断开", "gone")
	if p.Online {
		link = s.say("已连接", "connected")
	}
	zh := word(s, shownWords, p.Shows) + "，从没有消息"
	if p.LastSeen != nil {
		zh = fmt.Sprintf("%s，%s 起%s，最后消息 %s", word(s, shownWords, p.Shows), s.clockOf(p.Since), link, s.clock(*p.LastSeen))
	}
	s.fact("状态", "shows", s.say(zh, fmt.Sprintf("%s, %s since %s, last seen %s", p.Shows, link, s.clockOf(p.Since), s.clockOf(p.LastSeen))))
	s.fact("输出", "outputs", s.outputs(u))
	s.fact("软件", "software", dash(p.Software))
	s.fact("时钟", "clock", s.timeKnown(p.Clock, now))
	s.fact("内容", "holds", s.holds(p))
	for _, a := range p.Addresses {
		s.tell(fmt.Sprintf("  %s %s：应有 %d，已有 %d：%s", a.Address, word(s, snapshotWords, a.Kind), a.Wanted, a.Held, word(s, deliveryWords, a.State)),
			fmt.Sprintf("  %s %s: wanted %d, held %d: %s", a.Address, a.Kind, a.Wanted, a.Held, a.State))
	}
}

// reported says what a unit plays, and what else it said of itself.
func (s *shell) reported(p client.Presence) {
	for _, o := range p.OnAir {
		s.fact("正在播", "on air", s.say(fmt.Sprintf("%s：%s（%s）", word(s, outputWords, o.Output), dash(o.Title), o.Why), fmt.Sprintf("%s: %s (%s)", o.Output, dash(o.Title), o.Why)))
	}
	for _, k := range p.Conditions {
		s.fact("状况", "condition", s.say(word(s, conditionWords, k.Code)+"："+k.Text, k.Code+": "+k.Text))
	}
	for _, r := range p.Refused {
		s.fact("拒收", "refused", s.say(fmt.Sprintf("%s %s %d：%s，%s", word(s, snapshotWords, r.Kind), r.Address, r.Revision, word(s, refusalWords, r.Code), r.Why),
			fmt.Sprintf("%s %s %d: %s", r.Kind, r.Address, r.Revision, r.Why)))
	}
}

// outputs says what a unit has, and where its sound goes.
func (s *shell) outputs(u client.Unit) string {
	var words []string
	has := u.Outputs
	if len(has) == 0 {
		has = []wire.Output{wire.OutputSound}
	}
	for _, o := range has {
		if o == wire.OutputSound {
			to := dash(word(s, deviceWords, u.Presence.SoundOutput))
			words = append(words, s.say(fmt.Sprintf("声音（%s，音量 %d %%）", to, volume(u.Volume)), fmt.Sprintf("sound to %s at %d %%", to, volume(u.Volume))))
		} else {
			words = append(words, word(s, outputWords, o))
		}
	}
	return s.list(words)
}

// timeKept is a unit's clock in a word or two.
func (s *shell) timeKept(c *client.Clock) string {
	switch {
	case c == nil:
		return "-"
	case c.State == wire.ClockUntrusted:
		return word(s, clockWords, c.State)
	case c.State == wire.ClockUncertain:
		return "± " + s.apart(c.Uncertainty)
	}
	return s.say("准", "ok")
}

// timeKnown is all that a unit says of its clock.
func (s *shell) timeKnown(c *client.Clock, now time.Time) string {
	switch {
	case c == nil:
		return "-"
	case c.State == wire.ClockUntrusted:
		return s.say("未校准：它不知道时间，不播定时内容", "untrusted: it does not know the time, nothing scheduled plays")
	case c.Learned == nil:
		return word(s, clockWords, c.State)
	}
	source := s.say("中心", "the centre")
	if c.Source == "system" {
		source = s.say("设备自己的授时服务或时钟芯片", "the device's own time service or clock chip")
	}
	within, off, ago := s.apart(c.Uncertainty), s.apart(max(c.Offset, -c.Offset)), now.Sub(*c.Learned).Round(time.Second)
	when := "刚才"
	if ago > 0 {
		when = s.length(ago) + "前"
	}
	return s.say(fmt.Sprintf("%s，误差不超过 %s，%s由%s校准；设备自己的时钟差 %s", word(s, clockWords, c.State), within, when, source, off),
		fmt.Sprintf("%s within %s, learned from %s %s ago; the device's own clock is off by %s", c.State, within, source, ago, off))
}

// apart is a short span of seconds.
func (s *shell) apart(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return s.length(d.Round(time.Second))
	}
	return s.length(d.Round(time.Millisecond))
}

// length is a span of time, in Chinese by its largest unit that is not too coarse.
func (s *shell) length(d time.Duration) string {
	zh := fmt.Sprintf("%d 毫秒", d.Milliseconds())
	switch {
	case d >= 2*time.Hour:
		zh = fmt.Sprintf("%.0f 小时", d.Hours())
	case d >= 2*time.Minute:
		zh = fmt.Sprintf("%.0f 分钟", d.Minutes())
	case d >= time.Second:
		zh = fmt.Sprintf("%.0f 秒", d.Seconds())
	}
	return s.say(zh, d.String())
}

func volume(v *int) int {
	if v == nil {
		return 80
	}
	return *v
}

func unitsAdd(s *shell) *cobra.Command {
	var u client.UnitAdd
	var outputs []string
	var vol int
	var panel, file string
	cmd := query(s, "add ID", s.say("添加终端，写出设备用的设置文件", "Adds a unit and writes the settings file of its device"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.UnitAdded, error) {
			u.ID, u.Volume = args[0], &vol
			for _, o := range outputs {
				u.Outputs = append(u.Outputs, wire.Output(o))
			}
			if panel != "" {
				u.Panel = &wire.Panel{}
				if _, err := fmt.Sscanf(panel, "%dx%d", &u.Panel.Width, &u.Panel.Height); err != nil {
					return client.UnitAdded{}, usage("--panel %q 不是尺寸：写成 128x32", "--panel %q is no size; write it as 128x32", panel)
				}
			}
			if file == "" {
				file = u.ID + ".yaml"
			}
			return addUnit(ctx, c, u, file)
		},
		func(a client.UnitAdded) {
			s.tell(fmt.Sprintf("已添加终端 %s；设置文件是 %s：拷到设备上，一个文件只给一台设备用，以后不再显示", a.Unit.ID, file),
				fmt.Sprintf("unit %s added; its settings are in %s: copy the file to the device, it is for one device, and not shown again", a.Unit.ID, file))
		})
	f := cmd.Flags()
	f.StringVar(&u.Area, "area", "", s.say("所在区域的编号", "id of the area that it stands in"))
	f.StringVar(&u.Name, "name", "", s.say("地点的名称", "name of the place"))
	f.StringVar(&u.State, "state", "planned", s.say("planned 或 installed（未安装、已安装）", "planned or installed"))
	f.StringSliceVar(&outputs, "outputs", []string{"sound"}, s.say("sound、screen 或都写", "sound, screen or both"))
	f.IntVar(&vol, "volume", 80, s.say("音量，百分比", "volume in per cent"))
	f.StringVar(&panel, "panel", "", s.say("LED 屏的点阵大小，如 128x32", "size of the LED panel in pixels, such as 128x32"))
	f.BoolVar(&u.Secret, "secret", false, s.say("给 v0.3.0 以前不认得入网码的播控程序：写旧版密码", "for an agent before v0.3.0, which knows no claims: write a secret"))
	f.StringVar(&file, "settings", "", s.say("设置文件写到哪里（默认 ID.yaml）", "where to write the settings file (default ID.yaml)"))
	return cmd
}

// addUnit opens the settings file before it asks the centre, because claim and
// secret are given only once.
func addUnit(ctx context.Context, c *client.Client, u client.UnitAdd, file string) (client.UnitAdded, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return client.UnitAdded{}, fault("写设置文件：%w；用 --settings 换一个", "write settings file: %w; choose another with --settings", err)
	}
	a, err := c.AddDevice(ctx, u)
	if err != nil {
		f.Close()
		os.Remove(file)
		return a, err
	}
	if _, err := f.WriteString(a.Settings); err != nil {
		f.Close()
		return a, fault("写设置文件：%w", "write settings file: %w", err)
	}
	return a, f.Close()
}
