package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/player"
)

// Amplifier is how a device switches its amplifier. The zero value switches
// none.
type Amplifier struct {
	// Switch is "none" (default); "file:PATH", a file that is there and takes "1"
	// and "0", such as a GPIO's value; or "command:PATH", a program that is
	// called with "on" or "off".
	Switch string `yaml:"switch,omitempty" json:"switch,omitempty"`
	// Lead is how many milliseconds before the first sound it is switched on, the
	// time that the switch itself takes included; default 800, at most 10,000.
	Lead int `yaml:"lead,omitempty" json:"lead,omitempty"`
	// Hold is how many milliseconds of silence it stays on; default 5,000, at
	// most 600,000.
	Hold int `yaml:"hold,omitempty" json:"hold,omitempty"`
}

const (
	noSwitch      = "none"
	switchTimeout = 5 * time.Second
	maxLead       = 10_000
	maxHold       = 600_000
)

// withDefaults is a with what it leaves open.
func (a Amplifier) withDefaults() Amplifier {
	if a.Switch == "" {
		a.Switch = noSwitch
	}
	if a.Lead == 0 {
		a.Lead = 800
	}
	if a.Hold == 0 {
		a.Hold = 5000
	}
	return a
}

func (a Amplifier) validate() error {
	a = a.withDefaults()
	if a.Lead < 0 || a.Lead > maxLead {
		return fmt.Errorf("amplifier.lead is %d: use 1 to %d milliseconds", a.Lead, maxLead)
	}
	if a.Hold < 0 || a.Hold > maxHold {
		return fmt.Errorf("amplifier.hold is %d: use 1 to %d milliseconds", a.Hold, maxHold)
	}
	if a.Switch == noSwitch {
		return nil
	}
	kind, path, _ := strings.Cut(a.Switch, ":")
	if kind != "file" && kind != "command" || !filepath.IsAbs(path) {
		return fmt.Errorf("amplifier.switch is %q: use none, file:PATH or command:PATH, with an absolute path", a.Switch)
	}
	return nil
}

// turn switches the amplifier.
func (a Amplifier) turn(on bool) error {
	kind, path, _ := strings.Cut(a.Switch, ":")
	var err error
	if kind == "file" {
		err = writeSwitch(path, on)
	} else {
		err = callSwitch(path, on)
	}
	if err != nil {
		return fmt.Errorf("switch amplifier: %w", err)
	}
	return nil
}

// writeSwitch writes to a file that is there; it makes none, so that a wrong
// path is noticed.
func writeSwitch(path string, on bool) error {
	text := "0\n"
	if on {
		text = "1\n"
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func callSwitch(path string, on bool) error {
	word := "off"
	if on {
		word = "on"
	}
	ctx, cancel := context.WithTimeout(context.Background(), switchTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, word)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %.200s", path, word, err, out)
	}
	return nil
}

// amplifier gives the player the switch, if there is one. A switch that fails
// is a condition.
func (a *agent) amplifier(o *player.Options) {
	amp := a.o.Settings.Amplifier.withDefaults()
	if amp.Switch == noSwitch {
		return
	}
	o.AmpLead = time.Duration(amp.Lead) * time.Millisecond
	o.AmpHold = time.Duration(amp.Hold) * time.Millisecond
	o.Amp = func(on bool) {
		err := amp.turn(on)
		if err == nil {
			a.cond.clear(CodeAmplifier)
			return
		}
		a.log.Error("the amplifier cannot be switched", "on", on, "err", err)
		if a.cond.raise(CodeAmplifier, err.Error()) {
			a.reporter.record(event(a.air.Now(), CodeAmplifier, err.Error()))
		}
	}
}
