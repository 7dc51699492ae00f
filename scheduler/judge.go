package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// silencing are the conditions in which a unit that should sound does not, each
// with the cause of the outage.
var silencing = map[string]string{"no-sound": CauseNoSound, "output-lost": CauseNoSound, "muted-here": CauseMuted}

// hushedAfter is how long what is due may be missing from what a unit says that
// it plays: heartbeats come each 15 s, and a pause within a programme may be 60 s
// long.
const hushedAfter = 75 * time.Second

// Due is what a unit should be playing on its sound output now.
type Due struct {
	From  time.Time
	Title string
}

// Scene is what a unit is judged by, beside its presence.
type Scene struct {
	Unit Unit
	// Open are its outages that last.
	Open []Outage
	// Paused says that it is under work; Resumed is when it last ceased to be.
	Paused  bool
	Resumed time.Time
	// Incident says that its silence is part of one of the centre's.
	Incident bool
	// Due is nil when nothing has to sound now.
	Due   *Due
	Watch Watch
}

// Judged is what Judge decided.
type Judged struct {
	Presence Presence
	// Opened are new outages; Closed are those given that end, with their To.
	Opened []Outage
	Closed []Outage
}

// Judge decides about one unit at now: whether it is offline, and which outages
// open and close. Only an installed unit has outages; a pause is none; and
// nothing is concluded from silence while the centre itself does not listen.
func Judge(p Presence, s Scene, now time.Time) Judged {
	was := p
	p = p.calmed(now)
	quiet := s.quiet(p)
	lost := s.Watch.judges(p, now) && !now.Before(quiet.Add(OfflineAfter))
	if p.Online && lost {
		p = p.offline(CauseHeartbeat, now)
	}
	j := Judged{Presence: p}
	watched := s.Unit.State == UnitInstalled && !s.Paused
	unreachable := watched && !s.Incident && lost && !p.Online && !now.Before(quiet.Add(p.awayFor()))
	var silent *Outage
	judged := s.Watch.judges(p, now)
	if watched && judged {
		silent = p.silence(s, now)
	}
	for _, o := range s.Open {
		switch {
		case o.Kind == Unreachable && (!watched || p.Online):
			o.To = now
			if p.Online {
				o.To = latest(p.Since, o.From)
			}
			j.Closed = append(j.Closed, o)
		case o.Kind == Silent && watched && !judged: // it lasts until somebody knows better
		case o.Kind == Silent && (silent == nil || silent.Cause != o.Cause):
			o.To = latest(now, o.From)
			if !p.Online { // it is unreachable from then on
				o.To = latest(p.LastSeen, o.From)
			}
			j.Closed = append(j.Closed, o)
			continue
		}
		unreachable = unreachable && o.Kind != Unreachable
		if o.Kind == Silent {
			silent = nil
		}
	}
	if unreachable {
		j.Opened = append(j.Opened, s.unreachable(was, p, quiet))
	}
	if silent != nil {
		j.Opened = append(j.Opened, *silent)
	}
	return j
}

// quiet is since when silence counts: neither time in which the centre did not
// listen, nor time before the unit was installed or under work.
func (s Scene) quiet(p Presence) time.Time {
	return latest(p.LastSeen, s.Watch.Since, s.Unit.StateSince, s.Resumed)
}

func (s Scene) unreachable(was, p Presence, quiet time.Time) Outage {
	cause := p.Cause
	if was.LastSeen.IsZero() {
		cause = CauseNeverSeen
	}
	o := Outage{Unit: s.Unit.ID, Kind: Unreachable, From: quiet, Cause: cause}
	if !p.LastSeen.IsZero() && p.LastSeen.Before(quiet) {
		o.Detail = p.LastSeen.UTC().Format(time.RFC3339)
	}
	return o
}

// silence is the silent outage that a unit is in, or nil.
func (p Presence) silence(s Scene, now time.Time) *Outage {
	if cause, since := p.mute(s.Unit); cause != "" {
		return &Outage{Unit: s.Unit.ID, Kind: Silent, From: latest(since, s.Unit.StateSince, s.Resumed), Cause: cause}
	}
	if !p.Online || s.Due == nil || p.Hushed.IsZero() {
		return nil
	}
	from := latest(p.Hushed, s.Due.From, s.Watch.Since, s.Resumed)
	if p.LastSeen.Sub(from) < hushedAfter {
		return nil // by the unit's own word, not by its silence
	}
	return &Outage{Unit: s.Unit.ID, Kind: Silent, From: from, Cause: CauseNotPlayed, Detail: s.Due.Title}
}

// mute tells why the unit, being there, makes no sound where it should, and
// since when; an empty cause if it says nothing of the kind.
func (p Presence) mute(u Unit) (cause string, since time.Time) {
	if !p.Online || !u.Has(wire.OutputSound) {
		return "", time.Time{}
	}
	for _, c := range p.Conditions {
		if cause, is := silencing[c.Code]; is {
			return cause, time.UnixMilli(c.Since)
		}
	}
	return "", time.Time{}
}

// ShutOut is the outage of a unit whose device was revoked: neither power nor
// network is to be looked for.
func (o Outage) ShutOut(why string) Outage {
	o.Cause, o.Detail = CauseShutOut, why
	return o
}

// causes are the causes in words.
var causes = map[string]Words{
	CauseHeartbeat: {"没有消息：停电、断网，或设备卡死", "no sign of life: power, network, or the device hangs"},
	CauseWill:      {"连接断了：停电或断网", "the connection broke: power or network"},
	CauseFarewell:  {"设备被人为停下", "the device was stopped on purpose"},
	CauseShutOut:   {"设备已吊销，换设备要新的入网码", "its device was shut out, and another one needs a claim"},
	CauseNeverSeen: {"已安装，从没有消息", "installed, but never heard of"},
	CauseNoSound:   {"没有声卡，或声卡丢了", "its sound output is missing or was lost"},
	CauseMuted:     {"设备上被人静音", "the device was muted by hand"},
	CauseNotPlayed: {"该播的没有播", "it does not play what is due"},
}

// Says tells the cause in words, with what is known beside it. zone is the county's.
func (o Outage) Says(zone *time.Location) Words {
	w, ok := causes[o.Cause]
	if !ok {
		w = causes[CauseHeartbeat]
	}
	if o.Detail == "" {
		return w
	}
	if heard, err := time.Parse(time.RFC3339, o.Detail); err == nil && o.Kind == Unreachable {
		last := heard.In(zone).Format("2006-01-02 15:04:05")
		return Words{w.ZH + "；最后一次消息 " + last + "，其后一段时间无人值守", w.EN + "; last heard " + last + ", and not watched in between"}
	}
	return Words{w.ZH + "：" + o.Detail, w.EN + ": " + o.Detail}
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
