package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/memnet"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// line is a unit's network, which can be away.
type line struct {
	mu    sync.Mutex
	away  bool
	conns []*memnet.Conn
}

func (l *line) dial(ctx context.Context, c *county, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil, errors.New("no network")
	}
	conn, err := c.ports.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	l.conns = append(l.conns, conn)
	return conn, nil
}

func (l *line) setAway(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
	for _, conn := range l.conns {
		_ = conn.Close()
	}
	l.conns = nil
}

// clocked is a station whose board, network and page are in the test's hands.
type clocked struct {
	*station
	board *agenttest.Board
	line  line
	page  *memnet.Listener
}

func (c *county) clocked(id string, board *agenttest.Board) *clocked {
	k := &clocked{board: board}
	k.station = c.placeOn(client.UnitSpec{ID: id, Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}, func(o *agent.Options) {
		k.page = memnet.Listen("127.0.0.1:80")
		o.Board, o.Listener = k.board.System(), k.page
		o.Dial = func(ctx context.Context) (net.Conn, error) { return k.line.dial(ctx, c, mqttAddress) }
		o.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return k.line.dial(ctx, c, httpAddress) }}}
		o.Logger = slog.New(slog.DiscardHandler) // a month of failed connections
	})
	return k
}

// state is what the unit's own page says.
func (k *clocked) state(t *testing.T) (s agent.State) {
	t.Helper()
	way := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := k.page.Dial(ctx)
			if err != nil {
				return nil, err
			}
			return conn, nil
		}}}
	r, err := way.Get("http://127.0.0.1/api/state")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (k *clocked) plays(t *testing.T) bool { return len(k.state(t).OnAir) > 0 }

// TestDarkMonth: a month without a network, on boards whose oscillator is off by
// 100 ppm, with a power cut in its middle. Each cue begins within the
// uncertainty that the unit states; after the cut the board without a clock chip
// is silent and says why, the one with a chip plays on; and afterwards the
// centre has the whole record, each part once.
func TestDarkMonth(t *testing.T) {
	t.Setenv("PATH", "")
	ppms := []float64{100}
	if os.Getenv("VILLAGECAST_SOAK") != "" {
		ppms = append(ppms, -100)
	}
	for _, ppm := range ppms {
		inCounty(t, func(t *testing.T, c *county) { darkMonth(t, c, ppm) })
	}
}

func darkMonth(t *testing.T, c *county, ppm float64) {
	const days, cutDay = 30, 15
	op := c.operator()
	chip := c.clocked("chip", agenttest.NewBoard(ppm, true, time.Now().Add(3*time.Second)))
	bare := c.clocked("bare", agenttest.NewBoard(ppm, false, time.Unix(0, 0)))
	both := []*clocked{chip, bare}
	sound := upload(t, op, tone(t, t.TempDir(), "news", 440, 700), "news")
	playlist(t, op, "news", [2]string{sound.ID, ""})
	release(t, op, client.ProgrammeSpec{ID: "news", Playlist: "news", Targets: client.Targets{Areas: []string{"liushu"}},
		Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"12:00", "18:00"}, Until: "2027-06-01T00:00:00"}})
	time.Sleep(time.Hour) // 09:00 in Shanghai
	for _, k := range both {
		if s := k.state(t); s.Clock.State != wire.ClockTrusted || s.Clock.Source != "centre" || s.Ready != 1 {
			t.Fatalf("%s before the month: %+v, %d files", k.unit, s.Clock, s.Ready)
		}
		k.line.setAway(true)
	}
	c.stop() // nobody misses it meanwhile, and its broker counts every second
	begin := time.Now()
	var dues []time.Time
	cut := dawn.AddDate(0, 0, cutDay).Add(15 * time.Hour) // 23:00
	for day := range days {
		for _, hour := range []int{4, 10} {
			dues = append(dues, dawn.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour))
		}
	}
	powerless := false
	for _, due := range dues {
		if due.After(cut) && !powerless {
			agenttest.SleepUntil(cut)
			for _, k := range both {
				k.powerCut(t)
			}
			time.Sleep(30 * time.Minute)
			for _, k := range both {
				k.board.Boot(time.Unix(0, 0))
				c.switchOn(k.station)
			}
			powerless = true
		}
		var checks []check
		for _, k := range both {
			checks = append(checks, k.within(t, due, !powerless || k == chip)...)
		}
		slices.SortStableFunc(checks, func(a, b check) int { return a.at.Compare(b.at) })
		for _, x := range checks {
			agenttest.SleepUntil(x.at)
			x.do()
		}
	}
	time.Sleep(time.Hour) // past every grace
	end := time.Now()
	c.start()
	for _, k := range both {
		k.line.setAway(false)
	}
	time.Sleep(30 * time.Minute)
	t.Logf("%v ppm: dark for %v", ppm, end.Sub(begin).Round(time.Hour))
	for _, k := range both {
		c.wholeRecord(k.unit, dues, cut, k == chip)
	}
}

// check is something to be looked at, at an instant.
type check struct {
	at time.Time
	do func()
}

// within checks one cue by the truth: it begins no earlier and no later than the
// unit's stated uncertainty allows, or not at all with the reason.
func (k *clocked) within(t *testing.T, due time.Time, sounds bool) []check {
	t.Helper()
	slack := time.Second
	s := k.state(t)
	off := time.Duration(s.Clock.Uncertainty)*time.Millisecond + aDay // it grows until then
	if !sounds {
		return []check{{due.Add(time.Minute), func() {
			if s := k.state(t); len(s.OnAir) > 0 || s.Clock.State != wire.ClockUntrusted || !has(s.Conditions, agent.CodeClockUntrusted) {
				t.Errorf("%s at %v: %+v, conditions %+v, on air %v; want silence and its reason", k.unit, due, s.Clock, s.Conditions, s.OnAir)
			}
		}}}
	}
	return []check{{due.Add(-off - slack), func() {
		if k.plays(t) {
			t.Errorf("%s began its cue of %v more than %v early", k.unit, due, off)
		}
	}}, {due.Add(off + slack), func() {
		if s := k.state(t); len(s.OnAir) == 0 {
			t.Errorf("%s did not begin its cue of %v within %v: %+v %+v", k.unit, due, off, s.Clock, s.Conditions)
		}
	}}}
}

// aDay is how much less certain a clock is a day later.
const aDay = 8640 * time.Millisecond

func has(list []wire.Condition, code string) bool {
	for _, c := range list {
		if c.Code == code {
			return true
		}
	}
	return false
}

// wholeRecord checks what the centre knows of the month.
func (c *county) wholeRecord(unit string, dues []time.Time, cut time.Time, chip bool) {
	c.t.Helper()
	starts := map[int64]int64{}
	for _, r := range c.asruns(unit) {
		for _, p := range r.Rounds {
			starts[p.Start] += p.Frames
		}
	}
	skips, _, err := c.app.Store().Skips(context.Background(), store.AsRunFilter{Unit: unit, Page: store.Page{Limit: 1000}})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, due := range dues {
		want := int64(0)
		if due.Before(cut) || chip {
			want = 700 * wire.Rate
		}
		if got := starts[due.UnixMilli()]; got != want {
			c.t.Errorf("%s: the centre has %.1f s of the cue of %v, want %.1f", unit, float64(got)/wire.Rate, due, float64(want)/wire.Rate)
		}
		if want == 0 && !skipCovers(skips, due) {
			c.t.Errorf("%s: nothing says why the cue of %v did not sound: %+v", unit, due, skips)
		}
	}
	if len(starts) > len(dues)+1 { // that of the hour before
		c.t.Errorf("%s: %d rounds in the record, want %d", unit, len(starts), len(dues))
	}
	offs, err := c.app.Store().Offs(context.Background(), store.AsRunFilter{Unit: unit})
	if err != nil {
		c.t.Fatal(err)
	}
	// Both ends are known as well as a clock is that was left alone for half a month.
	const slack = 2*15*aDay + time.Minute
	if len(offs) != 1 || (time.Duration(offs[0].To-offs[0].From)*time.Millisecond-30*time.Minute).Abs() > slack {
		c.t.Errorf("%s: off times are %+v, want one of half an hour, give or take %v", unit, offs, slack)
	}
}

func skipCovers(list []scheduler.Skip, at time.Time) bool {
	for _, s := range list {
		if s.Code == "clock" && s.Start <= at.UnixMilli() && at.UnixMilli() <= s.Until {
			return true
		}
	}
	return false
}
