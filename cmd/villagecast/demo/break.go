package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/console"
)

// Break does something bad to a unit, for a while: kill takes its power, freeze
// stops its process, cut takes its network, mute turns its amplifier off; mend
// ends it at once.
func (a *agents) Break(ctx context.Context, unit, kind string) error {
	one, ok := a.all[unit]
	if !ok {
		return &scheduler.Error{Kind: scheduler.NotFound, Field: "unit", Value: unit,
			Message: scheduler.Words{ZH: "没有这个终端", EN: "no such unit"},
			Remedy:  scheduler.Words{ZH: "从十二个里选", EN: "choose one of the twelve"}}
	}
	if kind == "mend" {
		return a.mend(ctx, one)
	}
	if err := a.damage(ctx, one, kind); err != nil {
		return err
	}
	now := time.Now()
	one.mu.Lock()
	one.fault = &console.DemoFault{Kind: kind, Since: now, Until: now.Add(repairAfter)}
	fault := one.fault
	one.mu.Unlock()
	if kind != "kill" { // a killed one is started again by its keeper
		time.AfterFunc(repairAfter, func() { a.mendIf(one, fault) })
	}
	return nil
}

func (a *agents) damage(ctx context.Context, one *agent, kind string) error {
	switch kind {
	case "kill":
		return one.signal(syscall.SIGKILL)
	case "freeze":
		return one.signal(syscall.SIGSTOP)
	case "cut":
		return a.tell(ctx, one, "cutlink")
	case "mute":
		return a.tell(ctx, one, "mute")
	}
	return &scheduler.Error{Kind: scheduler.Invalid, Field: "kind", Value: kind, Message: scheduler.Words{ZH: "没有这种故障可选", EN: "is nothing that can be broken"},
		Remedy: scheduler.Words{ZH: "用 kill、freeze、cut、mute 或 mend", EN: "use kill, freeze, cut, mute or mend"}}
}

// mendIf mends what is broken still in the same way.
func (a *agents) mendIf(one *agent, fault *console.DemoFault) {
	one.mu.Lock()
	still := one.fault == fault
	one.mu.Unlock()
	if still {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := a.mend(ctx, one); err != nil {
			a.log.Warn("mend unit", "component", "demo", "unit", one.unit.ID, "err", err)
		}
	}
}

func (a *agents) mend(ctx context.Context, one *agent) error {
	one.mu.Lock()
	fault := one.fault
	if fault != nil && fault.Kind != "kill" {
		one.fault = nil
	}
	one.mu.Unlock()
	switch {
	case fault == nil && one.pid() == 0:
		return nil
	case fault.Kind == "kill":
		select {
		case one.revive <- struct{}{}:
		default: // it is being started already
		}
		return nil
	case fault.Kind == "freeze":
		return one.signal(syscall.SIGCONT)
	}
	return a.tell(ctx, one, "restore")
}

// tell asks the unit's own page, which listens to such words in a demonstration only.
func (a *agents) tell(ctx context.Context, one *agent, kind string) error {
	body, err := json.Marshal(map[string]string{"kind": kind})
	if err != nil {
		return fmt.Errorf("ask unit: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, one.at().JoinPath("break").String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask unit: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := a.http.Do(req)
	if err != nil {
		return &scheduler.Error{Kind: scheduler.Conflict,
			Message: scheduler.Words{ZH: "终端没有回应", EN: "the unit does not answer"},
			Remedy:  scheduler.Words{ZH: "等它重新运行", EN: "wait until it runs again"}, Err: err}
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("ask unit: %s", res.Status)
	}
	return nil
}
