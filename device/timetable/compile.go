package timetable

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Table is a compiled timetable of one unit. It never changes and may be used by
// several goroutines.
type Table struct {
	loc      *time.Location
	volume   int64
	outputs  []wire.Output
	quiet    map[wire.Output][classes][]closing
	caps     []capWindow
	loud     map[wire.Level]bool
	mutes    []span
	progs    []*prog // programmes, then interrupts
	byKey    map[key]*prog
	versions map[string]int // the newest version of each programme
	barred   map[key]bool
	locked   map[key]bool // released by somebody whose word counts no more
	// warned are the classes of content that there are.
	warned [classes]bool
	days   atomic.Pointer[calendar] // asked for last
}

type key struct {
	id        string
	version   int
	interrupt bool
}

type window struct{ from, to int64 } // civil seconds from midnight

type capWindow struct {
	window
	volume int64
}

type span struct{ from, to int64 } // instants

// prog is a programme version or an interrupt, ready for use.
type prog struct {
	key
	title    string
	level    wire.Level
	rank     int64 // order: level, issuer, priority
	rule     *rule
	why      Reason
	onCut    string
	skipIfIn bool  // skip when blocked at the start
	grace    int64 // ns
	maxPlay  int64 // frames, 0 none
	volume   int64
	from     int64 // interrupts: life
	until    int64
	since    int64 // instant from which rounds are valid
	loud     bool  // breaks caps
	class    int   // of closings that bind it
	silent   int64 // ns without the centre after which it is silent, 0 none
	bodies   map[wire.Output]*body
	tail     bool
}

func (p *prog) loop() bool { return p.rule != nil && p.rule.kind == wire.RuleLoop }

// zones are those that were loaded; the names of real ones are few.
var zones sync.Map // string to *time.Location

func loadZone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %q: not the name of a time zone; write one such as Asia/Shanghai", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q: not the name of a time zone; write one such as Asia/Shanghai: %w", name, err)
	}
	zones.Store(name, loc)
	return loc, nil
}

// compiler carries what Compile needs on the way.
type compiler struct {
	t        *Table
	in       Input
	set      *wire.Settings
	chain    map[string]int
	county   *wire.County
	locked   map[string]int64 // persons, and since when in ms
	ready    map[string]bool
	problems []Problem
}

// Compile makes the timetable of one unit. What cannot be used is left out
// alone and named as a Problem; Compile itself never fails.
func Compile(in Input) (*Table, []Problem) {
	c := &compiler{in: in, chain: map[string]int{}, locked: map[string]int64{}, ready: map[string]bool{}, t: &Table{
		loc: time.UTC, byKey: map[key]*prog{}, versions: map[string]int{}, barred: map[key]bool{}, locked: map[key]bool{},
		quiet: map[wire.Output][classes][]closing{}, loud: map[wire.Level]bool{},
	}}
	for i := range in.Bulletins {
		if in.Bulletins[i].Settings != nil {
			c.set = in.Bulletins[i].Settings
		}
	}
	if c.set == nil {
		c.note(ProblemNoSettings, key{}, "the unit has no settings yet; publish its own bulletin")
		return c.t, c.problems
	}
	for i, id := range c.set.Chain {
		c.chain[id] = i
	}
	c.t.volume = int64(min(max(c.set.Volume, 0), 100))
	for _, o := range []wire.Output{wire.OutputSound, wire.OutputScreen} {
		if slices.Contains(c.set.Outputs, o) {
			c.t.outputs = append(c.t.outputs, o)
		}
	}
	zoned := c.readCounty()
	c.closings()
	c.orders()
	if zoned {
		c.programmes()
	}
	slices.SortStableFunc(c.t.progs, func(a, b *prog) int {
		return cmp.Or(strings.Compare(a.id, b.id), a.version-b.version)
	})
	return c.t, c.problems
}

func (c *compiler) note(code string, k key, text string) {
	c.problems = append(c.problems, Problem{Code: code, Programme: k.id, Version: k.version, Text: text})
}

// depth is the place of the address in the unit's chain; a unit's own address
// stands below all areas.
func (c *compiler) depth(a wire.Address) (int, bool) {
	kind, id := a.Split()
	if kind == "unit" {
		return len(c.set.Chain), id == c.set.Unit
	}
	d, ok := c.chain[id]
	return d, ok && kind == "area"
}

// readCounty reads what holds for all units; false when there is no zone.
func (c *compiler) readCounty() bool {
	var county *wire.County
	best := math.MaxInt
	for i := range c.in.Bulletins {
		b := &c.in.Bulletins[i]
		if d, ok := c.depth(b.Address); ok && b.County != nil && d < best {
			county, best = b.County, d
		}
	}
	if county == nil {
		c.note(ProblemNoCounty, key{}, "the county's bulletin is missing; without its time zone no rule can be read")
		return false
	}
	loc, err := loadZone(county.Zone)
	if err != nil {
		c.note(ProblemNoCounty, key{}, err.Error())
		return false
	}
	c.t.loc, c.county = loc, county
	for _, v := range county.Caps {
		for _, w := range windows([]wire.Window{v.Window}) {
			c.t.caps = append(c.t.caps, capWindow{w, int64(min(max(v.Volume, 0), 100))})
		}
	}
	for _, l := range county.Loud {
		c.t.loud[l] = l.Warning()
	}
	return true
}

func windows(list []wire.Window) []window {
	var out []window
	for _, w := range list {
		if from, to, err := parseWindow(w); err == nil {
			out = append(out, window{from, to})
		}
	}
	return out
}

func (c *compiler) programmes() {
	type offer struct {
		*wire.Programme
		depth int
		cals  map[string][]wire.Date
	}
	var offers []offer
	for i := range c.in.Bulletins {
		b := &c.in.Bulletins[i]
		d, ok := c.depth(b.Address)
		if !ok {
			c.note(ProblemAddress, key{}, fmt.Sprintf("a bulletin for %s does not concern unit %s", b.Address, c.set.Unit))
			continue
		}
		for j := range b.Programmes {
			offers = append(offers, offer{&b.Programmes[j], d, b.Calendars})
		}
	}
	slices.SortStableFunc(offers, func(a, b offer) int { return cmp.Or(b.Version-a.Version, a.depth-b.depth) })
	for _, o := range offers {
		k := key{o.ID, o.Version, false}
		if v, ok := c.t.versions[o.ID]; ok && v >= o.Version && (v > o.Version || c.t.byKey[k] != nil) {
			continue
		}
		if c.programme(k, o.Programme, o.depth, o.cals) {
			c.t.versions[o.ID] = o.Version
		}
	}
}

// programme takes one in; true when this version is the one in force, even if
// it is barred.
func (c *compiler) programme(k key, w *wire.Programme, depth int, cals map[string][]wire.Date) bool {
	if c.excepted(k, w.Except) || !c.mayIssue(k, w.Issuer, depth) || c.isLocked(k, w.By, w.At) {
		return false
	}
	if c.t.barred[k] {
		return true
	}
	for _, n := range w.Needs {
		if !hasFeature(n) {
			c.note(ProblemTooOld, k, fmt.Sprintf("needs %q: this agent is too old; update it", n))
			return false
		}
	}
	r, err := parseRule(w.Rule)
	if err == nil {
		err = r.bind(cals)
	}
	if err != nil {
		c.note(ProblemRule, k, err.Error())
		return false
	}
	if w.Level.Rank() == 0 || w.Level.Warning() {
		c.note(ProblemContent, k, fmt.Sprintf("level %q: not a programme's; use background, timed or live", w.Level))
		return false
	}
	p := &prog{key: k, title: w.Title, level: w.Level, rule: r, onCut: w.OnCut, skipIfIn: w.OnBlock == wire.BlockSkip,
		grace: min(max(int64(w.Grace), 0), 400*daySeconds) * second, volume: percent(w.Volume),
		maxPlay: min(max(int64(w.MaxPlay), 0), 400*daySeconds) * wire.Rate, since: math.MinInt64,
		silent: min(max(int64(w.SilentAfter), 0), wire.MaxSilentAfter) * hour}
	if p.onCut == "" {
		p.onCut = wire.CutResume
		if p.loop() {
			p.onCut = wire.CutRejoin
		}
	}
	if w.Rule.From != "" {
		p.since = newZone(c.t.loc).instant(r.since)
	}
	p.rank = rankOf(w.Level, c.chain[w.Issuer], w.Priority)
	p.why = Reason{Code: string(r.kind), Every: w.Rule.Every}
	if w.Rule.Window != nil {
		p.why.From, p.why.To = w.Rule.Window.From, w.Rule.Window.To
	}
	if !c.content(p, w.Items, r.rounds, r.pause, p.loop()) {
		return false
	}
	c.t.byKey[k] = p
	c.t.progs = append(c.t.progs, p)
	return true
}

func (c *compiler) excepted(k key, except []string) bool {
	for _, id := range except {
		if _, ok := c.chain[id]; ok || id == c.set.Unit {
			c.note(ProblemExcept, k, fmt.Sprintf("except %q: this unit is left out", id))
			return true
		}
	}
	return false
}

func (c *compiler) mayIssue(k key, issuer string, depth int) bool {
	if d, ok := c.chain[issuer]; ok && d <= depth {
		return true
	}
	c.note(ProblemIssuer, k, fmt.Sprintf("issuer %q: not the area addressed or one above it", issuer))
	return false
}

// content makes the bodies of the unit's outputs.
func (c *compiler) content(p *prog, items []wire.Item, rounds, pause int64, grid bool) bool {
	const longest = 7 * daySeconds * wire.Rate
	var total int64
	for n, it := range items {
		f := it.Frames()
		if f <= 0 || f > longest || it.Text != nil && it.Text.Stay > 7*daySeconds*1000 || total > longest {
			c.note(ProblemContent, p.key, fmt.Sprintf("items[%d]: its length %d is not above 0 and up to a week; measure it again", n, f))
			return false
		}
		total += f
	}
	if len(items) == 0 {
		c.note(ProblemContent, p.key, "items: the playlist is empty; add an item")
		return false
	}
	p.bodies = map[wire.Output]*body{}
	for _, o := range c.t.outputs {
		if slices.ContainsFunc(items, func(i wire.Item) bool { return i.For(o) }) {
			p.bodies[o] = newBody(o, items, rounds, pause, grid, c.isReady)
		}
	}
	return true
}

func (c *compiler) isReady(hash string) bool {
	if c.in.Ready == nil {
		return true
	}
	r, ok := c.ready[hash]
	if !ok {
		r = c.in.Ready(hash)
		c.ready[hash] = r
	}
	return r
}

// rankOf packs level, issuer and priority so that the higher number wins.
func rankOf(l wire.Level, depth, priority int) int64 {
	pr := min(max(priority, -1<<30), 1<<30) + 1<<30
	return int64(l.Rank())<<48 | int64(4095-min(depth, 4095))<<33 | int64(pr)
}

func percent(v int) int64 {
	if v <= 0 || v > 100 {
		return 100
	}
	return int64(v)
}
