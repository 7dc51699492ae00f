package fleet

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Limits of a request for item detail.
const (
	pageTimeout = 20 * time.Second
	mostPages   = 2000
)

// asking are the requests that wait for a unit's answer.
type asking struct {
	mu   sync.Mutex
	open map[askKey]chan wire.Detail
}

type askKey struct{ unit, id string }

func (a *asking) begin(k askKey) <-chan wire.Detail {
	c := make(chan wire.Detail, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = map[askKey]chan wire.Detail{}
	}
	a.open[k] = c
	return c
}

func (a *asking) end(k askKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, k)
}

// answer hands a page to whom asked; one that nobody waits for, as the second
// copy of a page, is dropped.
func (a *asking) answer(unit string, d wire.Detail) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case a.open[askKey{unit, d.ID}] <- d:
	default:
	}
}

// Detail asks a unit for what it played item by item between from and to, and
// waits for all pages. A unit that does not answer is an error of kind
// scheduler.Unavailable.
func (f *Fleet) Detail(ctx context.Context, unit string, from, to time.Time) ([]wire.CueRun, error) {
	cues := []wire.CueRun{}
	after := ""
	for range mostPages {
		d, err := f.page(ctx, unit, wire.DetailRequest{
			ID: strings.ToLower(rand.Text()), From: from.UnixMilli(), To: to.UnixMilli(), After: after,
		})
		if err != nil {
			return nil, fmt.Errorf("ask %s for item detail: %w", unit, err)
		}
		cues = append(cues, d.Cues...)
		if d.Next == "" {
			return cues, nil
		}
		after = d.Next
	}
	return nil, fmt.Errorf("ask %s for item detail: %w", unit, &scheduler.Error{
		Kind:    scheduler.TooLarge,
		Message: scheduler.Words{ZH: "终端的条目明细太多页", EN: "the unit has too many pages of item detail"},
		Remedy:  scheduler.Words{ZH: "查短一些的时间段", EN: "ask for a shorter span"}})
}

func (f *Fleet) page(ctx context.Context, unit string, r wire.DetailRequest) (wire.Detail, error) {
	b, err := wire.Encode(r)
	if err != nil {
		return wire.Detail{}, err
	}
	s := f.session.Load()
	if s == nil {
		return wire.Detail{}, unavailable(scheduler.Words{ZH: "中心没有连上消息服务器", EN: "the centre has no link to the broker"},
			scheduler.Words{ZH: "恢复后再试", EN: "try again when it is back"})
	}
	k := askKey{unit, r.ID}
	c := f.asking.begin(k)
	defer f.asking.end(k)
	s.client.Publish(wire.AskTopic(unit), 1, false, b)
	t := time.NewTimer(pageTimeout)
	defer t.Stop()
	select {
	case d := <-c:
		return d, nil
	case <-t.C:
		return wire.Detail{}, unavailable(scheduler.Words{ZH: "终端没有回应", EN: "the unit does not answer"},
			scheduler.Words{ZH: "看它是否在线；明细在终端上保留 60 天", EN: "see whether it is online; its detail stays on it for 60 days"})
	case <-f.done:
		return wire.Detail{}, unavailable(scheduler.Words{ZH: "中心正在停下", EN: "the centre stops"}, scheduler.Words{ZH: "恢复后再问", EN: "ask again when it is back"})
	case <-ctx.Done():
		return wire.Detail{}, ctx.Err()
	}
}

func unavailable(message, remedy scheduler.Words) error {
	return &scheduler.Error{Kind: scheduler.Unavailable, Message: message, Remedy: remedy}
}
