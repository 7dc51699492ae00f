package agent_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
)

// TestCutInsAreHeardAsTheyAreDecided lives through random minutes of loops,
// notices, warnings that come and go, stops and power cuts, several of them at
// one instant or at the frame at which something begins or ends. A unit really
// sounds, and what is heard is held against what was decided and what is proved.
func TestCutInsAreHeardAsTheyAreDecided(t *testing.T) {
	for _, seed := range agenttest.Seeds(t, 6, 1000) {
		synctest.Test(t, func(t *testing.T) {
			agenttest.SleepUntil(agenttest.Start)
			p := newPlay(t, seed)
			p.act()
			if t.Failed() {
				t.Logf("seed %d:\n%s", seed, p.log)
			}
		})
	}
}

// play is one random morning: what the centre says, and what must follow.
type play struct {
	t          *testing.T
	rng        *rand.Rand
	c          *agenttest.Centre
	u          *agenttest.Unit
	ear        *ear
	heard      []heardBit
	log        string
	programmes []wire.Programme
	orders     wire.Orders
	bulletins  []wire.Bulletin
	numbers    map[string]byte // of the recordings, by hash
	edges      []time.Time     // at which a notice begins or ends

	state   timetable.State // of the decision
	table   *timetable.Table
	now     time.Time
	decided []timetable.Span
	warned  int
	// warnings are the items of all, those that were lifted too.
	warnings map[string][]wire.Item
	off      []timetable.Span // From and To of the times without power
}

const (
	playFrom = 45 * time.Minute // after agenttest.Start
	playFor  = 10 * time.Minute
)

func newPlay(t *testing.T, seed uint64) *play {
	p := &play{t: t, rng: rand.New(rand.NewPCG(seed, 11)), c: agenttest.New(t), numbers: map[string]byte{}, warnings: map[string][]wire.Item{}, orders: wire.Orders{Address: "area/county"}}
	start := agenttest.Start.Add(playFrom)
	clock := func(after time.Duration) wire.Clock {
		return wire.Clock(start.Add(after).In(time.FixedZone("", 8*3600)).Format("15:04:05"))
	}
	for i := range 2 + p.rng.IntN(3) {
		prog := agenttest.Programme(fmt.Sprint("p", i), "county", wire.Rule{}, p.items()...)
		prog.OnCut = []string{wire.CutRejoin, wire.CutResume, wire.CutSkip}[p.rng.IntN(3)]
		prog.Grace, prog.Priority = []int{0, 20, 300}[p.rng.IntN(3)], p.rng.IntN(2)
		switch {
		case i == 0:
			prog.Level = wire.LevelBackground
			prog.Rule = wire.Rule{Kind: wire.RuleLoop, Pause: []int{0, 0, 7}[p.rng.IntN(3)], Window: &wire.Window{From: clock(10 * time.Second), To: clock(playFor - 20*time.Second)}}
		case p.rng.IntN(2) == 0:
			prog.Rule = wire.Rule{Kind: wire.RuleEvery, Every: 1 + p.rng.IntN(3), Window: &wire.Window{From: clock(time.Minute), To: clock(playFor - time.Minute)}}
		default:
			prog.Rule = wire.Rule{Kind: wire.RuleAt, Rounds: 1 + p.rng.IntN(2), Pause: p.rng.IntN(9), Times: []wire.Clock{clock(p.moment()), clock(p.moment())}}
		}
		p.programmes = append(p.programmes, prog)
	}
	loudCounty(p.c, p.programmes...)
	p.bulletins = []wire.Bulletin{
		{Address: "area/county", Programmes: p.programmes, County: &wire.County{Name: "County", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed}}},
		{Address: wire.UnitAddress(horn), Settings: &wire.Settings{Unit: horn, Chain: []string{"county", "village"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 100}},
	}
	p.compile()
	whole, _ := p.table.Run(timetable.State{}, start, start.Add(playFor))
	for _, s := range whole.Stretches {
		p.edges = append(p.edges, s.From, s.To)
	}
	return p
}

// moment is a random whole second of the play.
func (p *play) moment() time.Duration {
	return time.Duration(20+p.rng.IntN(int(playFor/time.Second)-60)) * time.Second
}

func (p *play) items() (list []wire.Item) {
	for range 1 + p.rng.IntN(3) {
		number := byte(len(p.numbers) + 1)
		i := codedItem(p.c, number, float64(3+p.rng.IntN(15))+p.rng.Float64())
		p.numbers[i.Sound.Hash] = number
		list = append(list, i)
	}
	return list
}

// when is a random instant of the play: any, or one at which something begins or
// ends, or would.
func (p *play) when() time.Time {
	at := agenttest.Start.Add(playFrom + 15*time.Second + time.Duration(p.rng.Int64N(int64(playFor-40*time.Second))))
	if len(p.edges) > 0 && p.rng.IntN(2) == 0 {
		at = p.edges[p.rng.IntN(len(p.edges))].Add(time.Duration(p.rng.IntN(3)-1) * []time.Duration{0, time.Millisecond, 150 * time.Millisecond}[p.rng.IntN(3)])
	}
	return at.Truncate(time.Millisecond)
}

func (p *play) compile() {
	p.table, _ = timetable.Compile(timetable.Input{Bulletins: p.bulletins, Orders: []wire.Orders{p.orders}})
}

// until lets time pass, and decides what is to be heard meanwhile.
func (p *play) until(at time.Time) {
	agenttest.SleepUntil(at)
	var tl timetable.Timeline
	tl, p.state = p.table.Run(p.state, p.now, at)
	for _, s := range tl.Stretches {
		p.decided = append(p.decided, s.Spans(s.From, s.To)...)
	}
	p.now = at
}

func (p *play) say(format string, args ...any) {
	p.log += p.now.UTC().Format("15:04:05.000 ") + fmt.Sprintf(format, args...) + "\n"
}

func (p *play) power(disk *spool.Mem) {
	p.ear = newEar()
	p.u = p.c.Unit(horn, disk, func(o *agent.Options) { o.Sound, o.Panel = p.ear, nil })
}

// act plays.
func (p *play) act() {
	type event struct {
		at time.Time
		do func()
	}
	var events []event
	for range 2 + p.rng.IntN(5) {
		at, times := p.when(), 1
		if p.rng.IntN(3) == 0 {
			times = 2 // two at once
		}
		for range times {
			events = append(events, event{at, p.warn})
		}
	}
	for range p.rng.IntN(3) {
		events = append(events, event{p.when(), p.lift})
	}
	if p.rng.IntN(2) == 0 {
		events = append(events, event{p.when(), p.stop})
	}
	for range p.rng.IntN(3) {
		events = append(events, event{p.when(), p.cutPower})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })

	p.power(spool.Memory())
	agenttest.SleepUntil(agenttest.Start.Add(playFrom))
	p.now = time.Now()
	for _, e := range events {
		if e.at.After(p.now) { // not within a power cut
			p.until(e.at)
		}
		e.do()
	}
	p.until(agenttest.Start.Add(playFrom + playFor))
	time.Sleep(3 * time.Minute) // what is on air is proved at its end
	cues := details(p.t, p.c, horn, agenttest.Start, time.Now())
	if err := p.u.Stop(); err != nil {
		p.t.Error(err)
	}
	p.heard = append(p.heard, p.ear.heard()...)
	p.wantDecided()
	p.wantProof(cues)
}

// tell publishes the orders and lets them count from here.
func (p *play) tell() {
	p.c.Orders(p.orders)
	p.compile()
}

func (p *play) warn() {
	p.warned++
	i := wire.Interrupt{
		ID: fmt.Sprint("w", p.warned), Issuer: "county", Level: []wire.Level{wire.LevelRed, wire.LevelBlue}[p.rng.IntN(2)], Title: "Flood", Items: p.items(),
		Issued: p.now.UnixMilli(), Until: p.now.Add(time.Duration(5+p.rng.IntN(200)) * time.Second).UnixMilli(), Repeat: p.rng.IntN(3), Pause: p.rng.IntN(5), Volume: 100,
	}
	p.warnings[i.ID] = i.Items
	p.orders.Interrupts = append(slices.Clone(p.orders.Interrupts), i)
	p.say("warning %s, %s, %d items, repeat %d, until %s", i.ID, i.Level, len(i.Items), i.Repeat, time.UnixMilli(i.Until).UTC().Format(time.TimeOnly))
	p.tell()
}

func (p *play) lift() {
	if len(p.orders.Interrupts) == 0 {
		return
	}
	p.say("lift %s", p.orders.Interrupts[0].ID)
	p.orders.Interrupts = slices.Clone(p.orders.Interrupts[1:])
	p.tell()
}

func (p *play) stop() {
	for _, s := range p.decided {
		if s.To.Equal(p.now) && !s.Pause {
			p.say("stop %s%s", s.Programme, s.Interrupt)
			p.orders.Barred = append(slices.Clone(p.orders.Barred), wire.Bar{ID: s.Programme + s.Interrupt, Version: s.Version, At: p.now.UnixMilli()})
			p.tell()
			return
		}
	}
}

// cutPower takes the power away for a while. The unit goes on from the last mark
// on its card, which must be of this minute and know what was on air.
func (p *play) cutPower() {
	p.heard = append(p.heard, p.ear.heard()...)
	disk := p.u.PowerCut(p.c)
	last := spool.Open(disk).LastAlive()
	disk = disk.Cut(0)
	state, err := timetable.ParseState(last.State)
	if err != nil {
		p.t.Fatal(err)
	}
	if age := p.now.Sub(time.UnixMilli(last.At)); age > time.Minute+time.Second {
		p.t.Errorf("the last mark before the cut at %v is %v old", p.now, age)
	}
	if a, b := places(p.state, p.now), places(state, p.now); !slices.Equal(a, b) {
		p.t.Errorf("power cut at %s: the mark of %s knows %v, decided was %v", p.now.UTC().Format(time.StampMilli), time.UnixMilli(last.At).UTC().Format(time.StampMilli), b, a)
	}
	p.state = state
	from := p.now
	p.say("power cut; the mark is of %s: %v", time.UnixMilli(last.At).UTC().Format(time.TimeOnly), places(state, p.now))
	back := p.now.Add(time.Duration(1+p.rng.IntN(60)) * time.Second)
	agenttest.SleepUntil(back)
	p.now = back
	p.off = append(p.off, timetable.Span{From: from, To: back})
	p.power(disk)
	p.say("power")
}

// places are what has begun and is not over, and how it stands. Of warnings only
// those that live count.
func places(s timetable.State, now time.Time) (list []string) {
	for _, o := range s.Outputs {
		for _, j := range o.Jobs {
			if j.Began && (!j.Interrupt || j.End > now.UnixNano()) {
				list = append(list, fmt.Sprint(j.ID, " ", j.Start, " ", j.Phase))
			}
		}
	}
	slices.Sort(list)
	return list
}

// margin is how far around a turn nothing is asked: fades and the time in which
// a file is opened.
const margin = 400 * time.Millisecond

// wantDecided holds what was heard against what was decided.
func (p *play) wantDecided() {
	for _, b := range p.heard {
		// At most the fade of one that ends, and of one that is cut when it has just begun.
		if d := audio.Duration(b.frames); b.number == 0 && d > 700*time.Millisecond {
			p.t.Errorf("%v of sound from %s is no recording: two at a time?", d, b.at.UTC().Format(time.StampMilli))
		}
	}
	for at := agenttest.Start.Add(playFrom); at.Before(p.now); at = at.Add(100 * time.Millisecond) {
		span, turning := spanAt(p.decided, at)
		if _, cut := spanAt(p.off, at); turning || cut || p.isOff(at) {
			continue
		}
		want, offset := byte(0), int64(0)
		if span != nil && span.Sound != nil {
			want, offset = p.numbers[span.Sound.Hash], span.Offset+int64(at.Sub(span.From)*wire.Rate/time.Second)
		}
		bit := bitAt(p.heard, at)
		got := bit.offset + int64(at.Sub(bit.at)*wire.Rate/time.Second)
		if bit.number != want || want != 0 && (got-offset > wire.Rate/20 || offset-got > wire.Rate/20) {
			p.t.Errorf("at %s is heard recording %d at %.2f s, decided was %d at %.2f s: %+v", at.UTC().Format(time.StampMilli),
				bit.number, float64(got)/wire.Rate, want, float64(offset)/wire.Rate, span)
			return
		}
	}
}

// isOff tells whether the unit had no power, or had it for a moment only.
func (p *play) isOff(at time.Time) bool {
	return slices.ContainsFunc(p.off, func(s timetable.Span) bool { return !at.Before(s.From) && at.Before(s.To.Add(time.Second)) })
}

// spanAt is the span of an instant; turning says that one begins or ends near it.
func spanAt(spans []timetable.Span, at time.Time) (found *timetable.Span, turning bool) {
	for i := range spans {
		s := &spans[i]
		turning = turning || s.From.Sub(at).Abs() < margin || s.To.Sub(at).Abs() < margin
		if !at.Before(s.From) && at.Before(s.To) {
			found = s
		}
	}
	return found, turning
}

func bitAt(bits []heardBit, at time.Time) heardBit {
	for _, b := range bits {
		if b.number != 0 && !at.Before(b.at) && at.Before(b.end()) {
			return b
		}
	}
	return heardBit{at: at}
}

// wantProof holds what is proved, item by item, against what was heard: neither
// more nor less, but for the item on air at a power cut.
func (p *play) wantProof(cues []wire.CueRun) {
	var heard, proved time.Duration
	for _, b := range p.heard {
		heard += audio.Duration(b.frames)
	}
	for _, q := range cues {
		proved += time.Duration(q.To-q.From) * time.Millisecond
	}
	slack := 50 * time.Millisecond * time.Duration(len(cues)) // of edges between two that overlap
	if heard < proved-slack || heard > proved+slack && len(p.off) == 0 {
		p.t.Errorf("%v is heard, %v is proved", heard, proved)
	}
	for _, q := range cues {
		item := p.item(q)
		for ms := q.From; ms < q.To-int64(margin/time.Millisecond); ms += 50 {
			at := time.UnixMilli(ms)
			if ms == q.From {
				at = at.Add(25 * time.Millisecond) // after the edge
			}
			bit := bitAt(p.heard, at)
			place := q.Offset + (at.UnixMilli()-q.From)*wire.Rate/1000
			got := bit.offset + int64(at.Sub(bit.at)*wire.Rate/time.Second)
			if bit.number != p.numbers[item.Sound.Hash] || got-place > wire.Rate/100 || place-got > wire.Rate/100 {
				if b := p.fading(at); b {
					continue
				}
				p.t.Errorf("at %s is proved recording %d at %.2f s, and heard %d at %.2f s: %+v", at.UTC().Format(time.StampMilli),
					p.numbers[item.Sound.Hash], float64(place)/wire.Rate, bit.number, float64(got)/wire.Rate, q)
				return
			}
		}
	}
}

func (p *play) fading(at time.Time) bool {
	return slices.ContainsFunc(p.heard, func(b heardBit) bool {
		return b.number == 0 && !at.Before(b.at.Add(-time.Millisecond)) && at.Before(b.end().Add(time.Millisecond))
	})
}

func (p *play) item(q wire.CueRun) wire.Item {
	for _, g := range p.programmes {
		if g.ID == q.Programme {
			return g.Items[q.Item]
		}
	}
	return p.warnings[q.Interrupt][q.Item]
}
