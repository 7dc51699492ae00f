package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func unitsCommand(s *shell) *cobra.Command {
	return parent("units", "The loudspeakers and screens",
		unitsList(s), unitsShow(s), unitsAdd(s), unitsClaim(s), unitsClaims(s), unitsImport(s), unitsPlace(s), unitsRevoke(s), unitsCertificates(s), unitsPause(s), unitsResume(s), unitsTone(s), unitsRestart(s), unitsBundle(s),
		unitsRemove(s))
}

// letGo is a unit whose device was told to fall silent, and may not have heard it.
type letGo struct {
	Removed string `json:"removed"`
	Untold  bool   `json:"untold"`
}

func unitsRemove(s *shell) *cobra.Command {
	return query(s, "remove ID", "Takes a unit out of service, and silences its device; what it proved stays", exactly("ID"),
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
	cmd := query(s, "list", "Lists units", exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Unit, error) { return c.Units(ctx, f) },
		func(units []client.Unit) {
			t := newTable("UNIT", "AREA", "NAME", "SHOWS", "ON AIR", "LAST SEEN", "CLOCK", "HOLDS")
			for _, u := range units {
				t.add(u.ID, u.Area, u.Name, s.shows(u.Presence), onAir(u.Presence.OnAir), s.clockOf(u.Presence.LastSeen), timeKept(u.Presence.Clock), holds(u.Presence))
			}
			t.print(s.out)
		})
	cmd.Flags().StringVar(&f.Area, "area", "", "only units in this area and below")
	cmd.Flags().StringVar(&f.Shows, "shows", "", "only units that show this: on-air, idle, silent, offline, unknown, unplaced, planned, paused")
	return cmd
}

func onAir(list []wire.OnAir) string {
	var titles []string
	for _, o := range list {
		if o.Title != "" && (len(titles) == 0 || titles[len(titles)-1] != o.Title) {
			titles = append(titles, o.Title)
		}
	}
	return dash(strings.Join(titles, ", "))
}

// holds says whether the unit has all that was sent to it.
func holds(p client.Presence) string {
	switch {
	case p.Delivery == "refused" && len(p.Refused) > 0:
		return "refused: " + p.Refused[0].Code
	case len(p.Pending) > 0:
		return fmt.Sprintf("%d pending", len(p.Pending))
	case p.Delivery == "too-old":
		return fmt.Sprintf("too old for %d programmes", len(p.TooOld))
	case p.Ready < p.Assets:
		return fmt.Sprintf("%d of %d media", p.Ready, p.Assets)
	case p.LastSeen == nil:
		return "-"
	}
	return "all"
}

// shows is what a unit shows, with the end of a pause and what the centre found.
func (s *shell) shows(p client.Presence) string {
	text := p.Shows
	if p.Paused != nil {
		text += " until " + s.clock(p.Paused.Until)
	}
	if p.Muted != nil {
		text += ", muted until " + s.clock(p.Muted.Until)
	}
	for _, c := range p.Conditions {
		if c.Code == "flapping" || c.Code == "two-devices" {
			text += ", " + c.Code
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
	return query(s, "show ID", "Shows one unit", exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (out shown, err error) {
			if out.Unit, err = c.Unit(ctx, args[0]); err == nil {
				out.Uptime, err = c.Uptime(ctx, args[0], time.Time{}, time.Time{})
			}
			return out, err
		},
		func(v shown) {
			u := v.Unit
			s.printf("%s  %s, in %s\n", u.ID, u.Name, u.Area)
			if p := u.Presence.Paused; p != nil {
				s.printf("%s\n", s.paused(*p))
			}
			for _, f := range u.Presence.InForce {
				s.printf("in force   %s\n", s.inForce(f))
			}
			s.printf("shows      %s, %s since %s, last seen %s\n", u.Presence.Shows, there(u.Presence.Online), s.clockOf(u.Presence.Since), s.clockOf(u.Presence.LastSeen))
			s.printf("outputs    %s\n", outputs(u))
			s.printf("software   %s\n", dash(u.Presence.Software))
			s.printf("clock      %s\n", timeKnown(u.Presence.Clock, time.Now()))
			s.printf("holds      %s\n", holds(u.Presence))
			for _, a := range u.Presence.Addresses {
				s.printf("  %s %s: wanted %d, held %d: %s\n", a.Address, a.Kind, a.Wanted, a.Held, s.deliveryWord(a.State))
			}
			s.printf("uptime     7 days: %s\n", s.uptime(v.Uptime))
			for _, o := range u.Presence.OnAir {
				s.printf("on air     %s: %s (%s)\n", o.Output, dash(o.Title), o.Why)
			}
			for _, k := range u.Presence.Conditions {
				s.printf("condition  %s: %s\n", k.Code, k.Text)
			}
			for _, r := range u.Presence.Refused {
				s.printf("refused    %s %s %d: %s\n", r.Kind, r.Address, r.Revision, r.Why)
			}
		})
}

// there is what "since" is of.
func there(online bool) string {
	if online {
		return "connected"
	}
	return "gone"
}

// outputs says what a unit has, and where its sound goes.
func outputs(u client.Unit) string {
	var words []string
	has := u.Outputs
	if len(has) == 0 {
		has = []wire.Output{wire.OutputSound}
	}
	for _, o := range has {
		if o == wire.OutputSound {
			words = append(words, fmt.Sprintf("sound to %s at %d %%", dash(u.Presence.SoundOutput), volume(u.Volume)))
		} else {
			words = append(words, string(o))
		}
	}
	return strings.Join(words, ", ")
}

// timeKept is a unit's clock in a word or two.
func timeKept(c *client.Clock) string {
	switch {
	case c == nil:
		return "-"
	case c.State == wire.ClockUntrusted:
		return c.State
	case c.State == wire.ClockUncertain:
		return "± " + apart(c.Uncertainty)
	}
	return "ok"
}

// timeKnown is all that a unit says of its clock.
func timeKnown(c *client.Clock, now time.Time) string {
	switch {
	case c == nil:
		return "-"
	case c.State == wire.ClockUntrusted:
		return "untrusted: it does not know the time, nothing scheduled plays"
	case c.Learned == nil:
		return c.State
	}
	source := "the centre"
	if c.Source == "system" {
		source = "the device's own time service or clock chip"
	}
	return fmt.Sprintf("%s within %s, learned from %s %s ago; the device's own clock is off by %s", c.State, apart(c.Uncertainty),
		source, now.Sub(*c.Learned).Round(time.Second), apart(max(c.Offset, -c.Offset)))
}

// apart is a short span of seconds.
func apart(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
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
	cmd := query(s, "add ID", "Adds a unit and writes the settings file of its device", exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.UnitAdded, error) {
			u.ID, u.Volume = args[0], &vol
			for _, o := range outputs {
				u.Outputs = append(u.Outputs, wire.Output(o))
			}
			if panel != "" {
				u.Panel = &wire.Panel{}
				if _, err := fmt.Sscanf(panel, "%dx%d", &u.Panel.Width, &u.Panel.Height); err != nil {
					return client.UnitAdded{}, usage("--panel %q is no size; write it as 128x32", panel)
				}
			}
			if file == "" {
				file = u.ID + ".yaml"
			}
			return addUnit(ctx, c, u, file)
		},
		func(a client.UnitAdded) {
			s.printf("unit %s added; its settings are in %s: copy the file to the device, it is for one device, and not shown again\n", a.Unit.ID, file)
		})
	f := cmd.Flags()
	f.StringVar(&u.Area, "area", "", "id of the area that it stands in")
	f.StringVar(&u.Name, "name", "", "name of the place")
	f.StringVar(&u.State, "state", "planned", "planned or installed")
	f.StringSliceVar(&outputs, "outputs", []string{"sound"}, "sound, screen or both")
	f.IntVar(&vol, "volume", 80, "volume in per cent")
	f.StringVar(&panel, "panel", "", "size of the LED panel in pixels, such as 128x32")
	f.BoolVar(&u.Secret, "secret", false, "for an agent before v0.3.0, which knows no claims: write a secret")
	f.StringVar(&file, "settings", "", "where to write the settings file (default ID.yaml)")
	return cmd
}

// addUnit opens the settings file before it asks the centre, because claim and
// secret are given only once.
func addUnit(ctx context.Context, c *client.Client, u client.UnitAdd, file string) (client.UnitAdded, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return client.UnitAdded{}, fmt.Errorf("write settings file: %w; choose another with --settings", err)
	}
	a, err := c.AddDevice(ctx, u)
	if err != nil {
		f.Close()
		os.Remove(file)
		return a, err
	}
	if _, err := f.WriteString(a.Settings); err != nil {
		f.Close()
		return a, fmt.Errorf("write settings file: %w", err)
	}
	return a, f.Close()
}
