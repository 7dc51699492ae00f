package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/cmd/villagecast/demo"
)

func demoCommand(s *shell) *cobra.Command {
	o := demo.Options{Version: version}
	cmd := &cobra.Command{Use: "demo", Short: "Runs a centre with a demonstration county: twelve units as processes of their own", Args: exactly(),
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
	f.StringVar(&o.HTTP, "listen", demo.DefaultHTTP, "address for people (loopback)")
	f.StringVar(&o.MQTT, "mqtt", demo.DefaultMQTT, "address of the embedded MQTT broker (loopback)")
	f.StringVar(&o.Agent, "agent", "", "the agent's program (default: beside this one)")
	f.StringVar(&o.Notes, "notes", "", "file whose lines say what was left out before the start")
	return cmd
}
