package agent_test

import (
	"context"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/memnet"
)

func dialer(l *memnet.Listener) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return l.Dial(ctx) }
}

func TestSettings(t *testing.T) {
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	good := "unit: horn-1\nmqtt: tcp://127.0.0.1:1883\nhttp: http://127.0.0.1:8080\nroot: " + root + "\nsecret: s\n"
	cases := []struct{ name, text, want string }{
		{"good", good, ""},
		{"JSON", `{"unit":"horn-1","mqtt":"ssl://c:8883","http":"https://c","root":"` + root + `","secret":"s"}`, ""},
		{"unknown field", good + "sercet: x\n", `unknown key "sercet": did you mean "secret"?`},
		{"bad unit", strings.Replace(good, "horn-1", "Horn 1", 1), `unit is "Horn 1"`},
		{"bad broker", strings.Replace(good, "tcp:", "http:", 1), `use tcp://host:port or ssl://host:port`},
		{"short root", strings.Replace(good, root, "AAAA", 1), `root is "AAAA"`},
		{"no secret", strings.Replace(good, "secret: s", "secret: ''", 1), "claim and secret are empty"},
		{"bad CA", good + "ca: hello\n", "ca holds no certificate"},
		{"a pace", good + "fetch: 800\n", ""},
		{"no pace at all", good + "fetch: 3\n", "fetch is 3: use 16 to 1000000 kbit/s"},
		{"prepared sound of less than nothing", good + "prepared: -1\n", "prepared is -1: use 0 to 1000000 MB"},
		{"amplifier", good + "amplifier: {switch: 'command:/usr/local/bin/amp', lead: 1200}\n", ""},
		{"unknown key of the amplifier", good + "amplifier: {swich: none}\n", `did you mean "switch"?`},
		{"switch without a path", good + "amplifier: {switch: 'file:'}\n", `amplifier.switch is "file:"`},
		{"relative program", good + "amplifier: {switch: 'command:amp'}\n", "absolute path"},
		{"lead of a minute", good + "amplifier: {lead: 60000}\n", "amplifier.lead is 60000"},
		{"twice", good + "unit: horn-2\n", "unit"},
		{"no YAML", "{{{", "read settings"},
	}
	for _, c := range cases {
		s, err := agent.ParseSettings([]byte(c.text))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			again, err := s.YAML()
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if back, err := agent.ParseSettings(again); err != nil || back != s {
				t.Errorf("%s: %+v came back as %+v, %v", c.name, s, back, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
