package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/client"
)

// pole is a unit's device on its pole: a real agent with outputs that count, a
// card in memory, a board with or without a clock chip, a bad line.
type pole struct {
	*station
	chain  []string
	board  *agenttest.Board
	line   *faultnet.Line
	sound  *player.Counting
	random *rand.Rand
	dark   atomic.Bool // without power nothing is sent either
}

// powered is a way into the network that is none while the power is off.
func (p *pole) powered(dial func(context.Context) (net.Conn, error)) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		if p.dark.Load() {
			return nil, errors.New("no power")
		}
		return dial(ctx)
	}
}

// cutPower ends everything at once. The card keeps what was synced, and what
// chance will of the rest.
func (p *pole) cutPower(t *testing.T) {
	p.dark.Store(true)
	p.line.Cut()
	after := p.disk.CutRandom(p.random)
	p.off(t)
	p.disk = after
}

// chaos is a day in which everything goes wrong.
type chaos struct {
	t           *testing.T
	c           *county
	op          *client.Client
	dir         string
	from, until time.Time
	poles       []*pole
	acts        []act
	plan        mishaps
	orders      map[string][]wire.Orders    // by area
	gone        map[string][]wire.Programme // withdrawn, by area, as they were valid
	outside     *broker.Broker
}

// TestADayOfAllFaults (the day of 200 units) lets real agents, their cards,
// clocks, outputs, lines, the centre and its broker fail at random all day, while
// programmes are released and withdrawn and warnings sent. What was due by a
// second reading of the rules is proved, or was made impossible by the plan of
// faults and is accounted for by the unit. In its long form 200 units for a day.
func TestADayOfAllFaults(t *testing.T) {
	t.Setenv("PATH", "") // no converter
	random := faultnet.Random(t)
	units, hours := 16, 6
	if faultnet.Soak() {
		units, hours = 200, 24
	}
	inCounty(t, func(t *testing.T, c *county) {
		d := &chaos{t: t, c: c, dir: t.TempDir(), orders: map[string][]wire.Orders{}, gone: map[string][]wire.Programme{}}
		if random.IntN(2) == 0 {
			d.useOutsideBroker()
		}
		d.op = c.operator()
		d.from = dawn.Add(50 * time.Minute) // 08:50
		d.until = d.from.Add(time.Duration(hours) * time.Hour)
		d.build(units, random)
		d.decide()
		d.plan = draw(random, d.poles, d.from, d.until.Add(-time.Hour), d.outside != nil, d.busy())
		defer func() {
			if t.Failed() {
				t.Logf("the plan of faults:\n%v", d.plan)
			}
			for _, p := range d.poles {
				p.line.Close()
			}
		}()
		d.live()
		d.reckon()
	})
}

// useOutsideBroker lets the county have a broker that is not the centre's.
func (d *chaos) useOutsideBroker() {
	d.c.stop()
	d.openBroker()
	d.c.options.Broker = &app.ExternalBroker{URL: "mqtt://broker:1883", User: "centre", Password: "secret",
		Dial: func(ctx context.Context) (net.Conn, error) { return d.c.reach(ctx, mqttAddress) }}
	d.c.start()
}

// reach is the way to an address of the bubble.
func (c *county) reach(ctx context.Context, address string) (net.Conn, error) {
	conn, err := c.ports.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

func (d *chaos) openBroker() {
	d.t.Helper()
	units, _ := d.c.ports.listen("tcp", mqttAddress)
	b, err := broker.Start(broker.Options{
		Listeners: []net.Listener{units}, CentreUser: "centre", CentreSecret: "secret",
		Login: func(unit, secret string) bool { return d.c.secret(unit) == secret },
		Access: func(unit string) (wire.Access, error) {
			return wire.UnitAccess(unit, chainOf(unit)), nil
		},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.outside, d.c.brokers = b, []*broker.Broker{b}
}

var chaosAreas = [][2]string{{"hekou", "county"}, {"dongtang", "liushu"}, {"xiling", "liushu"}, {"beian", "hekou"}, {"nanan", "hekou"}}

// chainOf are the areas of a unit, which is named by its village.
func chainOf(unit string) []string {
	village, _, _ := strings.Cut(unit, "-")
	for _, a := range chaosAreas[1:] {
		if a[0] == village {
			return []string{"county", a[1], village}
		}
	}
	return []string{"county"}
}

// build makes the county.
func (d *chaos) build(units int, random *rand.Rand) {
	settings := client.County{Name: "county", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed, wire.LevelOrange},
		Quiet: []wire.Window{{From: "21:30", To: "06:30"}}, Dark: []wire.Window{{From: "23:00", To: "06:00"}}}
	if _, err := d.op.PutCounty(d.t.Context(), settings); err != nil {
		d.t.Fatal(err)
	}
	for _, a := range chaosAreas {
		if _, err := d.op.PutArea(d.t.Context(), client.Area{ID: a[0], Parent: a[1], Name: a[0]}); err != nil {
			d.t.Fatal(err)
		}
	}
	kinds := [][]wire.Output{{wire.OutputSound}, {wire.OutputSound, wire.OutputScreen}, {wire.OutputSound}, {wire.OutputScreen}}
	for i := range units {
		id := fmt.Sprintf("%s-%d", chaosAreas[1+i%4][0], i/4+1)
		d.poles = append(d.poles, d.raise(id, kinds[(i/4)%4], rand.New(rand.NewPCG(random.Uint64(), uint64(i)))))
	}
}

// raise places one unit.
func (d *chaos) raise(id string, outputs []wire.Output, random *rand.Rand) *pole {
	p := &pole{chain: chainOf(id), random: random, sound: player.NewCounting()}
	p.board = agenttest.NewBoard(float64(random.IntN(101)-50), random.IntN(2) == 0, time.Now().Add(time.Duration(random.IntN(4))*time.Second))
	if !p.board.Chip {
		p.board.Boot(time.Unix(0, 0))
	}
	p.line = faultnet.New(func(ctx context.Context) (net.Conn, error) { return d.c.reach(ctx, mqttAddress) })
	media := p.powered(p.line.To(func(ctx context.Context) (net.Conn, error) { return d.c.reach(ctx, httpAddress) }))
	p.station = d.c.placeOn(client.UnitSpec{ID: id, Area: p.chain[2], Outputs: outputs}, func(o *agent.Options) {
		o.Dial, o.Board = p.powered(p.line.Dial), p.board.System()
		if o.Sound != nil {
			o.Sound = p.sound
		}
		o.HTTP = &http.Client{Transport: agent.MediaTransport(func(ctx context.Context, _, _ string) (net.Conn, error) { return media(ctx) }, nil)}
		o.Logger = slog.New(slog.DiscardHandler)
	})
	return p
}

// decide releases what is known in the morning, and lays out what is decided
// during the day.
func (d *chaos) decide() {
	audio := func(name string, seconds int) string {
		return upload(d.t, d.op, tone(d.t, d.dir, name, 400+7*float64(seconds), seconds), name).ID
	}
	text := func(body string, seconds float64) string {
		a, err := d.op.AddText(d.t.Context(), client.TextSpec{Text: body, Stay: seconds})
		if err != nil {
			d.t.Fatal(err)
		}
		return a.ID
	}
	playlist(d.t, d.op, "day", [2]string{audio("song", 30), text("今日节目", 30)}, [2]string{audio("news", 20), ""}, [2]string{"", text("明日有雨", 15)})
	playlist(d.t, d.op, "quarter", [2]string{audio("health", 45), text("少盐少油", 45)})
	playlist(d.t, d.op, "meal", [2]string{audio("chime", 5), ""}, [2]string{audio("notice", 40), text("会议通知", 40)})
	playlist(d.t, d.op, "gone", [2]string{audio("market", 25), text("赶集", 25)})
	playlist(d.t, d.op, "late", [2]string{audio("school", 20), text("放学", 20)})
	siren := audio("siren", 12)
	valid := func(from string, r wire.Rule) wire.Rule {
		r.From, r.Until = wire.DateTime("2026-11-24T"+from), "2027-12-01T00:00:00"
		return r
	}
	window := &wire.Window{From: "07:00", To: "21:00"}
	in := func(areas ...string) client.Targets { return client.Targets{Areas: areas} }
	var meals []wire.Clock
	for h := 9; h < 21; h++ {
		meals = append(meals, wire.Clock(fmt.Sprintf("%02d:14:10", h)))
	}
	for _, p := range []client.ProgrammeSpec{
		{ID: "day", Playlist: "day", Targets: in("county"), Rule: valid("08:50:00", wire.Rule{Kind: wire.RuleLoop, Window: window, Pause: 20})},
		{ID: "quarter", Playlist: "quarter", Targets: in("county"), Rule: valid("08:50:00", wire.Rule{Kind: wire.RuleEvery, Window: window, Every: 15})},
		{ID: "meal", Playlist: "meal", Targets: in("liushu"), Issuer: "liushu", Rule: valid("08:50:00", wire.Rule{Kind: wire.RuleAt, Times: meals, Rounds: 2, Pause: 10})},
		{ID: "gone", Playlist: "gone", Targets: in("hekou"), Issuer: "hekou", Rule: valid("08:50:00", wire.Rule{Kind: wire.RuleEvery, Window: window, Every: 20})},
	} {
		release(d.t, d.op, p)
	}
	at := func(clock string) time.Time {
		x, err := time.ParseInLocation(time.DateTime, "2026-11-24 "+clock, time.FixedZone("", 8*3600))
		if err != nil {
			d.t.Fatal(err)
		}
		return x
	}
	warn := func(area string, level wire.Level, from, until string) act {
		return act{area, at(from), at(from), at(until), true, func() {
			if _, err := d.op.Warn(d.t.Context(), client.WarningSpec{Area: area, Level: level, Title: "flood", Text: "洪水", Audio: siren, Repeat: repeats, Pause: 5, Until: at(until)}); err != nil {
				d.t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			e, found := d.c.sent(wire.AreaAddress(area), wire.KindOrders)
			o, err := e.Orders()
			if !found || err != nil {
				d.t.Fatalf("no orders of %s: %v", area, err)
			}
			d.orders[area] = []wire.Orders{o}
		}}
	}
	d.acts = []act{
		{"hekou", at("10:00:00"), at("11:00:00"), at("11:00:00"), false, func() {
			release(d.t, d.op, client.ProgrammeSpec{ID: "late", Playlist: "late", Targets: in("hekou"), Issuer: "hekou", Rule: valid("11:00:00", wire.Rule{Kind: wire.RuleEvery, Window: window, Every: 10})})
		}},
		warn("hekou", wire.LevelRed, "10:20:22", "10:40:00"),
		{"hekou", at("12:05:00"), at("12:05:00"), at("12:05:00"), false, func() { d.withdraw("gone", "hekou", "2026-11-24T12:05:00") }},
		warn("dongtang", wire.LevelOrange, "13:10:07", "13:30:00"),
	}
}

// withdraw takes a programme away, and notes how long it was valid.
func (d *chaos) withdraw(id, area string, until wire.DateTime) {
	e, found := d.c.sent(wire.AreaAddress(area), wire.KindBulletin)
	b, err := e.Bulletin()
	if !found || err != nil {
		d.t.Fatalf("no bulletin of %s: %v", area, err)
	}
	for _, p := range b.Programmes {
		if p.ID == id {
			p.Rule.Until = until
			d.gone[area] = append(d.gone[area], p)
		}
	}
	if _, err := d.op.Withdraw(d.t.Context(), id); err != nil {
		d.t.Fatal(err)
	}
}

func (d *chaos) busy() (list []time.Time) {
	for _, a := range d.acts {
		list = append(list, a.at)
	}
	return list
}

// live lets the day pass.
func (d *chaos) live() {
	var all sync.WaitGroup
	for _, p := range d.poles {
		var line, device mishaps
		for _, m := range d.plan.of(p.unit) {
			if slices.Contains(harms, m.kind) {
				line = append(line, m)
			} else {
				device = append(device, m)
			}
		}
		own := rand.New(rand.NewPCG(p.random.Uint64(), 7))
		all.Go(func() {
			for _, m := range line {
				agenttest.SleepUntil(m.from)
				harm(own, p.line, m.kind, m.to.Sub(m.from))
			}
		})
		all.Go(func() {
			for _, m := range device {
				agenttest.SleepUntil(m.from)
				d.befall(p, m)
			}
		})
	}
	todo := slices.Clone(d.acts)
	for _, m := range d.plan.of("") {
		todo = append(todo, act{at: m.from, do: func() { d.close(m) }})
	}
	slices.SortStableFunc(todo, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range todo {
		agenttest.SleepUntil(a.at)
		a.do()
	}
	all.Wait()
	agenttest.SleepUntil(d.until)
}

// close stops the centre or the broker for a while.
func (d *chaos) close(m mishap) {
	if m.kind == mqtt {
		if err := d.outside.Close(); err != nil {
			d.t.Error(err)
		}
		agenttest.SleepUntil(m.to)
		d.openBroker()
		return
	}
	d.c.stop()
	agenttest.SleepUntil(m.to)
	d.c.start()
}

// befall lets one thing happen to a device.
func (d *chaos) befall(p *pole, m mishap) {
	switch m.kind {
	case power, damage:
		p.cutPower(d.t)
		if m.kind == damage {
			spoil(d.t, p)
		}
		agenttest.SleepUntil(m.to)
		p.board.Boot(time.Unix(0, 0))
		p.dark.Store(false)
		d.c.switchOn(p.station)
	case restart:
		p.off(d.t)
		agenttest.SleepUntil(m.to)
		d.c.switchOn(p.station)
	case lost:
		p.sound.Fail(errors.New("no such device"))
		agenttest.SleepUntil(m.to)
		p.sound.Fail(nil)
	case full:
		p.disk.Fill(0)
		agenttest.SleepUntil(m.to)
		p.disk.Fill(-1)
	case readOnly:
		p.disk.ReadOnly(true)
		agenttest.SleepUntil(m.to)
		p.disk.ReadOnly(false)
	case step:
		steps := []time.Duration{time.Second, 5 * time.Minute, 2 * time.Hour, 24 * time.Hour}
		by := steps[p.random.IntN(len(steps))]
		if p.random.IntN(2) == 0 {
			by = -by
		}
		p.board.Step(by)
		agenttest.SleepUntil(m.to)
	}
}

// spoil damages one of the recordings on a card.
func spoil(t *testing.T, p *pole) {
	list, err := p.disk.List("media")
	if err != nil || len(list) == 0 {
		t.Logf("%s has no recordings yet (%v)", p.unit, err)
		return
	}
	f := list[p.random.IntN(len(list))]
	if f.Size > 0 {
		p.disk.Damage("media/"+f.Name, p.random.IntN(int(f.Size)))
	}
}
