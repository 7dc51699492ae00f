package scheduler

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Times by which presence is judged.
const (
	// OfflineAfter is how long after its last message a unit is offline.
	OfflineAfter = 40 * time.Second
	// WatchGrace is how long units have to come back after the centre began to
	// listen: their backoff ends at 30 s, and all of them come at once.
	WatchGrace = 90 * time.Second
	// echo is how long late messages of a session that is over are expected.
	echo = 5 * time.Second
)

// Causes of going offline, and of an outage.
const (
	CauseHeartbeat = "heartbeat-lost" // no sign of life for OfflineAfter
	CauseWill      = "link-lost"      // the broker lost the connection
	CauseFarewell  = "farewell"       // the device was stopped on purpose
	CauseShutOut   = "shut-out"       // the device was revoked
	CauseNeverSeen = "never-seen"     // installed, and never heard of
	CauseNoSound   = "no-sound"       // the device says that its sound output is gone
	CauseMuted     = "muted-here"     // somebody muted the device itself
	CauseNotPlayed = "not-played"     // what is due does not play, and nobody says why
)

// Watch says since when the centre hears its units without a break; the zero
// time means that it does not hear them.
type Watch struct {
	Since time.Time
	// Why it does not hear them.
	Why string
}

// Judging tells whether silence of every unit means something at now: units that
// were never heard since the centre listens have had their time to come back.
func (w Watch) Judging(now time.Time) bool {
	return !w.Since.IsZero() && !now.Before(w.Since.Add(WatchGrace))
}

// judges tells whether one unit can be judged: one that was heard since the
// centre listens is there, and needs no grace to come back.
func (w Watch) judges(p Presence, now time.Time) bool {
	return w.Judging(now) || !w.Since.IsZero() && !p.LastSeen.Before(w.Since)
}

// Born is the presence after a birth, and whether the birth counts: one of an
// older session of the same spool does not.
func (p Presence) Born(b wire.Birth, now time.Time) (Presence, bool) {
	if b.Spool == p.Spool && b.Session < p.Session {
		return p, false
	}
	if b.Spool != p.Spool {
		p.Have = nil // another device, or a new card: it holds nothing of the old one's
	}
	p = p.booted(b.Boot, now)
	p.Unit, p.Session, p.Spool = b.Unit, b.Session, b.Spool
	p.Software, p.SoundOutput, p.Page = b.Software, b.SoundOutput, b.Page
	p.Features = b.Features
	p.OnAir, p.Conditions, p.Lost, p.Hushed, p.Aired = nil, nil, time.Time{}, now, time.Time{}
	return p.seen(now), true
}

// Beat is the presence after a heartbeat, and whether it counts: one of an older
// session or boot, or a straggler of one that is over, does not.
func (p Presence) Beat(h wire.Heartbeat, now time.Time) (Presence, bool) {
	if !p.current(h.Session, now) || h.Boot != p.Boot && slices.Contains(p.Boots, h.Boot) {
		return p, false
	}
	if h.Boot != "" {
		p = p.booted(h.Boot, now)
	}
	p.Unit, p.Session = h.Unit, h.Session
	p.Volume, p.Conditions = h.Volume, h.Issues
	if h.Air != nil {
		p.Clock, p.ClockAt = h.Air, now
	}
	return p.airs(h.OnAir, now).seen(now), true
}

// airs takes over what is on air.
func (p Presence) airs(on []wire.OnAir, now time.Time) Presence {
	sounds := slices.ContainsFunc(on, func(a wire.OnAir) bool {
		return a.Output == wire.OutputSound && (a.Programme != "" || a.Interrupt != "")
	})
	p.Aired = now
	switch p.OnAir = on; {
	case sounds:
		p.Hushed = time.Time{}
	case p.Hushed.IsZero():
		p.Hushed = now
	}
	return p
}

// Airs is the presence after the unit said what is on air.
func (p Presence) Airs(session uint64, on []wire.OnAir, now time.Time) (Presence, bool) {
	if !p.current(session, now) {
		return p, false
	}
	return p.airs(on, now).seen(now), true
}

// Holds is the presence after the unit said what it holds. It is no sign of
// life: only the playing loop gives those.
func (p Presence) Holds(h wire.Have, now time.Time) (Presence, bool) {
	if !p.current(h.Session, now) {
		return p, false
	}
	p.Unit, p.Have = h.Unit, &h
	return p, true
}

// Gone is the presence after a will or a farewell, and whether it counts: only
// that of the session now known does. A late will of an older session must not
// kill a unit that is back.
func (p Presence) Gone(w wire.Will, now time.Time) (Presence, bool) {
	if !p.Online || w.Session != p.Session {
		return p, false
	}
	p.Lost = now
	cause := CauseWill
	if w.Clean {
		cause = CauseFarewell
	}
	return p.offline(cause, now), true
}

// current tells whether a message of the session speaks of the present.
func (p Presence) current(session uint64, now time.Time) bool {
	if session < p.Session {
		return false
	}
	return session > p.Session || p.Lost.IsZero() || now.Sub(p.Lost) > echo
}

func (p Presence) seen(now time.Time) Presence {
	if !p.Online {
		p.Online, p.Since, p.Cause, p.Lost = true, now, "", time.Time{}
	}
	p.LastSeen = now
	return p
}

func (p Presence) offline(cause string, now time.Time) Presence {
	p.Online, p.Since, p.Cause, p.OnAir, p.Aired = false, now, cause, nil, time.Time{}
	return p.fell(now)
}

// ShowsOf is the one mark that people see for a unit with the outages that last.
func ShowsOf(u Unit, p Presence, open []Outage, paused bool, w Watch, now time.Time) Shows {
	mute, _ := p.mute(u)
	silent := mute != "" || slices.ContainsFunc(open, func(o Outage) bool { return o.Kind == Silent })
	switch {
	case u.State == UnitRemoved:
		return ShowsRemoved
	case paused:
		return ShowsPaused
	case u.State == UnitUnplaced:
		return ShowsUnplaced
	case u.State == UnitPlanned:
		return ShowsPlanned
	case !p.Online && p.Cause == "" && !w.Judging(now), p.Online && p.LastSeen.Before(w.Since), w.Since.IsZero():
		return ShowsUnknown
	case !p.Online:
		return ShowsOffline
	case silent:
		return ShowsSilent
	case slices.ContainsFunc(p.OnAir, func(a wire.OnAir) bool { return a.Programme != "" || a.Interrupt != "" }):
		return ShowsOnAir
	}
	return ShowsIdle
}

// Add counts one unit.
func (c *Counts) Add(s Shows) {
	switch s {
	case ShowsOnAir:
		c.OnAir++
	case ShowsIdle:
		c.Idle++
	case ShowsSilent:
		c.Silent++
	case ShowsOffline:
		c.Offline++
	case ShowsUnknown:
		c.Unknown++
	case ShowsUnplaced:
		c.Unplaced++
	case ShowsPlanned:
		c.Planned++
	case ShowsPaused:
		c.Paused++
	default:
		return
	}
	c.All++
}

// Sum adds the counts of another area.
func (c *Counts) Sum(o Counts) {
	c.All += o.All
	c.OnAir += o.OnAir
	c.Idle += o.Idle
	c.Silent += o.Silent
	c.Offline += o.Offline
	c.Unknown += o.Unknown
	c.Unplaced += o.Unplaced
	c.Planned += o.Planned
	c.Paused += o.Paused
}
