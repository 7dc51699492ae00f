package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/cmd/internal/service"
	"github.com/villagecast/villagecast/configs"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

// settings are those of the centre, as configs/centre.yaml explains them.
type settings struct {
	Data string `json:"data"`
	HTTP string `json:"http"`
	MQTT string `json:"mqtt"`
	// Listen gives doors addresses of their own.
	Listen *listenSettings `json:"listen,omitempty"`
	// PublicURL is the address that phones are given.
	PublicURL string `json:"public_url,omitempty"`
	// TrustedProxies are believed when they say for whom they ask.
	TrustedProxies []string     `json:"trusted_proxies,omitempty"`
	TLS            *tlsSettings `json:"tls,omitempty"`
	// PublicHTTP and PublicMQTT are the addresses that units are given.
	PublicHTTP string          `json:"public_http,omitempty"`
	PublicMQTT string          `json:"public_mqtt,omitempty"`
	Hosts      []string        `json:"hosts,omitempty"`
	Broker     *brokerSettings `json:"broker,omitempty"`
	// UploadCeiling is in MiB.
	UploadCeiling int             `json:"upload_ceiling"`
	Speech        *speechSettings `json:"speech,omitempty"`
	Log           string          `json:"log"`
}

// listenSettings are the addresses of doors that have one of their own.
type listenSettings struct {
	Units  string `json:"units,omitempty"`
	Phones string `json:"phones,omitempty"`
	Admin  string `json:"admin,omitempty"`
}

// tlsSettings are the files of the county's own certificate.
type tlsSettings struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// brokerSettings name a broker that somebody else runs.
type brokerSettings struct {
	URL      string `json:"url"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

// speechSettings are the command that speaks.
type speechSettings struct {
	Command []string `json:"command"`
	English []string `json:"english,omitempty"`
}

// defaults are what holds where nothing is said.
func defaults() settings {
	return settings{Data: "villagecast-data", HTTP: app.DefaultHTTP, MQTT: app.DefaultMQTT, UploadCeiling: app.DefaultUploadCeiling >> 20, Log: "info"}
}

func serveCommand(s *shell) *cobra.Command {
	file := ""
	given := defaults()
	cmd := &cobra.Command{Use: "serve", Short: s.say("运行中心，直到被中断", "Runs the centre until it is interrupted"), Args: exactly()}
	f := cmd.Flags()
	f.StringVar(&file, "config", "", s.say("设置文件，见 configs/centre.yaml；同时写的选项优先", "settings file, see configs/centre.yaml; flags given beside it win"))
	f.StringVar(&given.HTTP, "listen", given.HTTP, s.say("给人和终端用的地址；对外要用 TLS", "address for people and units; beyond loopback only with TLS"))
	f.StringVar(&given.MQTT, "mqtt", given.MQTT, s.say("内置 MQTT 消息服务器的地址", "address of the embedded MQTT broker"))
	f.StringVar(&given.Log, "log", given.Log, s.say("debug、info、warn 或 error", "debug, info, warn or error"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		set := defaults()
		if file != "" {
			if err := readSettings(file, &set); err != nil {
				return err
			}
		}
		for name, to := range map[string]*string{"listen": &set.HTTP, "mqtt": &set.MQTT, "log": &set.Log} {
			if cmd.Flags().Changed(name) {
				*to, _ = cmd.Flags().GetString(name)
			}
		}
		if cmd.Flags().Changed("data") || file == "" {
			set.Data = s.data
		}
		return s.serve(cmd.Context(), set)
	}
	return cmd
}

func readSettings(file string, into *settings) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return usage("读设置文件：%v", "read settings: %v", err)
	}
	if err := configs.Decode(text, into); err != nil {
		return usage("%s：%v", "%s: %v", file, err)
	}
	return nil
}

// options turns settings into what the centre is made from.
func (set settings) options(log *slog.Logger) app.Options {
	o := app.Options{Data: set.Data, HTTP: set.HTTP, MQTT: set.MQTT, PublicURL: set.PublicURL, PublicHTTP: set.PublicHTTP, PublicMQTT: set.PublicMQTT,
		Hosts: set.Hosts, UploadCeiling: int64(set.UploadCeiling) << 20, Version: version, Logger: log}
	o.TrustedProxies = set.TrustedProxies
	if t := set.TLS; t != nil {
		o.CertFile, o.KeyFile = t.Cert, t.Key
	}
	if l := set.Listen; l != nil {
		o.Listeners = map[scheduler.Door]string{scheduler.DoorUnits: l.Units, scheduler.DoorPhones: l.Phones, scheduler.DoorAdmin: l.Admin}
	}
	if set.Broker != nil {
		o.Broker = &app.ExternalBroker{URL: set.Broker.URL, User: set.Broker.User, Password: set.Broker.Password}
	}
	if set.Speech != nil {
		o.Speech, o.SpeechEnglish = set.Speech.Command, set.Speech.English
	}
	return o
}

// logger writes to standard error.
func (s *shell) logger(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usage("没有日志级别 %q：用 debug、info、warn 或 error", "log level %q: use debug, info, warn or error", level)
	}
	return slog.New(slog.NewTextHandler(s.errs, &slog.HandlerOptions{Level: l})), nil
}

func (s *shell) serve(ctx context.Context, set settings) error {
	log, err := s.logger(set.Log)
	if err != nil {
		return err
	}
	supervisor := service.New(log)
	o := set.options(log)
	o.Alive = supervisor.Alive
	a, err := app.New(o)
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	supervisor.Ready()
	s.tell("中心已启动。用这个链接登录，只能用一次："+a.LoginLink("/"), "The centre runs. Log in once with "+a.LoginLink("/"))
	select {
	case <-ctx.Done():
	case err = <-a.Failed():
		err = fault("中心停了：%w", "the centre ended: %w", err)
	}
	supervisor.Stopping()
	if stopped := a.Stop(); err == nil {
		err = stopped
	}
	return err
}
