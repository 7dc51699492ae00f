package api

import (
	"net/http"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// authenticated lets only those through whom Login knows; the description of
// the API is open.
func (s *server) authenticated(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.writeProblem(w, &scheduler.Error{Kind: scheduler.Forbidden, Field: "Origin", Value: cut(r.Header.Get("Origin"), 80),
			Message: "a page of another site may change nothing here", Remedy: "use the centre's own pages, or send no Origin"})
	}))
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, client.Prefix+"/openapi") || s.Login(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="villagecast"`)
		s.writeProblem(w, &scheduler.Error{Kind: scheduler.Unauthorized, Message: "you are not logged in, or your token is wrong",
			Remedy: "open the link that the centre printed at its start, or send the token that stands in the file token of its data directory"})
	}))
}
