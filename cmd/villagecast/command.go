package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func unitsTone(s *shell) *cobra.Command {
	return unitsCommanded(s, "tone UNIT", s.say("让终端响 2 秒试音", "Lets a unit sound a test tone of 2 s"), "tone", nil)
}

func unitsRestart(s *shell) *cobra.Command {
	return unitsCommanded(s, "restart UNIT", s.say("让终端的播控程序退出，由守护程序重新启动", "Lets a unit's agent end, to be started anew by its supervisor"), "restart", nil)
}

func unitsBundle(s *shell) *cobra.Command {
	var file string
	cmd := unitsCommanded(s, "bundle UNIT", s.say("取终端的诊断包：状态、状况、连接和最近的日志", "Fetches a unit's diagnostics bundle: its state, conditions, link and last log lines"), "bundle",
		func(ctx context.Context, c *client.Client, m client.Command) error {
			data, err := c.Bundle(ctx, m.Unit, m.ID)
			if err != nil {
				return err
			}
			if file == "" {
				file = m.Unit + ".tar.gz"
			}
			if err := os.WriteFile(file, data, 0o600); err != nil {
				return fault("写诊断包：%w；用 -o 换一个文件", "write bundle: %w; choose another file with -o", err)
			}
			fmt.Fprintln(s.errs, s.say(fmt.Sprintf("%s：%d 字节", file, len(data)), fmt.Sprintf("%s: %d bytes", file, len(data))))
			return nil
		})
	cmd.Flags().StringVarP(&file, "output", "o", "", s.say("写到哪里（默认 UNIT.tar.gz）", "where to write it (default UNIT.tar.gz)"))
	return cmd
}

// unitsCommanded tells a unit to do something once and waits for what it says.
func unitsCommanded(s *shell, use, short, do string, then func(context.Context, *client.Client, client.Command) error) *cobra.Command {
	var timeout time.Duration
	cmd := query(s, use, short, exactly("UNIT"),
		func(ctx context.Context, c *client.Client, args []string) (client.Command, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			m, err := s.commanded(ctx, c, args[0], do, timeout)
			if err == nil && then != nil {
				err = then(ctx, c, m)
			}
			return m, err
		},
		func(client.Command) {})
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, s.say("等终端多久", "how long to wait for the unit"))
	return cmd
}

func (s *shell) commanded(ctx context.Context, c *client.Client, unit, do string, timeout time.Duration) (client.Command, error) {
	m, err := c.Command(ctx, unit, do)
	for err == nil {
		line := unit + " " + word(s, commandWords, do) + s.say("：", ": ") + word(s, commandWords, m.State)
		if m.Why != "" {
			line += s.say("：", ": ") + m.Why
		}
		fmt.Fprintln(s.errs, line)
		if m.Over() {
			break
		}
		for last := m.State; err == nil && m.State == last; {
			var next client.Command
			if next, err = c.Commanded(ctx, unit, m.ID, last); err == nil {
				m = next
			}
		}
	}
	switch {
	case err != nil && ctx.Err() != nil && m.ID != "":
		return m, fault("%[1]s 在 %[2]v 内没有回话（最后是：%[3]s）：用 villagecast units show %[1]s 看它是否在线",
			"%[1]s has not answered within %[2]v (its last word: %[3]s): see whether it is online with \"villagecast units show %[1]s\"", unit, timeout, word(s, commandWords, m.State))
	case err != nil:
		return m, err
	case m.State != "done":
		return m, fault("%s 没有照办，%s：%s", "%s %s the command: %s", unit, word(s, commandWords, m.State), m.Why)
	}
	return m, nil
}
