package api

import (
	"net/http"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// doors are those of a route: its act's. What people do with their own can be
// done by every door of people.
func (p place[I]) doors(act scheduler.Act) scheduler.Doors {
	if p.scope == ScopeSelf {
		return scheduler.Doors{scheduler.DoorPhones, scheduler.DoorAdmin}
	}
	return act.Doors()
}

// byDoor serves a route only to requests that came by one of its doors; to all
// others it is not there. The description is the administration's.
func (s *server) byDoor(mux *http.ServeMux, next http.Handler) http.Handler {
	doors := map[string]scheduler.Doors{}
	for _, r := range s.routes {
		doors[r.Method+" "+r.Path] = r.Doors
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := scheduler.DoorsIn(r.Context())
		_, pattern := mux.Handler(r)
		served, known := doors[pattern]
		switch {
		case !known && pattern != "/":
			served = scheduler.Doors{scheduler.DoorAdmin}
		case !known: // no route: see elsewhere
			served = came
		}
		if !served.Meet(came) {
			s.fail(w, r, &scheduler.Error{Kind: scheduler.NotFound, Field: "path", Value: cut(r.Method+" "+r.URL.Path, 80),
				Message: scheduler.Words{ZH: "这个地址不提供这项", EN: "this is not served here"},
				Remedy:  scheduler.Words{ZH: "用管理地址：那里的 " + client.Prefix + " 是完整的", EN: "use the address of the administration: " + client.Prefix + " is whole there"}})
			return
		}
		next.ServeHTTP(w, r)
	})
}
