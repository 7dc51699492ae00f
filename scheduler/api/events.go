package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

type eventQuery struct {
	Last int64 `header:"Last-Event-ID" doc:"Go on after this event; if it is too old a reset event comes first"`
}

// alive is sent where nothing happens, so that a broken link is noticed.
type alive struct {
	At time.Time `json:"at"`
}

// events adds the event stream.
func (s *server) events() {
	op := huma.Operation{OperationID: "events", Method: http.MethodGet, Path: client.Prefix + "/events", Tags: []string{"events"},
		Summary: "What happens, as server-sent events. After reset, read everything anew; the stream goes on from there."}
	permit := permitting(s, op, scheduler.ActRead, anywhere[eventQuery]())
	op.Middlewares = huma.Middlewares{func(h huma.Context, next func(huma.Context)) { // a stream has begun its answer when its handler runs
		if err := permit(h.Context(), &eventQuery{}); err != nil {
			p := s.problemOf(err)
			h.SetHeader("Content-Type", problemContent)
			h.SetStatus(p.status)
			_ = json.NewEncoder(h.BodyWriter()).Encode(p.in(h.Header("Accept-Language")))
			return
		}
		h.SetHeader("X-Accel-Buffering", "no") // or nginx keeps events until there are many
		next(h)
	}}
	sse.Register(s.api, op, map[string]any{"change": client.Event{}, "alive": alive{}}, s.stream)
}

func (s *server) stream(ctx context.Context, in *eventQuery, send sse.Sender) {
	last := in.Last
	if last == 0 {
		newest, err := s.Store.LastEvent(ctx)
		if err != nil {
			s.Logger.Error("begin event stream", "component", "api", "err", err)
			return
		}
		last = newest
	}
	ticker := time.NewTicker(15 * time.Second)
	defer ticker.Stop()
	if send.Data(alive{At: s.Now()}) != nil {
		return
	}
	for {
		wake := s.Store.Wake() // before asking, so that nothing is missed
		next, err := s.forward(ctx, last, send)
		if err != nil {
			return
		}
		if next != last {
			last = next
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case now := <-ticker.C:
			if !still(ctx) || send.Data(alive{At: now}) != nil {
				return
			}
		}
	}
}

// private are the kinds of events that are for those who look after people.
var private = map[string]bool{"person": true, "session": true, "token": true, "card": true, "deputy": true, "key": true}

// seen tells whether an event is the actor's to see: of a unit where they may
// look, of people where they look after all.
func (s *server) seen(ctx context.Context, tree *scheduler.Tree, e scheduler.Event) bool {
	a := actor(ctx)
	switch {
	case private[e.Kind]:
		return a.May(tree, scheduler.ActPeople, "") == nil
	case e.Unit == "" || a.May(tree, scheduler.ActRead, "") == nil:
		return true
	}
	u, err := s.Store.Unit(ctx, e.Unit)
	return err == nil && a.May(tree, scheduler.ActRead, u.Area) == nil
}

// forward sends the events after last and returns the newest sent.
func (s *server) forward(ctx context.Context, last int64, send sse.Sender) (int64, error) {
	events, newest, reset, err := s.Store.Events(ctx, last, 500)
	if err != nil {
		return last, err
	}
	if reset {
		return newest, send(sse.Message{ID: int(newest), Data: client.Event{ID: newest, At: s.Now(), Kind: "reset"}})
	}
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return last, err
	}
	for _, e := range events {
		if !s.seen(ctx, tree, e) {
			last = e.ID
			continue
		}
		if err := send(sse.Message{ID: int(e.ID), Data: eventOut(e)}); err != nil {
			return last, err
		}
		last = e.ID
	}
	return last, nil
}

func eventOut(e scheduler.Event) client.Event {
	return client.Event{ID: e.ID, At: e.At, Kind: e.Kind, Unit: e.Unit, Ref: e.Ref, Code: e.Code, Text: e.Text}
}
