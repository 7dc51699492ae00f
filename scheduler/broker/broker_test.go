package broker_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker"
)

func TestOnlyKnownClientsComeIn(t *testing.T) {
	tests := map[string]struct {
		user, secret string
		set          func(*paho.ClientOptions)
		in           bool
	}{
		"a unit":                       {"u1", "secret of u1", nil, true},
		"the centre":                   {"centre", "of the centre", nil, true},
		"wrong secret":                 {"u1", "secret of u2", nil, false},
		"no secret":                    {"u1", "", nil, false},
		"nobody":                       {"x1", "secret of x1", nil, false},
		"a wildcard as a name":         {"u+", "secret of u+", nil, false},
		"the centre with wrong secret": {"centre", "of nobody", nil, false},
		"anonymous": {"u1", "secret of u1", func(o *paho.ClientOptions) {
			o.SetUsername("").SetPassword("")
		}, false},
		"another's session": {"u1", "secret of u1", func(o *paho.ClientOptions) { o.SetClientID("u2") }, false},
		"the centre's session": {"u1", "secret of u1", func(o *paho.ClientOptions) {
			o.SetClientID("centre")
		}, false},
		"its own will": {"u1", "secret of u1", func(o *paho.ClientOptions) {
			o.SetWill(wire.GoneTopic("u1"), "x", 1, false)
		}, true},
		"another's will": {"u1", "secret of u1", func(o *paho.ClientOptions) {
			o.SetWill(wire.GoneTopic("u2"), "x", 1, false)
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t)
				defer w.close()
				c, err := w.dial(tt.user, tt.secret, tt.set)
				if (err == nil) != tt.in {
					t.Errorf("login: %v, want let in: %v", err, tt.in)
				}
				if refused := w.broker.Counters().RefusedLogins; (refused == 0) != tt.in {
					t.Errorf("%d refused logins counted", refused)
				}
				c.bye()
			})
		})
	}
}

func TestUnitsKeepToTheirTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		defer centre.bye()
		u1 := w.unit("u1")
		if !u1.says(wire.BirthTopic("u1"), "hello", false) {
			t.Error("a unit may not say that it is there")
		}
		for _, filter := range []string{"#", "vc/1/#", "vc/1/unit/+/bulletin", wire.BulletinTopic(wire.UnitAddress("u2")),
			wire.BulletinTopic(wire.AreaAddress("shanwan")), wire.ReportTopic("u1"), "$SYS/#"} {
			if u1.hears(filter) {
				t.Errorf("a unit may hear %s", filter)
			}
		}
		for _, topic := range []string{wire.BulletinTopic(wire.AreaAddress("liushu")), wire.BirthTopic("u2"), wire.CentreTopic, wire.StoredTopic("u1")} {
			c := w.unit("u1")
			c.says(topic, "forged", true)
			c.bye()
		}
		if got, want := centre.heard(), []string{wire.BirthTopic("u1") + " hello"}; !slices.Equal(got, want) {
			t.Errorf("the centre heard %q, want %q", got, want)
		}
		u2 := w.unit("u2")
		defer u2.bye()
		if !u2.hears(wire.BulletinTopic(wire.AreaAddress("liushu"))) || len(u2.heard()) != 0 {
			t.Errorf("forged retained messages reach a unit: %q", u2.heard())
		}
		if w.broker.Counters().RefusedACL < 11 {
			t.Errorf("%d refusals counted, want at least 11", w.broker.Counters().RefusedACL)
		}
	})
}

func TestAMovedUnitHearsItsNewVillage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		u := w.unit("u1")
		defer u.bye()
		village := wire.BulletinTopic(wire.AreaAddress("shanwan"))
		if u.hears(village) {
			t.Error("a unit may hear a village that is not its own")
		}
		w.mu.Lock()
		w.chain = []string{"county", "shanwan"}
		w.mu.Unlock()
		if !u.hears(village) {
			t.Error("after it was moved a unit may not hear its village")
		}
	})
}

func TestWillsAreToldOnceTheUnitIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		will := func(payload string) func(*paho.ClientOptions) {
			return func(o *paho.ClientOptions) { o.SetWill(wire.GoneTopic("u1"), payload, 1, false) }
		}
		told := func() []string {
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			return slices.Clone(w.wills)
		}
		polite, _ := w.dial("u1", "secret of u1", will("polite"))
		polite.bye()
		time.Sleep(time.Second)
		if got := told(); len(got) != 0 {
			t.Errorf("a unit that said farewell left the will %q", got)
		}
		cut, _ := w.dial("u1", "secret of u1", will("cut"))
		cut.conn.Close()
		if got, want := told(), []string{wire.GoneTopic("u1") + " cut"}; !slices.Equal(got, want) {
			t.Errorf("wills %q, want %q", got, want)
		}
		dead, _ := w.dial("u1", "secret of u1", will("dead link"))
		dead.conn.Hole(true)
		time.Sleep(24 * time.Second) // keep-alive 15 s: the broker waits one and a half
		if got := told(); len(got) != 2 || got[1] != wire.GoneTopic("u1")+" dead link" {
			t.Errorf("24 s after its link died: wills %q", got)
		}
		last, _ := w.dial("u1", "secret of u1", will("broker closed"))
		w.close()
		if got := told(); len(got) != 2 {
			t.Errorf("the end of the broker was taken for the end of a unit: %q", got)
		}
		for _, c := range []*client{cut, dead, last} {
			c.bye()
		}
	})
}

func TestBulletinsStayRetainedForLongerThanADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		topic := wire.BulletinTopic(wire.AreaAddress("liushu"))
		if !centre.says(topic, "the programme", true) {
			t.Fatal("the centre may not publish a bulletin")
		}
		centre.bye()
		time.Sleep(25 * time.Hour)
		u := w.unit("u1")
		defer u.bye()
		u.hears(topic)
		if got := u.heard(); !slices.Equal(got, []string{topic + " the programme"}) {
			t.Errorf("a day later a unit hears %q", got)
		}
	})
}

func TestNothingIsLostWhenTheCentreIsSlow(t *testing.T) {
	const units, each = 40, 1000 // more than a client may have unacknowledged
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		var mu sync.Mutex
		got := map[string]bool{}
		centre, err := w.dial("centre", "of the centre", func(o *paho.ClientOptions) {
			o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
				mu.Lock()
				defer mu.Unlock()
				if len(got) == 0 {
					time.Sleep(10 * time.Second) // a disk that hangs
				}
				got[m.Topic()+string(m.Payload())] = true
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		defer centre.bye()
		centre.hears("vc/1/unit/+/report")
		var wg sync.WaitGroup
		for n := range units {
			u := w.unit(fmt.Sprintf("u%d", n))
			defer u.bye()
			wg.Go(func() {
				for i := range each {
					u.Publish(wire.ReportTopic(fmt.Sprintf("u%d", n)), 1, false, fmt.Sprint(i))
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(got) != units*each || w.broker.Counters().Dropped != 0 {
			t.Errorf("%d of %d reports arrived, %d dropped", len(got), units*each, w.broker.Counters().Dropped)
		}
	})
}

func TestSilentConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		c, err := w.lis.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		c.SetReadDeadline(begin.Add(time.Minute))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begin) > 11*time.Second {
			t.Errorf("a connection that says nothing ended after %v with %v", time.Since(begin), err)
		}
		idle, err := w.lis.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begin = time.Now()
		w.close() // and does not wait for it
		w.close()
		if took := time.Since(begin); took > time.Second {
			t.Errorf("close took %v", took)
		}
		idle.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := idle.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a connection outlived its broker")
		}
	})
}

func TestKickedClientsComeBackOnlyIfKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		u := w.unit("u1")
		w.broker.Kick("u1")
		synctest.Wait()
		if u.IsConnectionOpen() || w.broker.Counters().Clients != 0 {
			t.Error("a kicked unit is still connected")
		}
	})
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	ok := broker.Options{
		CentreUser: "centre", CentreSecret: "x",
		Login:  func(string, string) bool { return false },
		Access: func(string) (wire.Access, error) { return wire.Access{}, nil },
	}
	tests := map[string]struct {
		change func(*broker.Options)
		want   string
	}{
		"no listener": {func(o *broker.Options) { o.Listeners = nil }, "no listener"},
		"no centre":   {func(o *broker.Options) { o.CentreSecret = "" }, "no credential"},
		"no login":    {func(o *broker.Options) { o.Login = nil }, "no login"},
		"queue":       {func(o *broker.Options) { o.Queue = -1 }, "queue is -1"},
		"clients":     {func(o *broker.Options) { o.MaxClients = -1 }, "maximum of clients is -1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := ok
			l := memnet.Listen("x")
			o.Listeners = []net.Listener{l}
			tt.change(&o)
			if _, err := broker.Start(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("start: %v, want %q", err, tt.want)
			}
		})
	}
}
