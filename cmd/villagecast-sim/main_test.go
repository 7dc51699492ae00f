package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

// call runs the command with its own output.
func call(ctx context.Context, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = run(ctx, args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestWrongCallsAreTold(t *testing.T) {
	empty := t.TempDir()
	bad := t.TempDir()
	if err := os.WriteFile(filepath.Join(bad, "u1.yaml"), []byte("unit: u1\nsecrte: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", exitUsage, "name their settings with -settings-dir DIR"},
		{"-settings-dir x y", exitUsage, `unexpected argument "y"`},
		{"-area county", exitUsage, "-count N"},
		{"-settings-dir x -count -1", exitUsage, "-count is -1"},
		{"-settings-dir x -lang fr", exitUsage, "use zh or en"},
		{"-settings-dir x -every 0s", exitUsage, "-every"},
		{"-settings-dir x -fault melt", exitUsage, "four or six words"},
		{"-settings-dir " + empty, exitFailed, "holds 0 settings files"},
		{"-settings-dir " + bad, exitFailed, `did you mean "secret"`},
		{"-area county -count 1 -token-file " + filepath.Join(empty, "token"), exitFailed, "read token"},
		{"-version", exitOK, ""},
	} {
		code, _, errs := call(t.Context(), strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d, %q; want %d and %q", c.args, code, errs, c.code, c.says)
		}
	}
}

func TestUnitsAreAddedAndComeOnline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "县 centre")
	centre, err := app.New(app.Options{Data: dir, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err == nil {
		err = centre.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := centre.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if _, _, err := centre.Store().PutArea(t.Context(), scheduler.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	settings := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends the command when all are there, or the test's patience
		defer cancel()
		for range 300 {
			if st, err := centre.Store().Status(ctx, "", time.Now()); err == nil && st.Units.All == 3 && st.Units.Idle == 3 {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	code, out, errs := call(ctx, "-area", "county", "-count", "3", "-centre", centre.URL(), "-token-file", filepath.Join(dir, "token"),
		"-settings-dir", settings, "-ramp", "0s", "-every", "1s")
	if code != exitOK || !strings.Contains(out, "3 units: 3 on, 3 connected") {
		t.Fatalf("exit code %d, %q, %q; want all three connected", code, out, errs)
	}
	code, out, errs = call(t.Context(), "-settings-dir", settings, "-count", "2", "-ramp", "0s", "-for", "3s", "-fault", "cut all at 1s")
	if code != exitOK || !strings.Contains(out, "2 units: 2 on, 0 connected, 0 off, 0 hung, 2 cut off") {
		t.Errorf("the first two again, cut off: exit code %d, %q, %q", code, out, errs)
	}
	files, err := filepath.Glob(filepath.Join(settings, "*.yaml"))
	if err != nil || len(files) != 3 {
		t.Errorf("%s kept (%v), want the settings of all three", fmt.Sprint(files), err)
	}
}
