package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var services = []string{"villagecast.service", "villagecast-agent.service"}

// directives are the settings of a service's file; a word that stands twice is joined.
func directives(t *testing.T, file string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)=(.*)$`).FindAllStringSubmatch(string(data), -1) {
		set[m[1]] = strings.TrimSpace(set[m[1]] + " " + m[2])
	}
	return set
}

// What keeps a unit on a pole alive without a hand near it.
func TestServicesAreWatchedAndStartedAnew(t *testing.T) {
	for _, file := range services {
		d := directives(t, file)
		for key, want := range map[string]string{"Type": "notify", "NotifyAccess": "main", "Restart": "always", "NoNewPrivileges": "true", "ProtectSystem": "strict"} {
			if d[key] != want {
				t.Errorf("%s: %s is %q, want %q", file, key, d[key], want)
			}
		}
		for _, key := range []string{"WatchdogSec", "LogRateLimitBurst", "StateDirectory", "User"} {
			if d[key] == "" {
				t.Errorf("%s: %s is not set", file, key)
			}
		}
	}
}

// systemd itself reads the files. Only the programs may be missing here.
func TestSystemdReadsTheServices(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	dir := t.TempDir()
	for _, file := range services {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(dir, strings.TrimSuffix(file, ".service"))
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`/usr/local/bin/villagecast\S*`).ReplaceAllString(string(data), program)
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", path).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
		out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=25", path).CombinedOutput()
		if err != nil {
			t.Errorf("%s is more exposed than 2.5: %v\n%s", file, err, out)
		}
	}
}
