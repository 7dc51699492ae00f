package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/scheduler/app"
)

// TestOnlyTrustedProxiesAreBelieved: whatever a caller writes into its headers,
// it is known by the address that the nearest trusted proxy saw.
func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	trusted := []string{"127.0.0.1", "10.1.0.0/16", "2001:db8:5::/48"}
	for name, c := range map[string]struct {
		peer   string
		head   string // lines "name: value"
		from   string
		secure bool
	}{
		"nobody between":                  {"203.0.113.5:999", "", "203.0.113.5", false},
		"a stranger claims":               {"203.0.113.5:999", "X-Forwarded-For: 10.1.0.1\nX-Forwarded-Proto: https\nForwarded: for=10.1.0.1;proto=https", "203.0.113.5", false},
		"one proxy":                       {"127.0.0.1:999", "X-Forwarded-For: 203.0.113.5\nX-Forwarded-Proto: https", "203.0.113.5", true},
		"the caller wrote before it":      {"127.0.0.1:999", "X-Forwarded-For: 198.51.100.1, 203.0.113.5", "203.0.113.5", false},
		"in a line of its own":            {"127.0.0.1:999", "X-Forwarded-For: 198.51.100.1\nX-Forwarded-For: 203.0.113.5", "203.0.113.5", false},
		"two proxies":                     {"127.0.0.1:999", "X-Forwarded-For: 198.51.100.1, 203.0.113.5, 10.1.2.3\nX-Forwarded-Proto: http, https", "203.0.113.5", true},
		"the caller stands in the office": {"127.0.0.1:999", "X-Forwarded-For: 10.1.2.3", "10.1.2.3", false},
		"rubbish":                         {"127.0.0.1:999", "X-Forwarded-For: 198.51.100.1, who?", "127.0.0.1", false},
		"with a port":                     {"127.0.0.1:999", "X-Forwarded-For: 203.0.113.5:4711", "203.0.113.5", false},
		"IPv6":                            {"[2001:db8:5::1]:999", "X-Forwarded-For: [2001:db8:7::9]:4711", "2001:db8:7::9", false},
		"IPv4 in IPv6":                    {"[::ffff:127.0.0.1]:999", "X-Forwarded-For: 203.0.113.5", "203.0.113.5", false},
		"the new form":                    {"127.0.0.1:999", `Forwarded: for=198.51.100.1;proto=http, for="[2001:db8:7::9]:4711";proto=https`, "2001:db8:7::9", true},
		"the caller's own new form":       {"127.0.0.1:999", "X-Forwarded-For: 203.0.113.5\nForwarded: for=198.51.100.1", "127.0.0.1", false},
		"both agree":                      {"127.0.0.1:999", "X-Forwarded-For: 203.0.113.5\nForwarded: for=203.0.113.5\nX-Forwarded-Proto: https", "203.0.113.5", true},
		"hidden":                          {"127.0.0.1:999", "Forwarded: for=_secret", "127.0.0.1", false},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}}
		for _, line := range strings.Split(c.head, "\n") {
			if key, value, ok := strings.Cut(line, ": "); ok {
				r.Header.Add(key, value)
			}
		}
		from, secure, err := app.Caller(trusted, r)
		if err != nil || from != c.from || secure != c.secure {
			t.Errorf("%s: from %s, secure %v (%v); want %s, %v", name, from, secure, err, c.from, c.secure)
		}
	}
}
