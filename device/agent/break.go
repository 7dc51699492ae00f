package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// What POST /break can break. Nothing of it outlasts the process, nor Options.BreakFor.
const (
	BreakKill    = "kill"    // the process ends at once, as by a power cut
	BreakMute    = "mute"    // the amplifier falls silent
	BreakHang    = "hang"    // the playing loop stands still, and heartbeats with it
	BreakCutLink = "cutlink" // the network is gone
	BreakRestore = "restore" // all is well again
)

// BreakLasts is how long what was broken stays broken, if nobody mends it: long
// enough for an outage to show.
const BreakLasts = 75 * time.Second

// serveBreak breaks something on purpose, so that one can watch what happens.
// It is there in the demonstration only.
func (a *agent) serveBreak(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Kind string `json:"kind"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&q); err != nil {
		http.Error(w, `send {"kind": "mute"}, kill, hang, cutlink or restore`, http.StatusBadRequest)
		return
	}
	if !a.damage(q.Kind) {
		http.Error(w, "kind is "+words(q.Kind, 40)+": use mute, kill, hang, cutlink or restore", http.StatusBadRequest)
		return
	}
	a.log.Warn("broken on purpose", "kind", q.Kind)
	a.serveState(w, r)
}

// damage breaks or mends something, and tells whether there is such a thing.
func (a *agent) damage(kind string) bool {
	switch kind {
	case BreakKill:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case BreakMute:
		if a.player != nil {
			a.player.SetMute(true)
			a.conductor.beat.Store(true)
		}
	case BreakHang:
		a.conductor.gate.set(true)
	case BreakCutLink:
		a.link.setCut(true)
	case BreakRestore:
		if a.player != nil {
			a.player.SetMute(false)
			a.conductor.beat.Store(true)
		}
		a.conductor.gate.set(false)
		a.link.setCut(false)
		poke(a.fetcher.wake)
	default:
		return false
	}
	a.mendLater(kind != BreakRestore)
	poke(a.conductor.wake)
	return true
}

// mendLater has what is broken mended after BreakFor, counted anew at each
// call, or no more.
func (a *agent) mendLater(later bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mend != nil {
		a.mend.Stop()
	}
	if later {
		a.mendAt = time.Now().Add(a.o.BreakFor)
		a.mend = time.AfterFunc(a.o.BreakFor, func() { a.damage(BreakRestore) })
	}
}

// broken is what was broken on purpose.
func (a *agent) broken() []string {
	list := []string{}
	if a.player != nil && a.player.Status().Muted {
		list = append(list, BreakMute)
	}
	if a.conductor.gate.isShut() {
		list = append(list, BreakHang)
	}
	if a.link.isCut() {
		list = append(list, BreakCutLink)
	}
	return list
}

// gate stops the loop where the demonstration wants it hung.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case shut && g.shut == nil:
		g.shut = make(chan struct{})
	case !shut && g.shut != nil:
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) pass(ctx context.Context) bool {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return true
	}
	select {
	case <-shut:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut != nil
}

// setCut cuts the link, or mends it, as the demonstration wants.
func (l *link) setCut(cut bool) {
	l.mu.Lock()
	if cut == l.cut {
		l.mu.Unlock()
		return
	}
	if l.cut = cut; cut {
		l.uncut = make(chan struct{})
	} else {
		close(l.uncut)
	}
	l.mu.Unlock()
	if cut {
		l.drop(errors.New("the link was cut by hand"))
	}
}

func (l *link) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

func (l *link) waitUncut(ctx context.Context) bool {
	l.mu.Lock()
	cut, mended := l.cut, l.uncut
	l.mu.Unlock()
	if !cut {
		return ctx.Err() == nil
	}
	select {
	case <-mended:
		return true
	case <-ctx.Done():
		return false
	}
}
