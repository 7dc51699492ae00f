package api

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// The names here end in Out for what goes out in an answer and in In for what
// came in a request.

// countyOut and countyIn name each field of the county's bulletin; a test counts
// them.
func countyOut(c scheduler.County) client.County {
	out := client.County{Name: c.Name, Zone: c.Zone, Quiet: c.Quiet, Dark: c.Dark, Caps: c.Caps, Loud: c.Loud, Highest: c.Highest, HighestIn: c.HighestIn, Slogan: c.Slogan}
	for _, r := range c.Approval {
		out.Approval = append(out.Approval, client.ApprovalRule(r))
	}
	return out
}

func countyIn(c client.County) scheduler.County {
	out := scheduler.County{County: wire.County{Name: c.Name, Zone: c.Zone, Quiet: c.Quiet, Dark: c.Dark, Caps: c.Caps, Loud: c.Loud, Highest: c.Highest, HighestIn: c.HighestIn, Slogan: c.Slogan}}
	for _, r := range c.Approval {
		out.Approval = append(out.Approval, scheduler.ApprovalRule(r))
	}
	return out
}

func areaOut(a scheduler.Area) client.Area {
	return client.Area{ID: a.ID, Parent: a.Parent, Name: a.Name, Code: a.Code, Contact: a.Contact}
}

func groupOut(g scheduler.Group) client.Group {
	return client.Group{ID: g.ID, Name: g.Name, Areas: g.Areas, Units: g.Units}
}

func calendarOut(c scheduler.Calendar) client.Calendar {
	return client.Calendar{ID: c.ID, Name: c.Name, Dates: append([]wire.Date{}, c.Dates...)}
}

// when is nil for the zero time.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func seconds(frames int64) float64 { return float64(frames) / wire.Rate }

func unitIn(u client.UnitSpec) scheduler.Unit {
	out := scheduler.Unit{ID: u.ID, Area: u.Area, Name: u.Name, State: scheduler.UnitState(u.State), Outputs: u.Outputs,
		Volume: 80, Panel: u.Panel, Quiet: u.Quiet}
	if u.Volume != nil {
		out.Volume = *u.Volume
	}
	if u.Position != nil {
		out.Position = &scheduler.Position{Lat: u.Position.Lat, Lon: u.Position.Lon}
	}
	if len(out.Outputs) == 0 {
		out.Outputs = []wire.Output{wire.OutputSound}
	}
	if out.State == "" {
		out.State = scheduler.UnitPlanned
	}
	if out.Name == "" {
		out.Name = u.ID
	}
	return out
}

func unitOut(v scheduler.UnitView) client.Unit {
	volume := v.Volume
	u := client.Unit{UnitSpec: client.UnitSpec{ID: v.ID, Area: v.Area, Name: v.Name, State: string(v.State), Outputs: v.Outputs,
		Volume: &volume, Panel: v.Panel, Quiet: v.Quiet}}
	if v.Position != nil {
		u.Position = &client.Position{Lat: v.Position.Lat, Lon: v.Position.Lon}
	}
	p := v.Presence
	u.Presence = client.Presence{Shows: string(v.Shows), Online: p.Online, Since: when(p.Since), LastSeen: when(p.LastSeen),
		Software: p.Software, SoundOutput: p.SoundOutput, Page: p.Page, OnAir: p.OnAir, Conditions: p.AllConditions(), Flaps: p.Flaps,
		Delivery: string(v.Delivery.State), Addresses: agreementsOut(v.Delivery.Agreements), TooOld: v.Delivery.TooOld}
	if m := v.Mute; m != nil && m.Pause {
		pause := muteOut(*m)
		u.Presence.Paused = &pause
	} else if m != nil {
		mute := muteOut(*m)
		u.Presence.Muted = &mute
	}
	for _, a := range v.Pending {
		u.Presence.Pending = append(u.Presence.Pending, wire.Address(a))
	}
	if c := p.Clock; c != nil {
		u.Presence.Clock = &client.Clock{State: c.State, Source: c.Source, Offset: float64(c.Offset) / 1000,
			Uncertainty: float64(c.Uncertainty) / 1000, Learned: when(p.ClockLearned()), Said: p.ClockAt}
	}
	if h := p.Have; h != nil {
		u.Presence.Refused, u.Presence.Assets, u.Presence.Ready = h.Refused, h.Assets, h.Ready
	}
	return u
}

func assetOut(a scheduler.Asset) client.Asset {
	out := client.Asset{ID: a.ID, Kind: string(a.Kind), Title: a.Title, Name: a.Name, Created: a.Created, Text: a.Text,
		Stay: float64(a.Stay) / 1000, Effect: a.Effect, Color: a.Color, Size: a.Size}
	if r := a.Rendition; r != nil {
		out.Seconds, out.Rendition, out.Type = seconds(r.Frames), r.Hash, r.Type
		out.Loudness, out.Peak, out.Silence = r.Loudness, r.Peak, seconds(r.LongestSilence)
	}
	return out
}

func playlistIn(p client.Playlist) scheduler.Playlist {
	out := scheduler.Playlist{ID: p.ID, Title: p.Title, Area: p.Area}
	for _, it := range p.Items {
		out.Items = append(out.Items, scheduler.PlaylistItem(it))
	}
	return out
}

func playlistOut(p scheduler.Playlist) client.Playlist {
	out := client.Playlist{ID: p.ID, Title: p.Title, Area: p.Area, Items: []client.PlaylistItem{}}
	for _, it := range p.Items {
		out.Items = append(out.Items, client.PlaylistItem(it))
	}
	return out
}

func programmeIn(p client.ProgrammeSpec) scheduler.Programme {
	out := scheduler.Programme{ID: p.ID, Title: p.Title, Playlist: p.Playlist, Targets: scheduler.Targets(p.Targets), Rule: p.Rule,
		Issuer: p.Issuer, Level: p.Level, Priority: p.Priority, Category: p.Category, Campaign: p.Campaign,
		OnCut: p.OnCut, OnBlock: p.OnBlock, MaxPlay: p.MaxPlay, SilentAfter: p.SilentAfter, Volume: p.Volume}
	if p.Grace != nil {
		out.Grace = *p.Grace
		if out.Grace == 0 { // said, and not left out
			out.Grace = scheduler.NoGrace
		}
	}
	return out
}

// zone is the county's.
func (s *server) zone(ctx context.Context) *time.Location {
	if c, err := s.Store.County(ctx); err == nil {
		if z, err := time.LoadLocation(c.Zone); err == nil {
			return z
		}
	}
	return time.UTC
}

// programmeOut makes the converter of programmes, which says their rules in a
// language.
func (s *server) programmeOut(ctx context.Context, lang string) func(scheduler.Programme) client.Programme {
	zone := s.zone(ctx)
	return func(p scheduler.Programme) client.Programme {
		out := specOut(p)
		out.Says = p.Says(zone, lang)
		if end := p.Ends(zone); p.State == scheduler.ProgrammeReleased && !end.IsZero() && !end.After(s.Now()) {
			out.State = "ended"
		}
		if p.State.Open() && p.State != scheduler.ProgrammeDraft {
			out = s.withSubmission(ctx, out)
		}
		out.Ends, out.EndAssumed, out.ReleasedBy = when(p.Ends(zone)), p.EndAssumed, p.ReleasedBy
		return out
	}
}

func specOut(p scheduler.Programme) client.Programme {
	grace := max(p.Grace, 0) // NoGrace is 0 outside
	out := client.Programme{ProgrammeSpec: client.ProgrammeSpec{ID: p.ID, Title: p.Title, Playlist: p.Playlist,
		Targets: client.Targets(p.Targets), Rule: p.Rule, Issuer: p.Issuer, Level: p.Level, Priority: p.Priority,
		Category: p.Category, Campaign: p.Campaign, OnCut: p.OnCut, OnBlock: p.OnBlock, Grace: &grace, MaxPlay: p.MaxPlay, SilentAfter: p.SilentAfter, Volume: p.Volume},
		Version: p.Version, State: string(p.State), Created: p.Created, ReleasedAt: when(p.ReleasedAt), Author: p.Author}
	var frames int64
	for _, it := range p.Items {
		frames += it.Frames()
	}
	out.Seconds = seconds(frames)
	return out
}

func warningOut(w scheduler.Warning) client.Warning {
	return client.Warning{WarningSpec: client.WarningSpec{Area: w.Area, Level: w.Level, Title: w.Title, Text: w.Text, Audio: w.Audio,
		Repeat: w.Repeat, Pause: w.Pause, Until: w.Until, Issuer: w.Issuer, Volume: w.Volume},
		ID: w.ID, Issued: w.Issued, Ended: when(w.Ended), End: w.End, By: w.By, ConfirmedBy: w.Confirmed, Waits: w.Waits}
}

func outageOut(o scheduler.Outage, zone *time.Location, lang string) client.Outage {
	return client.Outage{ID: o.ID, Unit: o.Unit, Kind: string(o.Kind), From: o.From, To: when(o.To), Cause: o.Cause, Text: o.Says(zone).In(lang)}
}
