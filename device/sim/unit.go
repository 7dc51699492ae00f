package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
)

// forever is how long a hang lasts by itself: faults end when they are mended.
const forever = 10 * 365 * 24 * time.Hour

// unit is one agent in its place: what outlasts the agent when its power is cut.
type unit struct {
	settings agent.Settings
	line     line

	mu     sync.Mutex
	disk   spool.Disk
	off    context.CancelFunc // nil while it has no power
	gone   chan struct{}      // closed when the agent that ran has ended
	page   *memnet.Listener   // of the agent that runs
	hung   bool
	failed error // of the last agent
}

// on switches the unit on.
func (u *unit) on(ctx context.Context, o *Options) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.off != nil || ctx.Err() != nil {
		return
	}
	ctx, u.off = context.WithCancel(ctx)
	gone := make(chan struct{})
	u.gone, u.hung, u.page = gone, false, memnet.Listen(u.settings.Unit)
	sound := player.NewCounting()
	if o.Hear != nil {
		sound.Hear = func(sounds bool) { o.Hear(u.settings.Unit, sounds) }
	}
	options := agent.Options{
		Settings: u.settings, Disk: u.disk,
		Sound: sound,
		Panel: func(int, int) (screen.Panel, error) { return screen.Counting{}, nil },
		Dial:  u.line.open, HTTP: o.HTTP,
		Board: airtime.System{Now: o.Now}, Listener: u.page, Demo: true, BreakFor: forever,
		Software: o.Software, Lang: o.Lang, Logger: o.Logger,
	}
	go func() {
		defer close(gone)
		err := agent.Run(ctx, options)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.failed = err
	}()
}

// hang stops the playing loop, or lets it go on, by the door that the agent's
// own page has for demonstrations.
func (u *unit) hang(yes bool) error {
	u.mu.Lock()
	page, off := u.page, u.off
	u.hung = yes && off != nil
	u.mu.Unlock()
	if off == nil {
		return nil
	}
	kind := agent.BreakHang
	if !yes {
		kind = agent.BreakRestore
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := page.Dial(ctx)
			if err != nil {
				return nil, err // not a nil *memnet.Conn in an interface
			}
			return c, nil
		},
	}}
	answer, err := client.Post("http://127.0.0.1/break", "application/json", strings.NewReader(fmt.Sprintf("{\"kind\": %q}", kind)))
	if err != nil {
		return fmt.Errorf("%s unit %s: %w", kind, u.settings.Unit, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s unit %s: %s", kind, u.settings.Unit, answer.Status)
	}
	return nil
}

// powerCut ends the agent without a word; its disk keeps what was synced.
func (u *unit) powerCut() {
	u.line.sever()
	u.line.setCut(true) // no farewell
	u.mu.Lock()
	if m, ok := u.disk.(*spool.Mem); ok {
		u.disk = m.Cut(0)
	}
	u.mu.Unlock()
	u.stop()
	u.line.setCut(false)
}

// stop ends the agent, if it runs, and waits for it.
func (u *unit) stop() {
	u.mu.Lock()
	off, gone := u.off, u.gone
	u.off, u.hung = nil, false
	u.mu.Unlock()
	if off == nil {
		return
	}
	off()
	<-gone
}

// state counts the unit.
func (u *unit) state(s *State) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s.Units++
	s.Dials += u.line.dials.Load()
	switch {
	case u.off == nil:
		s.Off++
		return
	case u.ended():
		s.Failed++
		if s.Error == nil {
			s.Error = errors.Join(errors.New("unit "+u.settings.Unit), u.failed)
		}
		return
	}
	s.On++
	if u.hung {
		s.Hung++
	}
	if u.line.isCut() {
		s.Cut++
	}
	if u.line.connected() {
		s.Connected++
	}
}

// ended tells whether the agent has ended by itself; the lock is held.
func (u *unit) ended() bool {
	select {
	case <-u.gone:
		return true
	default:
		return false
	}
}
