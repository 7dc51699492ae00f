// Command villagecast-sim is a county of virtual units in one process, for
// trials of a centre: each of them connects, verifies, keeps, plays and proves
// with the agent's own loops; only the sound and the pixels are counted instead
// of made.
//
// It takes the settings files that the centre wrote, or adds units to the centre
// itself. It ends with 0 when it was told to stop or its time is over, 2 when it
// was called wrongly, and 1 for everything else, also when a unit ended by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/sim"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// version is set by the linker.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flags are the command line.
type flags struct {
	dir, centre, token, area string
	count                    int
	faults                   []sim.Fault
	ramp, every, length      time.Duration
	lang                     string
	debug, version           bool
}

func parse(args []string, stderr io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("villagecast-sim", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.dir, "settings-dir", "", "`DIR` of settings files (*.yaml, *.json) as \"villagecast units add\" writes them; those of units added by -count are kept there")
	set.IntVar(&f.count, "count", 0, "simulate `N` units: the first N of the directory, or, with -area, N that are added to the centre; 0 is all of the directory")
	set.StringVar(&f.area, "area", "", "add the units to this `AREA` of the centre")
	set.StringVar(&f.centre, "centre", "http://127.0.0.1:8520", "`URL` of the centre to which units are added")
	set.StringVar(&f.token, "token-file", "", "`FILE` with the administrator's token, in the centre's data directory")
	set.Func("fault", "let something happen, such as \"kill u1,u2 at 30s for 1m\", hang or cut; may be given more than once", func(s string) error {
		fault, err := sim.ParseFault(s)
		f.faults = append(f.faults, fault)
		return err
	})
	set.DurationVar(&f.ramp, "ramp", 5*time.Second, "switch the units on over this `TIME`")
	set.DurationVar(&f.every, "every", 5*time.Second, "print the state each `TIME`")
	set.DurationVar(&f.length, "for", 0, "end after this `TIME`; 0 is never")
	set.StringVar(&f.lang, "lang", "zh", "language of reasons: zh or en")
	set.BoolVar(&f.debug, "debug", false, "print what the units log")
	set.BoolVar(&f.version, "version", false, "say the version and end")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	return f, f.validate(set.Args())
}

func (f flags) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q: see -help", rest[0])
	case f.version:
	case f.area == "" && f.dir == "":
		return errors.New("no units are given: name their settings with -settings-dir DIR, or add some with -area AREA -count N -token-file FILE")
	case f.area != "" && (f.count < 1 || f.token == ""):
		return errors.New("-area adds units to the centre: say how many with -count N, and give -token-file FILE")
	case f.count < 0:
		return fmt.Errorf("-count is %d: give 1 or more, or 0 for all", f.count)
	case f.every <= 0 || f.ramp < 0 || f.length < 0:
		return errors.New("-every must be more than nothing, -ramp and -for not less")
	case f.lang != "zh" && f.lang != "en":
		return fmt.Errorf("-lang is %q: use zh or en", f.lang)
	}
	return nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "villagecast-sim:", err)
		return exitUsage
	}
	if f.version {
		fmt.Fprintln(stdout, "villagecast-sim", version)
		return exitOK
	}
	if err := simulate(ctx, f, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "villagecast-sim:", err)
		return exitFailed
	}
	return exitOK
}

// simulate runs the county until ctx ends or its time is over.
func simulate(ctx context.Context, f flags, stdout, stderr io.Writer) error {
	units, err := gather(ctx, f)
	if err != nil {
		return err
	}
	o := sim.Options{Units: units, Ramp: f.ramp, Faults: f.faults, Lang: f.lang, Software: "villagecast-sim " + version}
	if f.debug {
		o.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	s, err := sim.Start(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d units, switched on over %v\n", len(units), f.ramp)
	watch(ctx, f, s, stdout)
	last := s.State()
	s.Stop()
	if last.Failed > 0 {
		return fmt.Errorf("%d units ended by themselves: %w", last.Failed, last.Error)
	}
	return nil
}

// watch prints the state until it is time to end.
func watch(ctx context.Context, f flags, s *sim.Sim, stdout io.Writer) {
	if f.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.length)
		defer cancel()
	}
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			fmt.Fprintln(stdout, s.State())
			return
		case now := <-tick.C:
			fmt.Fprintln(stdout, now.Format(time.TimeOnly), s.State())
		}
	}
}

// gather finds the settings of the units, or adds units to the centre.
func gather(ctx context.Context, f flags) ([]agent.Settings, error) {
	if f.area != "" {
		return enrol(ctx, f)
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var list []agent.Settings
	for _, e := range entries {
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(f.dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read settings: %w", err)
		}
		s, err := agent.ParseSettings(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		if list = append(list, s); len(list) == f.count {
			return list, nil
		}
	}
	if len(list) < max(f.count, 1) {
		return nil, fmt.Errorf("read settings: %s holds %d settings files (*.yaml, *.json), not %d: add units with \"villagecast units add\"", f.dir, len(list), max(f.count, 1))
	}
	return list, nil
}

// enrol adds units to the centre, sim-1, sim-2 and so on after what is there.
func enrol(ctx context.Context, f flags) ([]agent.Settings, error) {
	token, err := os.ReadFile(f.token)
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	c := &client.Client{Base: strings.TrimSuffix(f.centre, "/"), Token: strings.TrimSpace(string(token)), Language: "en"}
	var list []agent.Settings
	stamp := time.Now().Unix()
	for i := range f.count {
		id := fmt.Sprintf("sim-%d-%d", stamp, i+1)
		added, err := c.AddUnit(ctx, client.UnitSpec{ID: id, Area: f.area, Name: id, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}})
		if err != nil {
			return nil, fmt.Errorf("add unit %s: %w", id, err)
		}
		s, err := agent.ParseSettings([]byte(added.Settings))
		if err != nil {
			return nil, fmt.Errorf("add unit %s: %w", id, err)
		}
		if f.dir != "" {
			if err := os.WriteFile(filepath.Join(f.dir, id+".yaml"), []byte(added.Settings), 0o600); err != nil {
				return nil, fmt.Errorf("keep settings: %w", err)
			}
		}
		list = append(list, s)
	}
	return list, nil
}
