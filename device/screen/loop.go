package screen

import (
	"bytes"
	"image"
	"time"
)

// idleWait is how long the loop sleeps when nothing is due: short enough for a
// step of the clock of air time.
const idleWait = time.Minute

// step puts on the panel what is due now and returns when to look again.
func (s *Screen) step() time.Duration {
	now := s.now()
	s.mu.Lock()
	on, ok, next := s.plan.at(now)
	s.turn(on, ok, now)
	c, panel := s.current, s.panel
	w, h := panel.Size()
	pixels := w > 0 && h > 0
	s.mu.Unlock()

	wait := idleWait
	if !next.IsZero() {
		wait = min(wait, next.Sub(now))
	}
	var frame *image.Paletted
	var err error
	if pixels {
		var due time.Duration
		frame, due = s.frame(c, w, h, now)
		wait = min(wait, due, refresh)
		err = panel.Draw(frame)
	}
	s.took(c, frame, err, now)
	return max(wait, 0)
}

// turn makes the span (or the slogan, if there is none) the current showing and
// closes the former one at the instant. The caller holds the lock.
func (s *Screen) turn(on Span, ok bool, now time.Time) {
	if !ok {
		on = sloganSpan(s.slogan, now)
	}
	if c := s.current; c != nil {
		if ok && !c.idle && c.span.same(on) {
			if !c.span.Until.Equal(on.Until) {
				c.span.Until = on.Until
				s.tell()
			}
			return
		}
		if !ok && c.idle && c.span.Text.Body == s.slogan {
			return
		}
		s.close(now)
	}
	s.current = &showing{span: on, idle: !ok}
	s.tell()
}

// close ends the current showing at the instant. The caller holds the lock.
func (s *Screen) close(now time.Time) {
	c := s.current
	if c == nil || c.idle || !c.open {
		return
	}
	to := now
	// A loop that slept (or a clock that leapt) past the end proves no more
	// than the plan; a clock set back proves nothing.
	if late := now.Sub(c.span.Until); late > 2*refresh {
		to = c.span.Until
	}
	if to.After(c.from) {
		s.shown = append(s.shown, Shown{ID: c.span.ID, From: c.from, To: to, Err: c.err})
	}
	c.open = false
}

// took notes that the panel took the frame, or why not.
func (s *Screen) took(c *showing, frame *image.Paletted, err error, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = s.now()
	if err != nil && !s.failing {
		s.log.Warn("the panel took no frame", "error", err)
	}
	if err == nil && s.failing {
		s.log.Info("the panel takes frames again")
	}
	s.failing = err != nil
	if frame != nil && err == nil {
		s.latest = frame
	}
	if c.open && (c.err == nil) != (err == nil) {
		s.close(began)
	}
	if !c.open {
		c.open, c.from, c.err = true, began, err
	}
}

// farewell closes what is open and blackens the panel.
func (s *Screen) farewell() {
	now := s.now()
	s.mu.Lock()
	s.close(now)
	s.current = nil
	panel := s.panel
	s.mu.Unlock()
	if w, h := panel.Size(); w > 0 && h > 0 {
		if err := panel.Draw(blank(w, h)); err != nil {
			s.log.Warn("the panel could not be blackened", "error", err)
		}
	}
}

// frame draws what is current for the instant, and says how long it stands.
func (s *Screen) frame(c *showing, w, h int, now time.Time) (*image.Paletted, time.Duration) {
	s.mu.Lock()
	layout := c.layout
	s.mu.Unlock()
	if layout == nil || layout.width != w || layout.height != h {
		layout = NewLayout(w, h, c.span)
		s.mu.Lock()
		c.layout = layout
		s.mu.Unlock()
	}
	return layout.Frame(now), layout.wait(now)
}

// equal tells whether two frames show the same.
func equal(a, b *image.Paletted) bool {
	if a == nil || b == nil || a.Rect != b.Rect || len(a.Palette) != len(b.Palette) {
		return false
	}
	for i := range a.Palette {
		if a.Palette[i] != b.Palette[i] {
			return false
		}
	}
	return bytes.Equal(a.Pix, b.Pix)
}
