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
	cmd := &cobra.Command{Use: "status", Short: "The county at a glance", Args: exactly(),
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
	cmd.Flags().BoolVar(&watch, "watch", false, "show it anew at every change")
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
			s.printf("%s  %v\n", time.Now().In(s.location()).Format("15:04:05"), err)
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
	u := st.Units
	s.printf("%s, %s\n", cmp.Or(st.County, s.say("县名未填", "county without a name")), s.clock(st.At))
	if st.Incident != nil {
		s.printf("*** %s\n", s.banner(*st.Incident))
	}
	s.printf("units     %d: %d on air, %d idle, %d silent, %d offline, %d unknown, %d without a place, %d planned, %d paused\n",
		u.All, u.OnAir, u.Idle, u.Silent, u.Offline, u.Unknown, u.Unplaced, u.Planned, u.Paused)
	if st.NotWatched != "" {
		s.printf("not watched: %s\n", st.NotWatched)
	}
	s.printf("delivery  %s\n", s.delivered(st.Delivery))
	for _, f := range st.Freezes {
		s.printf("%s    %s\n", s.say("冻结", "freeze"), s.frozen(f))
	}
	for _, w := range st.Waiting {
		s.printf("%s   %s\n", s.say("待审", "waiting"), s.waiting(w))
	}
	for _, f := range st.InForce {
		if f.Kind != "pause" && f.Kind != "freeze" { // they follow
			s.printf("in force  %s\n", s.inForce(f))
		}
	}
	for _, m := range st.Paused {
		s.printf("paused    %s\n", s.paused(m))
	}
	for _, t := range st.Troubled {
		s.printf("trouble   %s\n", s.trouble(t))
	}
	if st.Secrets > 0 {
		s.printf("%s\n", s.say(fmt.Sprintf("密码登录  %d 个终端仍用旧版密码：升级其播控程序，或发新的入网码", st.Secrets),
			fmt.Sprintf("secrets   %d units still come in by the secret of an earlier version: upgrade their agents, or issue claims", st.Secrets)))
	}
	if st.ClockUntrusted+st.ClockUncertain > 0 {
		s.printf("clocks    %d units do not know the time and play nothing scheduled, %d may be off by more than half a minute\n", st.ClockUntrusted, st.ClockUncertain)
	}
	for _, w := range st.Warnings {
		s.printf("WARNING   %s %s in %s, until %s\n", w.Level, w.Text, w.Area, s.clock(w.Until))
	}
	for _, o := range st.OnAir {
		s.printf("on air    %s (%s) on %s since %s\n", o.Title, o.Level, many(o.Units, "unit"), s.clock(o.Since))
	}
	if len(st.Missing) > 0 {
		s.printf("missing   %s with no unit that can be reached: %s\n", many(len(st.Missing), "village"), strings.Join(st.Missing, ", "))
	}
	if len(st.Towns) > 0 {
		t := newTable("", "TOWN", "UNITS", "ON AIR", "IDLE", "SILENT", "OFFLINE")
		for _, a := range st.Towns {
			t.add("", a.Name, a.Units.All, a.Units.OnAir, a.Units.Idle, a.Units.Silent, a.Units.Offline)
		}
		t.print(s.out)
	}
	if len(st.Outages) > 0 {
		s.outageTable(st.Outages)
	}
}
