package scheduler

import (
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Conditions that the centre finds, beside those that a unit reports.
const (
	// ConditionTwins is two devices with one identity.
	ConditionTwins = "two-devices"
	// ConditionFlapping is a unit that comes and goes.
	ConditionFlapping = "flapping"
)

// The rules of the centre's conditions.
const (
	// FlapFalls times offline within FlapWindow are flapping, until it has not
	// gone offline for as long.
	FlapFalls  = 4
	FlapWindow = 30 * time.Minute
	// FlapOutage is how long a flapping unit is away before that is an outage.
	FlapOutage = 5 * time.Minute
	// twinsFor is how long after the last change from one device to the other
	// there are still two.
	twinsFor = 10 * time.Minute
	// boots is how many former boot ids are remembered.
	boots = 8
)

// booted takes over a boot id. A device draws one at random each time it starts,
// so one that comes back is another device that never stopped.
func (p Presence) booted(boot string, now time.Time) Presence {
	if boot == p.Boot {
		return p
	}
	if slices.Contains(p.Boots, boot) {
		if p.Twins.IsZero() {
			p.Twins = now
		}
		p.TwinsSeen = now
	}
	if p.Boot != "" {
		others := slices.DeleteFunc(slices.Clone(p.Boots), func(b string) bool { return b == boot || b == p.Boot })
		p.Boots = append([]string{p.Boot}, others[:min(len(others), boots-1)]...)
	}
	p.Boot = boot
	return p
}

// fell counts a time offline.
func (p Presence) fell(now time.Time) Presence {
	p.Falls = append(slices.DeleteFunc(slices.Clone(p.Falls), func(t time.Time) bool { return now.Sub(t) >= FlapWindow }), now)
	switch {
	case !p.Flapping.IsZero():
		p.Flaps++
	case len(p.Falls) >= FlapFalls:
		p.Flapping, p.Flaps = p.Falls[0], len(p.Falls)
	}
	return p
}

// forgiven is the presence without the falls from an instant on: they were the
// centre's trouble.
func (p Presence) forgiven(from time.Time) Presence {
	n := len(p.Falls)
	p.Falls = slices.DeleteFunc(slices.Clone(p.Falls), func(t time.Time) bool { return !t.Before(from) })
	if p.Flapping.IsZero() || n == len(p.Falls) {
		return p
	}
	if p.Flaps -= n - len(p.Falls); p.Flaps < FlapFalls {
		p.Flapping, p.Flaps = time.Time{}, 0
	}
	return p
}

// calmed ends the centre's conditions that are over.
func (p Presence) calmed(now time.Time) Presence {
	if n := len(p.Falls); !p.Flapping.IsZero() && (n == 0 || now.Sub(p.Falls[n-1]) >= FlapWindow) {
		p.Flapping, p.Flaps = time.Time{}, 0
	}
	if !p.Twins.IsZero() && now.Sub(p.TwinsSeen) >= twinsFor {
		p.Twins = time.Time{}
	}
	return p
}

// awayFor is how long a unit is away before that is an outage.
func (p Presence) awayFor() time.Duration {
	if p.Flapping.IsZero() {
		return OfflineAfter
	}
	return FlapOutage
}

// Found are the conditions that the centre finds.
func (p Presence) Found() (out []wire.Condition) {
	if !p.Flapping.IsZero() {
		out = append(out, wire.Condition{Code: ConditionFlapping, Since: p.Flapping.UnixMilli(), Text: fmt.Sprintf("offline %d times", p.Flaps)})
	}
	if !p.Twins.IsZero() {
		out = append(out, wire.Condition{Code: ConditionTwins, Since: p.Twins.UnixMilli(), Text: "two devices speak as this unit"})
	}
	return out
}

// AllConditions are those that the unit reports and those that the centre finds.
func (p Presence) AllConditions() []wire.Condition {
	found := p.Found()
	if len(found) == 0 {
		return p.Conditions
	}
	return append(slices.Clone(p.Conditions), found...)
}
