// Command villagecast is the centre of a county's village broadcasting and its
// command line: it schedules, publishes, and keeps the proof of what played.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	_ "time/tzdata" // units and centre read rules by the same zones on every machine

	"github.com/villagecast/villagecast/scheduler/client"
)

// version is set by the build.
var version = "development"

// Exit codes, fit for scripts.
const (
	exitOK          = 0
	exitFailed      = 1 // something went wrong that is not the caller's fault
	exitUsage       = 2 // the command line is wrong
	exitRefused     = 3 // the centre said no: the message says what and the remedy
	exitUnreachable = 4 // nobody answers at the centre's address
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	s := &shell{in: in, out: out, errs: errs, lang: asked(args)}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "villagecast:", said(err, s.lang))
	}
	return exitCode(err)
}

func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return exitOK
	case errors.Is(err, errUsage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.Status < 500 {
		return exitRefused
	}
	return exitFailed
}
