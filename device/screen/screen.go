package screen

import (
	"context"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// refresh is how often an unchanged frame is drawn again.
const refresh = time.Second

// Options of a screen. The zero value is usable.
type Options struct {
	// Now is the clock of air time; the system's clock if nil.
	Now func() time.Time
	// Slogan is shown while nothing is planned; empty is a black panel.
	Slogan string
	// Logger gets the panel's failures; slog.Default() if nil.
	Logger *slog.Logger
}

// Screen shows a plan on a panel. All methods may be called at any time from
// any goroutine; nothing is shown before and after Run.
type Screen struct {
	now  func() time.Time
	log  *slog.Logger
	wake chan struct{} // holds one token when the loop must look again

	mu       sync.Mutex
	panel    Panel
	plan     plan
	slogan   string
	zone     string
	current  *showing
	shown    []Shown
	latest   *image.Paletted
	progress time.Time
	failing  bool
	watchers map[chan struct{}]struct{}
}

// showing is what is on the panel now: a span of the plan or the slogan.
type showing struct {
	span   Span
	idle   bool // the slogan, which is not reported
	layout *Layout
	from   time.Time
	err    error
	open   bool // from is set
}

// New makes a screen for the panel, with an empty plan. Run starts it.
func New(panel Panel, opts Options) *Screen {
	s := &Screen{
		now:      opts.Now,
		log:      opts.Logger,
		wake:     make(chan struct{}, 1),
		panel:    panel,
		slogan:   opts.Slogan,
		watchers: map[chan struct{}]struct{}{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.log = s.log.With("component", "screen")
	return s
}

// SetPlan replaces the whole future. A span that is on the panel and stands
// unchanged in the new plan (perhaps with another Until) goes on without a
// jump; one that is gone leaves at once, and one that is due comes at once.
// Where spans overlap, the one that starts latest is shown.
func (s *Screen) SetPlan(spans []Span) {
	p := newPlan(spans)
	s.mu.Lock()
	s.plan = p
	s.mu.Unlock()
	s.nudge()
}

// SetSlogan sets what is shown while nothing is planned; empty is a black
// panel, as in the dark hours.
func (s *Screen) SetSlogan(text string) {
	s.mu.Lock()
	s.slogan = text
	s.tell()
	s.mu.Unlock()
	s.nudge()
}

// SetZone sets the county's zone, an IANA name, in which the page's clock goes.
func (s *Screen) SetZone(name string) {
	s.mu.Lock()
	s.zone = name
	s.tell()
	s.mu.Unlock()
}

// SetPanel goes on with another panel, as when its size has changed. What is on
// stays on and is laid out anew.
func (s *Screen) SetPanel(panel Panel) {
	s.mu.Lock()
	s.panel = panel
	s.latest = nil
	if s.current != nil {
		s.current.layout = nil
	}
	s.mu.Unlock()
	s.nudge()
}

// Drain hands over the stretches that have ended since the last call, oldest first.
func (s *Screen) Drain() []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.shown
	s.shown = nil
	return out
}

// Open is the stretch that is on the panel now, with To set to the last instant
// at which it is known to be there; ok is false if nothing of the plan is on.
func (s *Screen) Open() (open Shown, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.current
	if c == nil || c.idle || !c.open {
		return Shown{}, false
	}
	return Shown{ID: c.span.ID, From: c.from, To: s.now(), Err: c.err}, true
}

// Progress is when the loop last did its work. While Run lives and the panel has
// pixels it is never older than about a second; older means that the panel hangs.
func (s *Screen) Progress() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress
}

// Latest is the frame that the panel took last, nil before the first one and
// for a panel without pixels. It must not be changed.
func (s *Screen) Latest() image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		return nil
	}
	return s.latest
}

// State is what the screen shows at an instant, in words.
type State struct {
	// At is the instant, Since and Until the span's own limits; unix
	// milliseconds of air time. Since and Until are zero for the slogan.
	At    int64 `json:"at"`
	Since int64 `json:"since,omitempty"`
	Until int64 `json:"until,omitempty"`
	// ID is the span's; empty when nothing of the plan is on.
	ID     string     `json:"id,omitempty"`
	Text   string     `json:"text,omitempty"`
	Effect string     `json:"effect,omitempty"`
	Color  string     `json:"color,omitempty"`
	Level  wire.Level `json:"level,omitempty"`
	// Stay is the text's own time, in milliseconds.
	Stay int64 `json:"stay,omitempty"`
	// Slogan is what stands there when nothing of the plan is on.
	Slogan string `json:"slogan,omitempty"`
	// Zone is that of the county, as an IANA name; the device's own if empty.
	Zone string `json:"zone,omitempty"`
	// Width and Height are the panel's, in pixels; zero without pixels.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// State tells what the plan puts on the screen now.
func (s *Screen) State() State {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	w, h := s.panel.Size()
	st := State{At: now.UnixMilli(), Slogan: s.slogan, Zone: s.zone, Width: w, Height: h}
	if on, ok, _ := s.plan.at(now); ok {
		st.ID, st.Since, st.Until = on.ID, on.At.UnixMilli(), on.Until.UnixMilli()
		st.Text, st.Effect, st.Color, st.Level = on.Text.Body, on.Text.Effect, on.Text.Color, on.Level
		st.Stay = on.Text.Stay
	}
	return st
}

// nudge makes the loop look again.
func (s *Screen) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// watch gives a channel that gets a token whenever State has changed. The
// function ends it.
func (s *Screen) watch() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.watchers[c] = struct{}{}
	s.mu.Unlock()
	return c, func() {
		s.mu.Lock()
		delete(s.watchers, c)
		s.mu.Unlock()
	}
}

// tell wakes the watchers; the caller holds the lock.
func (s *Screen) tell() {
	for c := range s.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Run shows the plan until the context ends, then closes what is open, blackens
// the panel and returns nil. It is called once.
func (s *Screen) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer s.farewell()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		timer.Reset(s.step())
	}
}
