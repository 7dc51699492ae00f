// Package demo is the demonstration: a centre with an invented county, whose
// twelve units run as processes of their own on this machine.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	device "github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/client/countyfile"
	"github.com/villagecast/villagecast/scheduler/console"
)

// Where the demonstration listens if nothing else is said.
const (
	DefaultHTTP = app.DefaultHTTP
	DefaultMQTT = app.DefaultMQTT
)

// loud is the unit that plays on the machine's sound card, where there is one.
const loud = "dawan-square"

// Options of the demonstration.
type Options struct {
	// Data is its directory; it is found again at the next start. Usual is where
	// the commands look if they are not told.
	Data, Usual string
	HTTP, MQTT  string
	// Agent is the path of the agent's program.
	Agent string
	// Notes is a file whose lines say what was left out before the start.
	Notes    string
	Version  string
	Language string
	// Out receives what people are told.
	Out io.Writer
}

// Run runs the demonstration until ctx ends.
func Run(ctx context.Context, o Options) error {
	began := time.Now()
	if err := check(o); err != nil {
		return err
	}
	dir := filepath.Join(o.Data, "demo")
	for _, sub := range []string{"settings", "units", "logs", "melodies"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return fmt.Errorf("make the demonstration's directory: %w", err)
		}
	}
	logfile, err := os.OpenFile(filepath.Join(dir, "logs", "centre.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer logfile.Close()
	log := slog.New(slog.NewTextHandler(logfile, nil))
	return run(ctx, o, dir, log, began)
}

// check refuses what would make the demonstration something else.
func check(o Options) error {
	for _, address := range []string{o.HTTP, o.MQTT} {
		host, _, err := net.SplitHostPort(address)
		ip := net.ParseIP(host)
		if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return &scheduler.Error{Kind: scheduler.Invalid, Value: address,
				Message: words("不是本机地址，演示只在本机运行", "is not loopback, and the demonstration stays on this machine"),
				Remedy:  words("真正的县用 villagecast serve", "use villagecast serve for a real county")}
		}
	}
	if _, err := os.Stat(o.Agent); err != nil {
		return &scheduler.Error{Kind: scheduler.NotFound, Value: o.Agent, Err: err,
			Message: words("没有播控程序", "the agent's program is missing"),
			Remedy:  words("用 make build 构建，或用 --agent 指出", "build it with make build, or give --agent")}
	}
	return nil
}

func run(ctx context.Context, o Options, dir string, log *slog.Logger, began time.Time) (err error) {
	agents, err := newAgents(o.Agent, dir, units(), loud, log)
	if err != nil {
		return err
	}
	show := newStage(agents, &client.Client{Language: o.Language})
	a, err := app.New(app.Options{Data: o.Data, HTTP: o.HTTP, MQTT: o.MQTT, Version: o.Version, Logger: log, Demonstration: show})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Stop())
	}
	defer func() { err = errors.Join(err, a.Stop()) }()
	show.c.Base, show.c.Token = a.URL(), a.Token()
	if err := bring(ctx, show.c, dir, o, a.SpeechAvailable()); err != nil {
		return err
	}
	if err := readdress(dir, a.MQTTURL(), a.URL()); err != nil {
		return err
	}

	inner, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }()
	wg.Go(func() { agents.run(inner) })
	wg.Go(func() { show.follow(inner) })
	if err := show.ready(ctx, began); err != nil {
		return err
	}
	tell(o, show, a, time.Since(began))
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.Failed():
		return fmt.Errorf("the centre ended: %w", err)
	}
}

// bring brings the county to the centre, its hours laid round now.
func bring(ctx context.Context, c *client.Client, dir string, o Options, spoken bool) error {
	melodies := filepath.Join(dir, "melodies")
	if err := writeMelodies(melodies); err != nil {
		return err
	}
	f, err := county(time.Now(), spoken, "melodies")
	if err != nil {
		return err
	}
	plan, err := countyfile.Make(ctx, c, f, dir)
	if err != nil {
		return fmt.Errorf("compare the county: %w", err)
	}
	plan.Settings = func(unit, text string) error {
		return os.WriteFile(filepath.Join(dir, "settings", unit+".yaml"), []byte(text), 0o600)
	}
	slow := time.AfterFunc(10*time.Second, func() {
		o.say(words("  还在做：制作全县的录音", "  still at it: making the county's recordings"))
	})
	defer slow.Stop()
	if err := plan.Apply(ctx, nil); err != nil {
		return fmt.Errorf("bring the county: %w", err)
	}
	return nil
}

// readdress tells the units where the centre listens this time.
func readdress(dir, mqtt, http string) error {
	for _, u := range units() {
		path := filepath.Join(dir, "settings", u.ID+".yaml")
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read settings of a unit: %w; forget the demonstration and start anew", err)
		}
		s, err := device.ParseSettings(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if s.MQTT == mqtt && s.HTTP == http {
			continue
		}
		s.MQTT, s.HTTP = mqtt, http
		if text, err = s.YAML(); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("write settings of a unit: %w", err)
		}
	}
	return nil
}

// patience is how long the units may take to appear.
const patience = 40 * time.Second

// ready waits until the centre has heard of every unit since the start.
func (s *stage) ready(ctx context.Context, began time.Time) error {
	end := time.After(patience)
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		s.ask(ctx)
		if missing := s.missing(began); len(missing) == 0 {
			return nil
		} else {
			select {
			case <-ctx.Done():
				return nil
			case <-end:
				logs := filepath.Join(s.dir, "logs")
				return &scheduler.Error{Kind: scheduler.Unavailable, Value: strings.Join(missing, ", "),
					Message: words("有终端没有启动", "these units did not come up"),
					Remedy:  words("看它们在 "+logs+" 里的日志", "see their logs in "+logs)}
			case <-ticker.C:
			}
		}
	}
}

func (s *stage) missing(began time.Time) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, one := range s.all {
		seen := s.units[id].Presence.LastSeen
		if one.pid() == 0 || seen == nil || seen.Before(began) {
			ids = append(ids, id)
		}
	}
	return ids
}

var _ console.Demonstration = (*stage)(nil)
