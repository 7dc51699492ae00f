package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/cmd/villagecast/demo"
)

func demoCommand(s *shell) *cobra.Command {
	o := demo.Options{Version: version}
	cmd := &cobra.Command{Use: "demo", Short: s.say("启动带演示县的中心：十二个终端各是一个进程", "Runs a centre with a demonstration county: twelve units as processes of their own"), Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Data, o.Usual, o.Out, o.Language = s.data, dataDirectory(), s.out, s.lang
			if o.Agent == "" {
				self, err := os.Executable()
				if err != nil {
					return err
				}
				o.Agent = filepath.Join(filepath.Dir(self), "villagecast-agent")
			}
			return demo.Run(cmd.Context(), o)
		}}
	f := cmd.Flags()
	f.StringVar(&o.HTTP, "listen", demo.DefaultHTTP, s.say("给人用的地址（本机）", "address for people (loopback)"))
	f.StringVar(&o.MQTT, "mqtt", demo.DefaultMQTT, s.say("内置 MQTT 消息服务器的地址（本机）", "address of the embedded MQTT broker (loopback)"))
	f.StringVar(&o.Agent, "agent", "", s.say("播控程序（默认：本程序旁边的）", "the agent's program (default: beside this one)"))
	f.StringVar(&o.Notes, "notes", "", s.say("说明启动前省去了什么的文件", "file whose lines say what was left out before the start"))
	return cmd
}
