package api

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// defaultSpan is how far a question about time reaches if it says nothing.
const defaultSpan = 24 * time.Hour

type timetableQuery struct {
	Language string    `header:"Accept-Language"`
	Unit     string    `query:"unit" doc:"A unit, or"`
	Area     string    `query:"area" doc:"an area with all units below it"`
	From     time.Time `query:"from" doc:"Now if absent"`
	To       time.Time `query:"to" doc:"A day after from if absent; at most 31 days"`
	Draft    string    `query:"draft" doc:"Id of a programme whose draft is taken as if it were released"`
}

// ProofQuery is a request for proof; exported for the same reason as Paged.
type ProofQuery struct {
	Unit      string    `query:"unit"`
	Area      string    `query:"area"`
	Programme string    `query:"programme"`
	From      time.Time `query:"from" doc:"A day ago if absent"`
	To        time.Time `query:"to" doc:"Now if absent"`
}

func (q ProofQuery) filter(now time.Time) scheduler.AsRunFilter {
	f := scheduler.AsRunFilter{Unit: q.Unit, Area: q.Area, Programme: q.Programme, From: q.From, To: q.To}
	if f.To.IsZero() {
		f.To = now
	}
	if f.From.IsZero() {
		f.From = f.To.Add(-defaultSpan)
	}
	return f
}

// spokenProof is the same where the centre gives reasons of its own.
type spokenProof struct {
	ProofQuery
	Language string `header:"Accept-Language"`
}

// pagedProof is the same for lists that have pages.
type pagedProof struct {
	ProofQuery
	Paged
}

func (q pagedProof) filter(now time.Time) scheduler.AsRunFilter {
	f := q.ProofQuery.filter(now)
	f.Page = q.page()
	return f
}

// proof adds the routes of what will play, what played, and what did not.
func (s *server) proof() {
	paged := proofPlace(s, func(in *pagedProof) *ProofQuery { return &in.ProofQuery })
	route(s, methodGet, "/timetable", "get-timetable", "What will play and why, once per distinct set of bulletins", scheduler.ActRead, s.timetablePlace(), s.timetable)
	route(s, methodGet, "/asrun", "list-asrun", "The play log: every stretch that was due or played, with its grade of proof", scheduler.ActRead,
		proofPlace(s, func(in *spokenProof) *ProofQuery { return &in.ProofQuery }), s.asrun)
	route(s, methodGet, "/asrun/entries", "list-asrun-entries", "The as-run entries themselves, as the units sent them", scheduler.ActRead, paged,
		func(ctx context.Context, in *pagedProof) (*answer[client.Page[client.AsRun]], error) {
			all, next, err := s.Store.AsRuns(ctx, in.filter(s.Now()))
			return list(all, next, entryOut), err
		})
	route(s, methodGet, "/asrun/detail", "get-asrun-detail", "The item detail of a unit, fetched from it now", scheduler.ActRead,
		proofPlace(s, func(in *ProofQuery) *ProofQuery { return in }), s.detail)
	route(s, methodGet, "/asrun/skips", "list-skips", "Rounds that did not play, and why", scheduler.ActRead, paged, s.skips)
	type outages struct {
		Language string `header:"Accept-Language"`
		ProofQuery
		Paged
		Open bool `query:"open" doc:"Only those that last"`
	}
	route(s, methodGet, "/outages", "list-outages", "Outages, newest first", scheduler.ActRead,
		proofPlace(s, func(in *outages) *ProofQuery { return &in.ProofQuery }),
		func(ctx context.Context, in *outages) (*answer[client.Page[client.Outage]], error) {
			f := scheduler.OutageFilter{Unit: in.Unit, Area: in.Area, Open: in.Open, From: in.From, To: in.To, Page: in.page()}
			all, next, err := s.Store.Outages(ctx, f)
			if err != nil {
				return nil, err
			}
			return list(all, next, s.outageOut(ctx, in.Language)), nil
		})
	route(s, methodGet, "/status", "get-status", "The county, or an area, at a glance", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *statusQuery) *string { return &in.Area }), s.status)
}

func (s *server) timetable(ctx context.Context, in *timetableQuery) (*answer[client.Page[client.Timetable]], error) {
	q := scheduler.TimetableQuery{Unit: in.Unit, Area: in.Area, From: in.From, To: in.To, Draft: in.Draft}
	if (q.Unit == "") == (q.Area == "") {
		return nil, &scheduler.Error{Kind: scheduler.Invalid, Field: "unit",
			Message: scheduler.Words{ZH: "终端和区域要选一个", EN: "want either a unit or an area"},
			Remedy:  scheduler.Words{ZH: "两个里给一个", EN: "give one of the two"}}
	}
	if q.From.IsZero() {
		q.From = s.Now()
	}
	if q.To.IsZero() {
		q.To = q.From.Add(defaultSpan)
	}
	all, err := s.Store.Timetable(ctx, q)
	return list(all, "", func(t scheduler.Timetable) client.Timetable { return timetableOut(t, in.Language) }), err
}

func timetableOut(t scheduler.Timetable, lang string) client.Timetable {
	out := client.Timetable{Units: append([]string{}, t.Units...), Zone: t.Zone, Stretches: []client.Stretch{}, Skips: []client.Skipped{},
		Problems: append([]string{}, t.Problems...)}
	for _, st := range t.Stretches {
		out.Stretches = append(out.Stretches, client.Stretch{Output: st.Output, From: st.From, To: st.To, Programme: st.Programme,
			Version: st.Version, Warning: st.Interrupt, Title: st.Title, Level: st.Level, Why: st.Reason.Text(lang), End: st.End})
	}
	for _, k := range t.Skips {
		out.Skips = append(out.Skips, skipOut(k.Wire(lang)))
	}
	return out
}

func skipOut(k wire.Skip) client.Skipped {
	return client.Skipped{Output: k.Output, At: time.UnixMilli(k.Start), Rounds: k.Rounds, Programme: k.Programme, Version: k.Version, Code: k.Code, Why: k.Why}
}

// asrun lists what was due beside what was proved. It has no pages: the span is
// what bounds it.
func (s *server) asrun(ctx context.Context, in *spokenProof) (*answer[client.Page[client.AsRun]], error) {
	all, err := s.Store.Proof(ctx, in.filter(s.Now()), s.Now())
	return list(all, "", func(p scheduler.Proof) client.AsRun { return proofOut(p, in.Language) }), err
}

func proofOut(p scheduler.Proof, lang string) client.AsRun {
	out := client.AsRun{Unit: p.Unit, Output: p.Output, Programme: p.Programme, Version: p.Version, Warning: p.Interrupt, Title: p.Title,
		Level: p.Level, From: p.From, To: p.To, Rounds: []wire.RoundPart{}, Seconds: p.Proved.Seconds(), Grade: p.Grade, Why: p.Why.In(lang)}
	for _, a := range p.AsRuns {
		out.Rounds = append(out.Rounds, a.Rounds...)
		out.Outcome, out.By, out.Stored = a.Outcome, a.By, when(a.Stored)
	}
	return out
}

func entryOut(a scheduler.AsRun) client.AsRun {
	out := client.AsRun{Unit: a.Unit, Output: a.Output, Programme: a.Programme, Version: a.Version, Warning: a.Interrupt, Title: a.Title,
		Level: a.Level, From: time.UnixMilli(a.From), To: time.UnixMilli(a.To), Rounds: append([]wire.RoundPart{}, a.Rounds...),
		Outcome: a.Outcome, By: a.By, Why: a.Why, Grade: a.Grade, Stored: when(a.Stored)}
	for _, r := range a.Rounds {
		out.Seconds += seconds(r.Frames)
	}
	return out
}

func (s *server) detail(ctx context.Context, in *ProofQuery) (*answer[client.Page[wire.CueRun]], error) {
	f := in.filter(s.Now())
	if _, err := s.Store.Unit(ctx, f.Unit); err != nil {
		return nil, err
	}
	cues, err := s.Detail.Detail(ctx, f.Unit, f.From, f.To)
	return list(cues, "", func(c wire.CueRun) wire.CueRun { return c }), err
}

func (s *server) skips(ctx context.Context, in *pagedProof) (*answer[client.Page[client.Skipped]], error) {
	all, next, err := s.Store.Skips(ctx, in.filter(s.Now()))
	return list(all, next, func(k scheduler.Skip) client.Skipped {
		out := skipOut(k.Skip)
		out.Unit = k.Unit
		return out
	}), err
}

// outageOut turns outages for a reader of a language.
func (s *server) outageOut(ctx context.Context, lang string) func(scheduler.Outage) client.Outage {
	zone := s.zone(ctx)
	return func(o scheduler.Outage) client.Outage {
		out := outageOut(o, zone, lang)
		if v, err := s.Store.Unit(ctx, o.Unit); err == nil {
			out.Area = v.Area
		}
		return out
	}
}

type statusQuery struct {
	Language string `header:"Accept-Language"`
	Area     string `query:"area" doc:"The county if absent"`
}

func (s *server) status(ctx context.Context, in *statusQuery) (*answer[client.Status], error) {
	st, err := s.Store.Status(ctx, in.Area, s.Now())
	if err != nil {
		return nil, err
	}
	out := client.Status{County: st.County, At: st.At, Units: client.Counts(st.Units), Towns: []client.AreaStatus{}, OnAir: []client.Playing{},
		Outages: []client.Outage{}, Warnings: []client.Warning{}, Pending: st.Pending, Refused: st.Refused,
		ClockUntrusted: st.ClockUntrusted, ClockUncertain: st.ClockUncertain,
		Delivery: client.DeliveryCounts(st.Delivery), Missing: append([]string{}, st.Missing...), NotWatched: st.NotWatched.In(in.Language), Secrets: st.Secrets,
		Incident: incidentOut(st.Incident), Paused: []client.Mute{}, InForce: inForceList(st.InForce), Troubled: []client.Trouble{}}
	if out.Freezes, out.Waiting, err = s.held(ctx, st.Area.ID, in.Language); err != nil {
		return nil, err
	}
	for _, m := range st.Paused {
		out.Paused = append(out.Paused, muteOut(m))
	}
	for _, t := range st.Troubled {
		out.Troubled = append(out.Troubled, troubleOut(t))
	}
	for _, a := range st.Below {
		out.Towns = append(out.Towns, client.AreaStatus{Area: a.Area.ID, Name: a.Area.Name, Units: client.Counts(a.Units)})
	}
	for _, o := range st.OnAir {
		on := client.Playing{Programme: o.Programme, Version: o.Version, Warning: o.Interrupt, Title: o.Title, Level: o.Level, Units: o.Units,
			Since: time.UnixMilli(o.Since)}
		if o.Until > 0 {
			on.Until = when(time.UnixMilli(o.Until))
		}
		out.OnAir = append(out.OnAir, on)
	}
	outage := s.outageOut(ctx, in.Language)
	for _, o := range st.Outages {
		out.Outages = append(out.Outages, outage(o))
	}
	for _, w := range st.Warnings {
		out.Warnings = append(out.Warnings, warningOut(w))
	}
	return reply(out), nil
}

// next are the next starts of a programme, for people to check a rule by.
func (s *server) next(ctx context.Context, p scheduler.Programme) ([]time.Time, error) {
	c, err := s.Store.County(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Calendars(ctx)
	if err != nil {
		return nil, err
	}
	dates := map[string][]wire.Date{}
	for _, k := range all {
		dates[k.ID] = k.Dates
	}
	return scheduler.NextStarts(p.Rule, c.Zone, dates, s.Now(), 10)
}
