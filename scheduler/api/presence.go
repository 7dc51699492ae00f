package api

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// weekSpan is how far a question about uptime reaches if it says nothing.
const weekSpan = 7 * 24 * time.Hour

type deliveryQuery struct {
	Language  string `header:"Accept-Language"`
	Area      string `query:"area" doc:"Only units in this area and below; the county if absent"`
	Programme string `query:"programme" doc:"The released version of this programme; everything if absent"`
	Details   bool   `query:"details" doc:"Every unit, not only those that are not ready"`
}

type uptimeQuery struct {
	ID   string    `path:"id" maxLength:"80"`
	From time.Time `query:"from" doc:"A week before to if absent"`
	To   time.Time `query:"to" doc:"Now if absent; at most 31 days after from"`
}

type gapQuery struct {
	Language string    `header:"Accept-Language"`
	From     time.Time `query:"from" doc:"A week before to if absent"`
	To       time.Time `query:"to" doc:"Now if absent; at most 31 days after from"`
}

func (s *server) week(from, to time.Time) (time.Time, time.Time) {
	if to.IsZero() {
		to = s.Now()
	}
	if from.IsZero() {
		from = to.Add(-weekSpan)
	}
	return from, to
}

// presence adds the routes of who has got what, who is to be called, and what is
// known of units' time.
func (s *server) presence() {
	route(s, methodGet, "/delivery", "get-delivery", "Who has got everything, or one programme: by the revisions that units said they hold", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *deliveryQuery) *string { return &in.Area }),
		func(ctx context.Context, in *deliveryQuery) (*answer[client.Delivery], error) {
			d, err := s.Store.Delivery(ctx, scheduler.DeliveryQuery{Area: in.Area, Programme: in.Programme})
			return reply(deliveryOut(d, in.Details, in.Language)), err
		})
	type callsQuery struct {
		Area string `query:"area" doc:"The county if absent"`
	}
	route(s, methodGet, "/calls", "list-calls", "Units that cannot be reached or are silent, by town, with whom to call", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *callsQuery) *string { return &in.Area }),
		func(ctx context.Context, in *callsQuery) (*answer[client.Page[client.Call]], error) {
			all, err := s.Store.Calls(ctx, in.Area, s.Now())
			return list(all, "", callOut), err
		})
	route(s, methodGet, "/units/{id}/uptime", "get-uptime", "What is known of a unit's time: up, proven, off, outages, not watched", scheduler.ActRead,
		at(func(ctx context.Context, in *uptimeQuery) ([]need, error) { return s.ofUnit(ctx, in.ID) }),
		func(ctx context.Context, in *uptimeQuery) (*answer[client.Uptime], error) {
			from, to := s.week(in.From, in.To)
			u, err := s.Store.Uptime(ctx, in.ID, from, to, s.Now())
			return reply(uptimeOut(u)), err
		})
	route(s, methodGet, "/outages/gaps", "list-gaps", "When the centre did not watch: off, asleep, or cut off", scheduler.ActRead, anywhere[gapQuery](),
		func(ctx context.Context, in *gapQuery) (*answer[client.Page[client.Gap]], error) {
			from, to := s.week(in.From, in.To)
			all, err := s.Store.NotWatched(ctx, from, to, s.Now())
			return list(all, "", func(g scheduler.Gap) client.Gap {
				return client.Gap{From: g.From, To: g.To, Why: scheduler.WhyNotWatched(g.Why).In(in.Language)}
			}), err
		})
}

func deliveryOut(d scheduler.Delivery, details bool, lang string) client.Delivery {
	out := client.Delivery{Area: d.Area.ID, Name: d.Area.Name, Programme: d.Programme, Version: d.Version, Title: d.Title, All: d.Counts.All(),
		Units: client.DeliveryCounts(d.Counts), Planned: d.Planned, Areas: []client.AreaDelivery{}, Open: []client.UnitDelivery{}}
	for _, a := range d.Below {
		out.Areas = append(out.Areas, client.AreaDelivery{Area: a.Area.ID, Name: a.Area.Name, Units: client.DeliveryCounts(a.Units)})
	}
	for _, u := range d.Units {
		if details || u.State != scheduler.DeliveryReady {
			out.Open = append(out.Open, unitDeliveryOut(u, lang))
		}
	}
	return out
}

func unitDeliveryOut(u scheduler.UnitDelivery, lang string) client.UnitDelivery {
	return client.UnitDelivery{Unit: u.Unit, Name: u.Name, Area: u.Area, State: string(u.State), Why: u.Why.In(lang), Online: u.Online,
		Addresses: agreementsOut(u.Agreements), Assets: u.Assets, Ready: u.Ready, TooOld: u.TooOld}
}

func agreementsOut(all []scheduler.Agreement) []client.Agreement {
	out := []client.Agreement{}
	for _, a := range all {
		out = append(out, client.Agreement{Address: a.Address, Kind: a.Kind, Wanted: a.Revision, Held: a.Held, State: string(a.State), Code: a.Code, Why: a.Why})
	}
	return out
}

func callOut(c scheduler.Call) client.Call {
	return client.Call{Town: c.Town.ID, TownName: c.Town.Name, Area: c.Area.ID, AreaName: c.Area.Name, Unit: c.Unit, Name: c.Name,
		Kind: string(c.Kind), Since: c.Since, Contact: c.Contact}
}

func uptimeOut(u scheduler.Uptime) client.Uptime {
	return client.Uptime{From: u.From, To: u.To, Up: u.Up.Seconds(), Proven: u.Proven.Seconds(), Off: u.Off.Seconds(), Unreachable: u.Unreachable.Seconds(),
		Silent: u.Silent.Seconds(), NotWatched: u.NotWatched.Seconds(), Paused: u.Paused.Seconds(), Before: u.Before.Seconds(), Percent: u.Percent()}
}

func incidentOut(i *scheduler.Incident) *client.Incident {
	if i == nil {
		return nil
	}
	return &client.Incident{ID: i.ID, From: i.From, To: when(i.To), There: i.There, Fell: len(i.Gone), Left: i.Left(), Text: i.Text()}
}

func troubleOut(t scheduler.Trouble) client.Trouble {
	return client.Trouble{Unit: t.Unit, Name: t.Name, Code: t.Code, Since: time.UnixMilli(t.Since), Count: t.Count}
}
