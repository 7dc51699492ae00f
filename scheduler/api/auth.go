package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// authenticated finds out who asks, and lets nobody else through; the
// description of the API is open.
func (s *server) authenticated(next http.Handler) http.Handler {
	guard := s.Guard
	if guard == nil {
		guard = http.NewCrossOriginProtection()
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &scheduler.Error{Kind: scheduler.Forbidden, Field: "Origin", Value: cut(r.Header.Get("Origin"), 80),
			Message: scheduler.Words{ZH: "别的网站的页面不能改这里的东西", EN: "a page of another site may change nothing here"},
			Remedy:  scheduler.Words{ZH: "用中心自己的页面，或不带 Origin", EN: "use the centre's own pages, or send no Origin"}})
	}))
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, client.Prefix+"/openapi") {
			next.ServeHTTP(w, r)
			return
		}
		who, err := s.Who(r)
		switch {
		case err == nil:
			ctx := context.WithValue(scheduler.WithActor(r.Context(), who), stillKey{}, func() bool {
				_, err := s.Who(r)
				return scheduler.KindOf(err) != scheduler.Unauthorized
			})
			next.ServeHTTP(w, r.WithContext(ctx))
		case scheduler.KindOf(err) == scheduler.Unauthorized:
			w.Header().Set("WWW-Authenticate", `Bearer realm="villagecast"`)
			fallthrough
		default:
			s.fail(w, r, err)
		}
	}))
}

type stillKey struct{}

// still tells whether the session or token of a request holds on: a stream that
// lives for hours asks again.
func still(ctx context.Context) bool {
	f, ok := ctx.Value(stillKey{}).(func() bool)
	return !ok || f()
}
