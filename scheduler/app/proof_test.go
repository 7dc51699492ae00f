package app_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/timetable/timetabletest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// fade is what sounds on, falling silent, of an item that a warning cuts: no
// plan could know of it before. The oracle knows no fades.
const fade = 300 * wire.Rate / 1000

// TestTheProofIsRight runs a day of a county of twenty units, with every kind
// of rule, and holds what was proved against an oracle that shares no code with
// what played, frame by frame. VILLAGECAST_SOAK=1 goes on for a week.
func TestTheProofIsRight(t *testing.T) {
	t.Setenv("PATH", "") // no converter: what travels is as long as what was uploaded
	inCounty(t, func(t *testing.T, c *county) {
		d := newDay(t, c)
		d.populate()
		d.programmes()
		time.Sleep(time.Until(d.from))
		d.warn()
		until := d.from.Add(24 * time.Hour)
		if os.Getenv("VILLAGECAST_SOAK") != "" {
			until = d.from.Add(7 * 24 * time.Hour)
		}
		time.Sleep(time.Until(until))
		for _, s := range d.stations {
			d.check(s, until)
		}
	})
}

// day is the story of one simulated day.
type day struct {
	t        *testing.T
	c        *county
	zone     *time.Location
	from     time.Time // nothing plays before
	op       *client.Client
	stations []*station
	villages map[string]string // of units
	orders   []wire.Orders
}

func newDay(t *testing.T, c *county) *day {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	d := &day{t: t, c: c, zone: zone, op: c.operator(), villages: map[string]string{}}
	d.from = d.local("08:50:00")
	return d
}

// local is an instant of the story's day, which begins at 08:00.
func (d *day) local(clock string) time.Time {
	at, err := time.ParseInLocation(time.DateTime, "2026-11-24 "+clock, d.zone)
	if err != nil {
		d.t.Fatal(err)
	}
	return at
}

// populate builds two towns with five villages and four units each.
func (d *day) populate() {
	ctx := d.t.Context()
	county := client.County{Name: "county", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed},
		Quiet: []wire.Window{{From: "21:30", To: "06:30"}, {From: "09:25", To: "09:35"}}, Dark: []wire.Window{{From: "23:00", To: "06:00"}}}
	if _, err := d.op.PutCounty(ctx, county); err != nil {
		d.t.Fatal(err)
	}
	areas := [][2]string{{"hekou", "county"}, {"dongtang", "liushu"}, {"xiling", "liushu"}, {"beian", "hekou"}, {"nanan", "hekou"}, {"lukou", "hekou"}}
	for _, a := range areas {
		if _, err := d.op.PutArea(ctx, client.Area{ID: a[0], Parent: a[1], Name: a[0]}); err != nil {
			d.t.Fatal(err)
		}
	}
	kinds := [][]wire.Output{{wire.OutputSound}, {wire.OutputSound, wire.OutputScreen}, {wire.OutputScreen}, {wire.OutputSound}}
	for _, a := range areas[1:] {
		for i, outputs := range kinds {
			id := fmt.Sprintf("%s-%d", a[0], i+1)
			d.villages[id] = a[0]
			d.stations = append(d.stations, d.c.place(client.UnitSpec{ID: id, Area: a[0], Outputs: outputs}))
		}
	}
}

// programmes releases one of every kind, each valid from the day's beginning.
func (d *day) programmes() {
	dir := d.t.TempDir()
	audio := func(name string, seconds int) string {
		a := upload(d.t, d.op, tone(d.t, dir, name, 400+7*float64(seconds), seconds), name)
		if a.Seconds != float64(seconds) {
			d.t.Fatalf("a tone of %d s was measured as %v s", seconds, a.Seconds)
		}
		return a.ID
	}
	text := func(body string, seconds float64) string {
		a, err := d.op.AddText(d.t.Context(), client.TextSpec{Text: body, Stay: seconds})
		if err != nil {
			d.t.Fatal(err)
		}
		return a.ID
	}
	playlist(d.t, d.op, "day", [2]string{audio("song", 30), text("今日节目", 10)}, [2]string{audio("news", 20), ""}, [2]string{"", text("明日有雨", 15)})
	playlist(d.t, d.op, "quarter", [2]string{audio("health", 45), text("少盐少油", 45)})
	playlist(d.t, d.op, "meal", [2]string{audio("chime", 5), ""}, [2]string{audio("notice", 40), text("会议通知", 40)})
	playlist(d.t, d.op, "river", [2]string{audio("flood", 25), text("请勿靠近河边", 25)})
	playlist(d.t, d.op, "fair", [2]string{audio("market", 60), text("赶集", 60)})
	if _, err := d.op.PutGroup(d.t.Context(), client.Group{ID: "riverside", Areas: []string{"dongtang"}, Units: []string{"beian-1", "lukou-2"}}); err != nil {
		d.t.Fatal(err)
	}
	valid := func(r wire.Rule) wire.Rule {
		r.From, r.Until = "2026-11-24T08:50:00", "2027-12-01T00:00:00"
		return r
	}
	window := &wire.Window{From: "07:00", To: "21:00"}
	county := client.Targets{Areas: []string{"county"}}
	for _, p := range []client.ProgrammeSpec{
		{ID: "day", Playlist: "day", Targets: client.Targets{Areas: []string{"county"}, Except: []string{"nanan", "lukou-1"}},
			Rule: valid(wire.Rule{Kind: wire.RuleLoop, Window: window, Pause: 20})},
		{ID: "quarter", Playlist: "quarter", Targets: county, Rule: valid(wire.Rule{Kind: wire.RuleEvery, Window: window, Every: 15})},
		{ID: "meal", Playlist: "meal", Targets: client.Targets{Areas: []string{"liushu"}}, Issuer: "liushu",
			Rule: valid(wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"09:14:10", "12:00", "18:00"}, Rounds: 2, Pause: 10})},
		{ID: "river", Playlist: "river", Targets: client.Targets{Groups: []string{"riverside"}},
			Rule: valid(wire.Rule{Kind: wire.RuleOnce, Once: "2026-11-24T09:40:00", Rounds: 3, Pause: 90})},
		{ID: "fair", Playlist: "fair", Targets: client.Targets{Areas: []string{"hekou"}}, Issuer: "hekou",
			Rule: valid(wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"09:58:20"}, Rounds: 4})},
	} {
		release(d.t, d.op, p)
	}
}

// warn sends a red warning to one town in the middle of the loop, and a mute
// to a village of the other.
func (d *day) warn() {
	time.Sleep(time.Until(d.local("10:20:22")))
	sound := upload(d.t, d.op, tone(d.t, d.t.TempDir(), "siren", 700, 12), "siren")
	_, err := d.op.Warn(d.t.Context(), client.WarningSpec{Area: "hekou", Level: wire.LevelRed, Title: "flood", Text: "洪水",
		Audio: sound.ID, Repeat: 3, Pause: 5, Until: d.local("10:40:00")})
	if err != nil {
		d.t.Fatal(err)
	}
	time.Sleep(time.Until(d.local("10:32:00")))
	e, found := d.c.sent(wire.AreaAddress("hekou"), wire.KindOrders)
	o, err := e.Orders()
	if !found || err != nil || len(o.Interrupts) != 1 {
		d.t.Fatalf("the town's orders are %+v (%v)", o, err)
	}
	d.orders = append(d.orders, o)
}

// scenario is what the centre told a unit, for the oracle.
func (d *day) scenario(s *station, until time.Time) timetabletest.Scenario {
	sc := timetabletest.Scenario{From: d.from, To: until}
	chain := []string{"county", "liushu", d.villages[s.unit]}
	if slices.Contains([]string{"beian", "nanan", "lukou"}, chain[2]) {
		chain[1] = "hekou"
		sc.Orders = d.orders
	}
	addresses := []wire.Address{wire.UnitAddress(s.unit)}
	for _, id := range chain {
		addresses = append(addresses, wire.AreaAddress(id))
	}
	var programmes []string
	for _, a := range addresses {
		e, found := d.c.sent(a, wire.KindBulletin)
		if !found {
			continue
		}
		b, err := e.Bulletin()
		if err != nil {
			d.t.Fatal(err)
		}
		for _, p := range b.Programmes {
			programmes = append(programmes, p.ID)
		}
		sc.Bulletins = append(sc.Bulletins, b)
	}
	slices.Sort(programmes)
	if want := d.audience(s.unit, chain); !slices.Equal(programmes, want) {
		d.t.Errorf("%s was sent %q, want %q", s.unit, programmes, want)
	}
	return sc
}

// audience is what a unit should be sent, said once more.
func (d *day) audience(unit string, chain []string) []string {
	want := []string{"day", "quarter"}
	if chain[1] == "hekou" {
		want = append(want, "fair")
	} else {
		want = append(want, "meal")
	}
	if chain[2] == "dongtang" || unit == "beian-1" || unit == "lukou-2" {
		want = append(want, "river")
	}
	slices.Sort(want)
	return want
}

// roundKey names a round on an output, cueKey one stretch of an item.
type roundKey struct {
	output    wire.Output
	content   string
	version   int
	interrupt bool
	round     int64 // unix ms
}

type cueKey struct {
	roundKey
	item         int
	from, offset int64 // unix ms, frames
}

func (k roundKey) String() string {
	return fmt.Sprintf("%s %s round %s", k.output, k.content, time.UnixMilli(k.round).In(time.FixedZone("", 8*3600)).Format("15:04:05.000"))
}

func (k cueKey) String() string {
	return fmt.Sprintf("%v item %d at %s from frame %d", k.roundKey, k.item, time.UnixMilli(k.from).In(time.FixedZone("", 8*3600)).Format("15:04:05.000"), k.offset)
}

// played is how much of a round the oracle, or the proof, says.
type played struct {
	frames int64
	cues   int
}

// expected reads the oracle's seconds as rounds and as stretches of items.
func expected(r timetabletest.Result) (map[roundKey]played, map[cueKey]int64) {
	rounds, cues := map[roundKey]played{}, map[cueKey]int64{}
	for output, slots := range r.Slots {
		var key cueKey
		for i, s := range slots {
			if s == (timetabletest.Slot{}) || s.Item < 0 {
				continue
			}
			k := roundKey{output, cmp.Or(s.Interrupt, s.Programme), s.Version, s.Interrupt != "", s.Round * 1000}
			goesOn := s
			goesOn.Offset--
			if i == 0 || slots[i-1] != goesOn || s.Offset == 0 {
				key = cueKey{k, s.Item, r.From.Add(time.Duration(i) * time.Second).UnixMilli(), s.Offset * wire.Rate}
			}
			cues[key] += wire.Rate
			p := rounds[k]
			p.frames += wire.Rate
			if s.Offset == 0 {
				p.cues++
			}
			if output == wire.OutputSound && i+1 < len(slots) && s.Interrupt == "" && slots[i+1].Interrupt != "" {
				cues[key] += fade
				p.frames += fade
			}
			rounds[k] = p
		}
	}
	return rounds, cues
}

// check compares what a unit proved up to a while ago with the oracle.
func (d *day) check(s *station, until time.Time) {
	result := timetabletest.Oracle(d.scenario(s, until))
	wantRounds, wantCues := expected(result)
	if len(wantRounds) < 10 || len(wantCues) < 10 {
		d.t.Fatalf("%s: the oracle has %d rounds and %d cues: the story is too thin", s.unit, len(wantRounds), len(wantCues))
	}
	// What runs across the end is not proved yet.
	open := func(k roundKey) bool { return k.round > until.Add(-16*time.Minute).UnixMilli() }
	maps.DeleteFunc(wantRounds, func(k roundKey, _ played) bool { return open(k) })
	maps.DeleteFunc(wantCues, func(k cueKey, _ int64) bool { return open(k.roundKey) })

	rounds := map[roundKey]played{}
	for _, a := range d.c.asruns(s.unit) {
		d.entry(s, a)
		for _, r := range a.Rounds {
			k := roundKey{a.Output, cmp.Or(a.Interrupt, a.Programme), a.Version, a.Interrupt != "", r.Start}
			if r.Missed != 0 {
				d.t.Errorf("%s: %v: %d frames are said to be missed", s.unit, k, r.Missed)
			}
			p := rounds[k]
			rounds[k] = played{p.frames + r.Frames, p.cues + r.Cues}
		}
	}
	cues := map[cueKey]int64{}
	for _, q := range d.c.detail(s.unit, d.from.Add(-time.Hour), until) {
		cues[cueKey{roundKey{q.Output, cmp.Or(q.Interrupt, q.Programme), q.Version, q.Interrupt != "", q.Round}, q.Item, q.From, q.Offset}] += q.Frames
	}
	maps.DeleteFunc(rounds, func(k roundKey, _ played) bool { return open(k) })
	maps.DeleteFunc(cues, func(k cueKey, _ int64) bool { return open(k.roundKey) })
	compare(d.t, s.unit, wantRounds, rounds, roundKey.String)
	compare(d.t, s.unit, wantCues, cues, cueKey.String)
	d.skips(s, result, until)
	d.graded(s, until)
}

// entry checks one as-run entry by itself.
func (d *day) entry(s *station, a scheduler.AsRun) {
	if a.To < a.From || a.To-a.From > (15*time.Minute+time.Second).Milliseconds() || a.Grade != wire.GradePlayed {
		d.t.Errorf("%s: an entry of %s from %d lasts %d ms and is %s", s.unit, a.Programme, a.From, a.To-a.From, a.Grade)
	}
}

// compare names the first differences of two accounts.
func compare[K comparable, V comparable](t *testing.T, unit string, want, got map[K]V, name func(K) string) {
	t.Helper()
	all := map[string]K{}
	for k := range want {
		all[name(k)] = k
	}
	for k := range got {
		all[name(k)] = k
	}
	shown := 0
	for _, text := range slices.Sorted(maps.Keys(all)) {
		k := all[text]
		if want[k] == got[k] {
			continue
		}
		if shown++; shown > 8 {
			t.Errorf("%s: and more", unit)
			return
		}
		t.Errorf("%s: %s: proved %+v, the oracle says %+v", unit, text, got[k], want[k])
	}
}

// skips compares what did not play.
func (d *day) skips(s *station, result timetabletest.Result, until time.Time) {
	reported := map[string]bool{}
	list, _, err := d.c.app.Store().Skips(d.t.Context(), store.AsRunFilter{Unit: s.unit, Page: store.Page{Limit: 1000}})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, k := range list {
		reported[fmt.Sprintf("%s %s %d", k.Output, k.Programme, k.Start/1000)] = true
		if k.Why == "" || k.Code == "" {
			d.t.Errorf("%s: a skip without a reason: %+v", s.unit, k)
		}
	}
	for _, k := range result.Skips {
		key := fmt.Sprintf("%s %s %d", k.Output, k.Programme, k.Start)
		if k.At < until.Add(-20*time.Minute).Unix() && !reported[key] {
			d.t.Errorf("%s: nobody says that %s was skipped (%s)", s.unit, key, k.Why)
		}
		delete(reported, key)
	}
	for key := range reported {
		var output, id string
		var at int64
		if _, err := fmt.Sscan(key, &output, &id, &at); err != nil || id != "day" { // rounds of loops are not named by the oracle
			d.t.Errorf("%s: %s is said to be skipped, the oracle says nothing of it (%v)", s.unit, key, err)
		}
	}
}

// graded looks at the play log as people read it.
func (d *day) graded(s *station, until time.Time) {
	list, err := d.op.AsRun(d.t.Context(), client.ProofQuery{Unit: s.unit, From: d.from, To: until.Add(-20 * time.Minute)})
	if err != nil || len(list) == 0 {
		d.t.Fatalf("the play log of %s: %d lines (%v)", s.unit, len(list), err)
	}
	for _, a := range list {
		if a.Grade != wire.GradePlayed && a.Grade != "skipped" {
			d.t.Errorf("%s: %s on %s at %s is graded %q (%s)", s.unit, a.Programme+a.Warning, a.Output, a.From.In(d.zone).Format(time.TimeOnly), a.Grade, a.Why)
		}
	}
}
