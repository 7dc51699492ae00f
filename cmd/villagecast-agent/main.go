// Command villagecast-agent is the program in a loudspeaker or screen. It needs
// the settings file that `villagecast units add` wrote, and a directory of its
// own.
//
// It ends with 0 when it was told to stop, 2 when it was called wrongly, 75
// (EX_TEMPFAIL) when it should be started anew because the sound device was
// given up, and 1 for everything else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/villagecast/villagecast/cmd/internal/service"
	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRestart = 75
)

// version is set by the linker; without it the build says what it knows.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flags are the command line.
type flags struct {
	settings, data, sound, panel, listen, lang string
	demo, version, debug                       bool
}

func parse(args []string, stderr io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("villagecast-agent", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.settings, "settings", "", "`FILE` written by \"villagecast units claim\" or \"units add\" (YAML or JSON), on the device or on a stick")
	set.StringVar(&f.data, "data", "", "`DIR` in which the unit keeps what it knows")
	set.StringVar(&f.sound, "sound", "auto", "sound output: auto, alsa, silent, wav:FILE or none; auto is ALSA; where there is none the unit says so, and nothing counts as played")
	set.StringVar(&f.panel, "panel", "kiosk", "screen: kiosk (a browser shows /kiosk/), png:FILE (what an LED panel would show) or none")
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` of the local page, none for no page")
	set.StringVar(&f.lang, "lang", "zh", "language of reasons: zh or en")
	set.BoolVar(&f.demo, "demo", false, "let the local page break things on purpose")
	set.BoolVar(&f.debug, "debug", false, "log more")
	set.BoolVar(&f.version, "version", false, "say the version and end")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	switch rest := set.Args(); {
	case len(rest) == 1 && rest[0] == "version":
		f.version = true
	case len(rest) > 0:
		return f, fmt.Errorf("unexpected argument %q: see -help", rest[0])
	}
	if f.version {
		return f, nil
	}
	if f.settings == "" || f.data == "" {
		return f, errors.New("-settings FILE and -data DIR are needed: see -help")
	}
	if f.lang != "zh" && f.lang != "en" {
		return f, fmt.Errorf("-lang is %q: use zh or en", f.lang)
	}
	return f, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "villagecast-agent:", err)
		return exitUsage
	}
	if f.version {
		fmt.Fprintln(stdout, software())
		return exitOK
	}
	options, err := prepare(f, stdout, stderr)
	if err == nil {
		err = agent.Run(ctx, options)
	}
	switch {
	case errors.Is(err, agent.ErrRestart):
		fmt.Fprintln(stderr, "villagecast-agent:", err)
		return exitRestart
	case err != nil:
		fmt.Fprintln(stderr, "villagecast-agent:", err)
		return exitFailed
	}
	return exitOK
}

// prepare turns the command line into options.
func prepare(f flags, stdout, stderr io.Writer) (agent.Options, error) {
	o := agent.Options{Board: airtime.Board(), Demo: f.demo, Software: software(), Lang: f.lang}
	level := slog.LevelInfo
	if f.debug {
		level = slog.LevelDebug
	}
	o.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	var err error
	o.Reload = func() (agent.Settings, error) { return settingsFile{f.settings, f.data}.read() }
	if o.Settings, err = o.Reload(); err != nil {
		return o, err
	}
	if o.Sound, o.Fallback, err = outputs(f.sound, f.demo, stderr); err != nil {
		return o, err
	}
	if o.Panel, err = panel(f.panel); err != nil {
		return o, err
	}
	if o.Listener, err = listener(f.listen); err != nil {
		return o, err
	}
	o.Disk = spool.OS(f.data)
	unit := o.Settings.Unit
	supervisor := service.New(o.Logger)
	o.Alive, o.Stopping = supervisor.Alive, supervisor.Stopping
	o.Started = func(sound, page string) {
		supervisor.Ready()
		fmt.Fprintf(stdout, "unit %s; sound: %s", unit, sound)
		if page != "" {
			fmt.Fprintf(stdout, "; page: %s", page)
		}
		fmt.Fprintln(stdout)
	}
	return o, nil
}

// outputs makes the sound output, and the one to take where it cannot be opened.
func outputs(kind string, demo bool, stderr io.Writer) (out, fallback player.Output, err error) {
	absent := player.NewAbsent()
	if demo {
		absent = inBrowser{player.NewSilent()}
	}
	name, file, _ := strings.Cut(kind, ":")
	switch {
	case name == "wav" && file != "":
		out, err = player.NewWAV(file)
	case kind == "none":
	case kind == "silent":
		out = player.NewSilent()
	case kind == "alsa":
		out, err = player.NewALSA(player.ALSASettings{Wait: true})
	case kind == "auto":
		if out, err = player.NewALSA(player.ALSASettings{}); err != nil {
			fmt.Fprintf(stderr, "no sound: %v\n", err)
			return absent, nil, nil
		}
		fallback = absent
	default:
		err = errors.New("use auto, alsa, silent, wav:FILE or none")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("-sound %s: %w", kind, err)
	}
	return out, fallback, nil
}

// inBrowser takes the place of a missing card in the demonstration, where one
// listens to the unit's page.
type inBrowser struct{ player.Output }

func (inBrowser) Name() string { return "no sound output, silent" }

// panel makes the panel of a size, once the unit knows it.
func panel(kind string) (func(width, height int) (screen.Panel, error), error) {
	name, file, _ := strings.Cut(kind, ":")
	switch {
	case kind == "none":
		return nil, nil
	case kind == "kiosk":
		return func(int, int) (screen.Panel, error) { return screen.Counting{}, nil }, nil
	case name == "png" && file != "":
		return func(width, height int) (screen.Panel, error) {
			return screen.NewPNG(file, width, height, time.Second/2)
		}, nil
	}
	return nil, fmt.Errorf("-panel %s: use kiosk, png:FILE or none", kind)
}

// listener opens the local page's port, on loopback and nowhere else.
func listener(address string) (net.Listener, error) {
	if address == "none" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen %s: use 127.0.0.1:PORT or none", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-listen %s: the page is for this machine only; use 127.0.0.1:PORT", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen %s: %w; choose another port", address, err)
	}
	return l, nil
}

func software() string {
	if version != "" {
		return "villagecast-agent " + version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "villagecast-agent " + info.Main.Version
	}
	return "villagecast-agent (devel)"
}
