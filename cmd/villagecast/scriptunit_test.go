package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	device "github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/spool"
)

// unitProgram is a unit of a script, with its supervisor: "unit SETTINGS DIR" runs
// its agent, and starts it anew when it asks for that.
func unitProgram() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	settings, err := device.ParseSettings(data)
	lang := "en"
	if strings.HasPrefix(os.Getenv("LANG"), "zh") {
		lang = "zh"
	}
	for starts := 1; err == nil && ctx.Err() == nil; starts++ {
		fmt.Println("start", starts)
		board := airtime.Board()
		board.Chip = true // it need not ask for the time
		if err = os.MkdirAll(os.Args[2], 0o700); err == nil {
			err = device.Run(ctx, device.Options{Settings: settings, Disk: spool.OS(os.Args[2]), Board: board, Sound: player.NewSilent(),
				Software: fmt.Sprint("start ", starts), Lang: lang, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
		}
		if errors.Is(err, device.ErrRestart) {
			err = nil
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// awaitOutput runs a command again and again until its output matches a pattern.
func awaitOutput(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if ts.Exec(args[1], args[2:]...) == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("no %q within 20 s in\n%s", args[0], ts.ReadFile("stdout"))
}
