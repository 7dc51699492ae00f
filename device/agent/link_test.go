package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// look reads the state of a unit's local page.
func look(t *testing.T, l *memnet.Listener) agent.State {
	t.Helper()
	resp, err := page(l).Get("http://127.0.0.1/api/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s agent.State
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// lineTo is a line to the centre's broker that a test can break.
func lineTo(t *testing.T, c *agenttest.Centre) *faultnet.Line {
	l := faultnet.New(c.Dial)
	t.Cleanup(l.Close)
	return l
}

func sessions(c *agenttest.Centre) int {
	return len(agenttest.Heard[wire.Birth](c, horn, wire.ChannelBirth))
}

func hasCondition(s agent.State, code string) bool {
	return slices.ContainsFunc(s.Conditions, func(c wire.Condition) bool { return c.Code == code })
}

// A connection that stands, whose broker answers pings, and that does not bring
// what is said: only the echo finds it.
func TestNoEchoEndsTheSession(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Says(wire.FeatureEcho)
		l := memnet.Listen("127.0.0.1:80")
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Listener = l })
		time.Sleep(10 * time.Minute)
		s := look(t, l)
		if n := sessions(c); n != 1 || !s.Link.Up || time.Since(time.UnixMilli(s.Link.Echo)) > 21*time.Second {
			t.Fatalf("after ten good minutes: %d sessions, link %+v", n, s.Link)
		}
		c.Forbid(func(topic string, write bool) bool { return topic != "" && !write }) // deaf
		deaf := time.Now()
		for sessions(c) == 1 && time.Since(deaf) < time.Hour {
			time.Sleep(time.Second)
			if look(t, l).Link.Err != "" {
				break
			}
		}
		if took := time.Since(deaf); took > 52*time.Second {
			t.Errorf("a deaf session was found after %v", took)
		}
		if s = look(t, l); s.Link.Up || !strings.Contains(s.Link.Err, "no echo") && !strings.Contains(s.Link.Err, "refuses") {
			t.Errorf("link is %+v", s.Link)
		}
		c.Forbid(nil)
		time.Sleep(time.Minute)
		if s = look(t, l); !s.Link.Up || time.Since(time.UnixMilli(s.Link.Echo)) > 30*time.Second {
			t.Errorf("a minute after the broker is good again: %+v", s.Link)
		}
		stop(t, u)
	})
}

// A broker of another make whose access list is of the version before must not
// cost the county its link: it refuses the echo, or swallows it.
func TestBrokerThatDoesNotKnowTheEcho(t *testing.T) {
	for _, how := range []string{"refuses", "swallows"} {
		t.Run(how, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				c.Says(wire.FeatureEcho)
				c.Forbid(func(topic string, write bool) bool {
					return topic == wire.EchoTopic(horn) && write == (how == "swallows")
				})
				l := memnet.Listen("127.0.0.1:80")
				u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Listener = l })
				time.Sleep(10 * time.Minute)
				n := sessions(c)
				time.Sleep(2 * time.Hour)
				s := look(t, l)
				if n > 3 || sessions(c) != n || !s.Link.Up || !hasCondition(s, agent.CodeBroker) {
					t.Errorf("%d sessions in ten minutes, %d after two hours; link %+v, conditions %v", n, sessions(c), s.Link, s.Conditions)
				}
				c.Forbid(nil) // the operator has given it the new list
				c.Network(false)
				c.Network(true)
				time.Sleep(2 * time.Minute)
				if s = look(t, l); hasCondition(s, agent.CodeBroker) || s.Link.Echo == 0 {
					t.Errorf("with the new list: link %+v, conditions %v", s.Link, s.Conditions)
				}
				stop(t, u)
			})
		})
	}
}

// An older centre names no echo: nothing is said or asked for on its topic, and
// a dead line is found all the same.
func TestOlderCentre(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		var asked atomic.Bool
		c.Forbid(func(topic string, _ bool) bool {
			if topic == wire.EchoTopic(horn) || topic == wire.CommandTopic(horn) {
				asked.Store(true)
			}
			return false
		})
		c.Says()
		line := lineTo(t, c)
		l := memnet.Listen("127.0.0.1:80")
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Listener, o.Dial = l, line.Dial })
		time.Sleep(10 * time.Minute)
		if s := look(t, l); sessions(c) != 1 || !s.Link.Up || s.Link.Echo != 0 || asked.Load() {
			t.Errorf("%d sessions, link %+v, asked for a newer topic: %v", sessions(c), s.Link, asked.Load())
		}
		line.Dead(true)
		time.Sleep(35 * time.Second)
		if s := look(t, l); s.Link.Up {
			t.Errorf("35 s after the line went dead: %+v", s.Link)
		}
		line.Dead(false)
		time.Sleep(time.Minute)
		if s := look(t, l); !s.Link.Up {
			t.Errorf("a minute after it lives again: %+v", s.Link)
		}
		stop(t, u)
	})
}

// A session over which nothing has come is not shown as good.
func TestConnectedIsNotReceiving(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Send(wire.KeysTopic, nil) // nothing is retained: the centre is off, and its broker was emptied
		l := memnet.Listen("127.0.0.1:80")
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) { o.Listener = l })
		time.Sleep(5 * time.Minute)
		if s := look(t, l); sessions(c) != 1 || s.Link.Up || s.Link.Session == 0 {
			t.Errorf("%d sessions, link %+v", sessions(c), s.Link)
		}
		c.PublishKeys()
		time.Sleep(time.Second)
		if s := look(t, l); !s.Link.Up {
			t.Errorf("with the keys received: %+v", s.Link)
		}
		stop(t, u)
	})
}

// Whatever a broker does to those who come, a unit survives it, asks neither too
// often nor too rarely, leaves nothing behind, and is back within a minute.
func TestEveryBadBroker(t *testing.T) {
	silent := func() net.Conn { near, _ := memnet.Pair("silent"); return near }
	cases := []struct {
		name string
		dial func(context.Context) (net.Conn, error) // nil: the centre's own
		rule func(string, bool) bool
	}{
		{name: "no name", dial: func(context.Context) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "centre.invalid", IsNotFound: true}}
		}},
		{name: "name server does not answer", dial: func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }},
		{name: "nobody listens", dial: func(context.Context) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}},
		{name: "accepts and says nothing", dial: func(context.Context) (net.Conn, error) { return silent(), nil }},
		{name: "closes at once", dial: func(context.Context) (net.Conn, error) { c := silent(); return c, c.Close() }},
		{name: "refuses the login", rule: func(topic string, _ bool) bool { return topic == "" }},
		{name: "refuses the bulletins", rule: func(topic string, write bool) bool { return topic == wire.BulletinTopic("unit/"+horn) && !write }},
		{name: "hangs in the TLS handshake", dial: func(ctx context.Context) (net.Conn, error) { return agent.Handshake(ctx, silent()) }},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			county(t, func(t *testing.T, c *agenttest.Centre) {
				c.Says(wire.FeatureEcho)
				c.Forbid(x.rule)
				var good atomic.Bool
				var dials atomic.Int64
				l := memnet.Listen("127.0.0.1:80")
				u := c.Unit(horn, spool.Memory(), func(o *agent.Options) {
					o.Listener = l
					o.Dial = func(ctx context.Context) (net.Conn, error) {
						dials.Add(1)
						if !good.Load() && x.dial != nil {
							return x.dial(ctx)
						}
						return c.Dial(ctx)
					}
				})
				time.Sleep(10 * time.Minute)
				before, goroutines := dials.Load(), runtime.NumGoroutine()
				time.Sleep(3 * time.Hour)
				perHour := (dials.Load() - before) / 3
				if perHour < 80 || perHour > 320 {
					t.Errorf("%d attempts an hour", perHour)
				}
				if more := runtime.NumGoroutine() - goroutines; more > 20 {
					t.Errorf("%d goroutines more after three hours", more)
				}
				if s := look(t, l); s.Link.Up || s.Link.Err == "" {
					t.Errorf("link %+v", s.Link)
				}
				good.Store(true)
				c.Forbid(nil)
				time.Sleep(time.Minute)
				if s := look(t, l); !s.Link.Up || s.Link.Echo == 0 {
					t.Errorf("a minute after the broker is good: %+v", s.Link)
				}
				stop(t, u)
			})
		})
	}
}

// Another address of the centre in the settings file is taken over by itself;
// another unit's settings are not.
func TestSettingsChange(t *testing.T) {
	county(t, func(t *testing.T, c *agenttest.Centre) {
		c.Says(wire.FeatureEcho)
		type file struct {
			agent.Settings
			err error
		}
		first := c.Settings(horn)
		var now atomic.Pointer[file]
		now.Store(&file{first, nil})
		l := memnet.Listen("127.0.0.1:80")
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("one", 10)))
		media, hosts := agenttest.Hosts(&c.Media)
		u := c.Unit(horn, spool.Memory(), func(o *agent.Options) {
			o.Listener, o.HTTP = l, media
			o.Reload = func() (agent.Settings, error) { f := now.Load(); return f.Settings, f.err }
		})
		time.Sleep(10 * time.Minute)
		if n := sessions(c); n != 1 {
			t.Fatalf("%d sessions with settings that do not change", n)
		}
		other, moved := first, first
		other.Unit, moved.HTTP = "another", "http://moved.invalid"
		for what, f := range map[string]*file{"a broken file": {first, errors.New("half a file")}, "another unit's file": {other, nil}} {
			now.Store(f)
			time.Sleep(time.Minute)
			if s := look(t, l); !hasCondition(s, agent.CodeSettings) || sessions(c) != 1 {
				t.Errorf("%s: %v", what, s.Conditions)
			}
		}
		now.Store(&file{moved, nil})
		time.Sleep(time.Minute)
		c.County(horn, agenttest.Programme("news", "county", every, c.Sound("two", 10)))
		time.Sleep(time.Minute)
		if s := look(t, l); hasCondition(s, agent.CodeSettings) || sessions(c) != 2 || !s.Link.Up {
			t.Errorf("after the move: %d sessions, %+v", sessions(c), s)
		}
		if got, want := slices.Compact(hosts()), []string{"centre.invalid", "moved.invalid"}; !slices.Equal(got, want) {
			t.Errorf("files were asked for at %v, want %v", got, want)
		}
		stop(t, u)
	})
}
