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
	// WatchGrace is how long the centre listens before it judges.
	WatchGrace = 60 * time.Second
	// echo is how long late messages of a session that is over are expected.
	echo = 5 * time.Second
	// twinsFor is how long two alternating boot ids are remembered.
	twinsFor = 10 * time.Minute
)

// Causes of going offline, and of an outage.
const (
	CauseHeartbeat = "heartbeat-lost" // no sign of life for OfflineAfter
	CauseWill      = "link-lost"      // the broker lost the connection
	CauseFarewell  = "farewell"       // the device was stopped on purpose
	CauseNeverSeen = "never-seen"     // installed, and never heard of
	CauseNoSound   = "no-sound"       // the device says that it has no sound output
)

// ConditionTwins is the condition of two devices with one identity.
const ConditionTwins = "two-devices"

// silencing are the conditions in which a unit that should sound does not.
var silencing = []string{"no-sound", "output-lost"}

// Watch says since when the centre hears its units without a break; the zero
// time means that it does not hear them.
type Watch struct {
	Since time.Time
	// Why it does not hear them.
	Why string
}

// Judging tells whether silence of a unit means anything at now.
func (w Watch) Judging(now time.Time) bool {
	return !w.Since.IsZero() && !now.Before(w.Since.Add(WatchGrace))
}

// Born is the presence after a birth, and whether the birth counts: one of an
// older session of the same spool does not.
func (p Presence) Born(b wire.Birth, now time.Time) (Presence, bool) {
	if b.Spool == p.Spool && b.Session < p.Session {
		return p, false
	}
	if b.Boot != p.Boot {
		if b.Boot == p.FormerBoot && p.Online {
			p.Twins = now
		}
		p.FormerBoot = p.Boot
	}
	p.Unit, p.Session, p.Spool, p.Boot = b.Unit, b.Session, b.Spool, b.Boot
	p.Software, p.SoundOutput, p.Page = b.Software, b.SoundOutput, b.Page
	p.OnAir, p.Conditions, p.Lost = nil, nil, time.Time{}
	return p.seen(now), true
}

// Beat is the presence after a heartbeat, and whether it counts: one of an older
// session, or a straggler of one that is over, does not.
func (p Presence) Beat(h wire.Heartbeat, now time.Time) (Presence, bool) {
	if !p.current(h.Session, now) {
		return p, false
	}
	p.Unit, p.Session = h.Unit, h.Session
	p.Volume, p.OnAir, p.Conditions = h.Volume, h.OnAir, h.Issues
	if h.Air != nil {
		p.Clock, p.ClockAt = h.Air, now
	}
	if !p.Twins.IsZero() && now.Sub(p.Twins) < twinsFor {
		p.Conditions = append(slices.Clone(h.Issues), wire.Condition{
			Code: ConditionTwins, Since: p.Twins.UnixMilli(), Text: "two devices speak as this unit"})
	}
	return p.seen(now), true
}

// Airs is the presence after the unit said what is on air.
func (p Presence) Airs(session uint64, on []wire.OnAir, now time.Time) (Presence, bool) {
	if !p.current(session, now) {
		return p, false
	}
	p.OnAir = on
	return p.seen(now), true
}

// Holds is the presence after the unit said what it holds.
func (p Presence) Holds(h wire.Have, now time.Time) (Presence, bool) {
	if !p.current(h.Session, now) {
		return p, false
	}
	p.Unit, p.Have = h.Unit, &h
	return p.seen(now), true
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
	p.Online, p.Since, p.Cause, p.OnAir = false, now, cause, nil
	return p
}

// Judged is what Judge decided.
type Judged struct {
	Presence Presence
	// Opened are new outages; Closed are those given that end, with their To.
	Opened []Outage
	Closed []Outage
}

// Judge decides about one unit at now: whether it is offline, and which outages
// open and close. open are its outages that last; paused says that it is under
// work, which is no outage. Only an installed unit has outages, and nothing is
// concluded from silence while the centre itself does not listen.
func Judge(u Unit, p Presence, open []Outage, paused bool, w Watch, now time.Time) Judged {
	j := Judged{Presence: p}
	judging := w.Judging(now)
	// quiet is since when silence counts: neither time in which the centre did
	// not listen nor time before the unit was installed.
	quiet := latest(p.LastSeen, w.Since, u.StateSince)
	lost := judging && !now.Before(quiet.Add(OfflineAfter))
	if p.Online && lost {
		j.Presence = p.offline(CauseHeartbeat, now)
	}
	watched := u.State == UnitInstalled && !paused
	unreachable := watched && lost && !j.Presence.Online
	silent, since := j.Presence.silent(u)
	silent = silent && watched && judging
	for _, o := range open {
		switch {
		case o.Kind == Unreachable && (!watched || j.Presence.Online):
			o.To = now
			if j.Presence.Online {
				o.To = latest(j.Presence.Since, o.From)
			}
			j.Closed = append(j.Closed, o)
		case o.Kind == Silent && !silent:
			o.To = now
			j.Closed = append(j.Closed, o)
		}
		unreachable = unreachable && o.Kind != Unreachable
		silent = silent && o.Kind != Silent
	}
	if unreachable {
		cause := j.Presence.Cause
		if p.LastSeen.IsZero() {
			cause = CauseNeverSeen
		}
		j.Opened = append(j.Opened, Outage{Unit: u.ID, Kind: Unreachable, From: quiet, Cause: cause, Text: causeText(cause)})
	}
	if silent {
		j.Opened = append(j.Opened, Outage{Unit: u.ID, Kind: Silent, From: latest(since, u.StateSince), Cause: CauseNoSound, Text: causeText(CauseNoSound)})
	}
	return j
}

// silent tells whether the unit is there and should sound but cannot, and since when.
func (p Presence) silent(u Unit) (bool, time.Time) {
	if !p.Online || !u.Has(wire.OutputSound) {
		return false, time.Time{}
	}
	for _, c := range p.Conditions {
		if slices.Contains(silencing, c.Code) {
			return true, time.UnixMilli(c.Since)
		}
	}
	return false, time.Time{}
}

func causeText(cause string) string {
	switch cause {
	case CauseWill:
		return "the connection broke: power or network"
	case CauseFarewell:
		return "the device was stopped on purpose"
	case CauseNeverSeen:
		return "installed, but never heard of"
	case CauseNoSound:
		return "the device has no sound output"
	}
	return "no sign of life: power, network, or the device hangs"
}

func latest(ts ...time.Time) time.Time {
	var last time.Time
	for _, t := range ts {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// ShowsOf is the one mark that people see for a unit.
func ShowsOf(u Unit, p Presence, paused bool, w Watch, now time.Time) Shows {
	silent, _ := p.silent(u)
	switch {
	case u.State == UnitRemoved:
		return ShowsRemoved
	case paused:
		return ShowsPaused
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
	c.Planned += o.Planned
	c.Paused += o.Paused
}
