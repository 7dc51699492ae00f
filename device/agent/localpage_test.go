package agent_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/spool"
)

// page serves requests to a unit's local page within a bubble.
func page(l *memnet.Listener) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: dialer(l), DisableKeepAlives: true}}
}

func TestPageIsForThisMachineOnly(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.County(horn)
		l := memnet.Listen("127.0.0.1:80")
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Listener = l })
		time.Sleep(time.Minute)
		cases := []struct {
			method, url string
			header      http.Header
			want        int
		}{
			{"GET", "http://127.0.0.1/", nil, 200},
			{"GET", "http://127.0.0.1/static/page.js", nil, 200},
			{"GET", "http://127.0.0.1/static/tokens.css", nil, 200},
			{"GET", "http://localhost/api/state", nil, 200},
			{"GET", "http://127.0.0.1/kiosk/", nil, 200},
			{"GET", "http://127.0.0.1/frame.png", nil, 404},
			{"GET", "http://evil.example/api/state", nil, 403},
			{"POST", "http://127.0.0.1/break", nil, 404}, // only in the demonstration
		}
		for _, x := range cases {
			r := httptest.NewRequest(x.method, x.url, strings.NewReader(`{"kind":"hang"}`))
			r.RequestURI = ""
			resp, err := page(l).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != x.want {
				t.Errorf("%s %s: %s, want %d", x.method, x.url, resp.Status, x.want)
			}
		}
		stop(t, u)
	})
}
