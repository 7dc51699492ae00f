package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/configs"
)

// The sample file says what holds where it is left out.
func TestSampleHoldsTheDefaults(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var s Settings
	if err := configs.Decode(text, &s); err != nil {
		t.Fatal(err)
	}
	if want := (Amplifier{}).withDefaults(); s.Amplifier != want {
		t.Errorf("the sample says %+v, the default is %+v", s.Amplifier, want)
	}
	if s.Prepared == nil || s.prepared() != (Settings{}).prepared() {
		t.Errorf("the sample says %v MB of prepared sound, the default is %d", s.Prepared, DefaultPrepared)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestAmplifierSwitches(t *testing.T) {
	dir := t.TempDir()
	pin, log, program := filepath.Join(dir, "value"), filepath.Join(dir, "log"), filepath.Join(dir, "amp")
	for name, text := range map[string]string{pin: "0\n", program: "#!/bin/sh\necho $1 >>" + log + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []Amplifier{{Switch: "file:" + pin}, {Switch: "command:" + program}} {
		for _, on := range []bool{true, false, true} {
			if err := a.turn(on); err != nil {
				t.Errorf("%s: %v", a.Switch, err)
			}
		}
	}
	for name, want := range map[string]string{pin: "1\n", log: "on\noff\non\n"} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
		}
	}
	for _, a := range []Amplifier{{Switch: "file:" + dir + "/none"}, {Switch: "command:/bin/false"}, {Switch: "command:" + pin + "none"}} {
		if err := a.turn(true); err == nil || !strings.Contains(err.Error(), "switch amplifier") {
			t.Errorf("%s: %v, want an error", a.Switch, err)
		}
	}
	if _, err := os.Stat(dir + "/none"); err == nil {
		t.Error("a file was made in the place of a wrong path")
	}
}
