package timetabletest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Options bound what Generate makes. Zero fields have the defaults named.
type Options struct {
	// Hours is the longest span of a scenario; 6.
	Hours int
	// Programmes is the greatest number of programmes; 5.
	Programmes int
	// OneOutput leaves out items that have content for only one of two outputs.
	OneOutput bool
}

// The days round which scenarios lie: changes of the clock, ends of months and
// years, the leap day, and an ordinary day.
var places = []struct{ zone, day string }{
	{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"}, {"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"},
	{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"}, {"Asia/Shanghai", "2026-11-24"}, {"Asia/Shanghai", "2026-11-30"},
	{"Asia/Shanghai", "2026-12-31"}, {"Asia/Shanghai", "2028-02-28"}, {"Asia/Shanghai", "2028-02-29"}, {"Asia/Shanghai", "2027-02-28"},
}

// maker makes one scenario.
type maker struct {
	r     *rand.Rand
	o     Options
	zone  *zone
	civil int64 // civil second at which the scenario begins
	hours int
	chain []string
}

// Generate makes a random scenario: a county, a town, a village and a unit with
// sound and screen. The same random numbers make the same scenario, and every
// snapshot in it validates.
func Generate(r *rand.Rand, o Options) Scenario {
	if o.Hours == 0 {
		o.Hours = 6
	}
	if o.Programmes == 0 {
		o.Programmes = 5
	}
	place := places[r.IntN(len(places))]
	z, err := newZone(place.zone)
	if err != nil {
		panic(err)
	}
	m := &maker{r: r, o: o, zone: z, chain: []string{"county", "town", "village"}, hours: 1 + r.IntN(o.Hours)}
	m.civil = dateOf(wire.Date(place.day)) + int64(r.IntN(28*60)-4*60)*60
	from := z.instant(m.civil)
	s := Scenario{From: time.Unix(from, 0), To: time.Unix(from+int64(m.hours)*3600, 0)}
	for _, id := range m.chain {
		s.Bulletins = append(s.Bulletins, wire.Bulletin{Address: wire.AreaAddress(id), Revision: 1, Calendars: map[string][]wire.Date{}})
	}
	s.Bulletins = append(s.Bulletins, wire.Bulletin{Address: "unit/u1", Revision: 1, Calendars: map[string][]wire.Date{}, Settings: &wire.Settings{
		Unit: "u1", Name: "u1", Chain: m.chain, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 80,
	}})
	s.Bulletins[0].County = &wire.County{Name: "county", Zone: place.zone, Loud: m.levels()}
	m.hush(&s)
	m.limits(&s)
	for i := range 1 + r.IntN(o.Programmes) {
		p := m.programme(fmt.Sprintf("p%d", i))
		at := 3
		for at = r.IntN(4); at < 3 && !contains(m.chain[:at+1], p.Issuer); at++ {
		}
		s.Bulletins[at].Programmes = append(s.Bulletins[at].Programmes, p)
		for _, name := range append(p.Rule.On, p.Rule.Off...) {
			s.Bulletins[at].Calendars[name] = m.calendar(name)
		}
	}
	m.orders(&s)
	return s
}

func contains(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}

// one picks from a list.
func one[T any](m *maker, list ...T) T { return list[m.r.IntN(len(list))] }

// odds is true once in n times.
func (m *maker) odds(n int) bool { return m.r.IntN(n) == 0 }

// moment is a civil second somewhere in the scenario or up to an hour beside it.
func (m *maker) moment() int64 {
	c := m.civil + int64(m.r.IntN(m.hours*3600+7200)) - 3600
	return c - c%one[int64](m, 1, 5, 60, 300, 900, 1800)
}

func clockOf(civil int64) wire.Clock {
	if civil%60 == 0 {
		return wire.Clock(time.Unix(civil, 0).UTC().Format("15:04"))
	}
	return wire.Clock(time.Unix(civil, 0).UTC().Format("15:04:05"))
}

func dayOf(civil int64) wire.Date { return wire.Date(time.Unix(civil, 0).UTC().Format("2006-01-02")) }

func dateTimeOf(civil int64) wire.DateTime {
	return wire.DateTime(time.Unix(civil, 0).UTC().Format("2006-01-02T15:04:05"))
}

func (m *maker) window() wire.Window {
	for {
		from := m.moment()
		w := wire.Window{From: clockOf(from), To: clockOf(from + one[int64](m, 600, 3600, 7200, 5*3600, 23*3600) + int64(m.r.IntN(600)))}
		if m.odds(8) {
			w = wire.Window{From: "00:00", To: "24:00"}
		}
		if w.From != w.To {
			return w
		}
	}
}

// hush sets quiet and dark hours.
func (m *maker) hush(s *Scenario) {
	county, unit := s.Bulletins[0].County, s.Bulletins[3].Settings
	if m.odds(4) {
		county.Quiet = append(county.Quiet, m.window())
	}
	if m.odds(4) {
		county.Dark = append(county.Dark, m.window())
	}
	if m.odds(8) {
		unit.Quiet = append(unit.Quiet, m.window())
	}
}

func (m *maker) orders(s *Scenario) {
	from := s.From.UnixMilli()
	span := int64(m.hours) * 3600
	at := func() int64 { return from + m.r.Int64N(span)*1000 }
	o := wire.Orders{Address: wire.AreaAddress(one(m, m.chain...)), Revision: 1}
	if m.odds(5) {
		start := at()
		o.Mutes = append(o.Mutes, wire.Mute{ID: "m1", From: start, Until: start + (60+m.r.Int64N(1800))*1000})
	}
	if m.odds(4) {
		start := at()
		i := wire.Interrupt{
			ID: "w1", Issuer: m.above(o.Address), Level: one(m, warningLevels...), Title: "w1", Items: m.items(),
			Issued: start, Until: start + (60+m.r.Int64N(1800))*1000, Repeat: m.r.IntN(4), Pause: one(m, 0, 10, 60, 120), Volume: one(m, 100, 60),
		}
		if m.odds(3) {
			i.Until += 2 * 3600_000 // long enough to wait for the end of quiet hours
		}
		if m.odds(4) {
			i.By = "li"
		}
		if m.odds(3) {
			i.From = start + 60_000
			i.Until += 60_000
		}
		o.Interrupts = append(o.Interrupts, i)
	}
	if m.odds(12) {
		o.Barred = append(o.Barred, wire.Bar{ID: "p0", Version: 1, At: from})
	}
	m.exceptions(s, &o)
	s.Orders = append(s.Orders, o)
	if m.odds(6) {
		s.Orders = append(s.Orders, wire.Orders{Address: "unit/u1", Revision: 1})
		m.exceptions(s, &s.Orders[1])
	}
	m.locked(s)
}

// items makes a playlist. With Options.OneOutput every item has the same outputs.
func (m *maker) items() []wire.Item {
	var items []wire.Item
	form := one(m, "both", "both", "sound", "text")
	for i := range 1 + m.r.IntN(3) {
		if !m.o.OneOutput && m.odds(4) {
			form = one(m, "both", "sound", "text")
		}
		seconds := one[int64](m, 5, 20, 60, 100) + m.r.Int64N(20)
		item := wire.Item{Title: fmt.Sprint("item ", i)}
		if form != "text" {
			item.Sound = &wire.Sound{Hash: strings.Repeat("ab", 32), Size: 1000, Type: "mp3", Frames: seconds * wire.Rate}
		}
		if form != "sound" {
			item.Text = &wire.Text{Body: "text", Stay: seconds * 1000}
		}
		items = append(items, item)
	}
	return items
}

func (m *maker) programme(id string) wire.Programme {
	p := wire.Programme{
		ID: id, Version: 1, Title: id, Issuer: one(m, m.chain...), Priority: m.r.IntN(3) - 1, Items: m.items(),
		OnCut: one(m, wire.CutRejoin, wire.CutResume, wire.CutSkip), OnBlock: one(m, wire.BlockWait, wire.BlockWait, wire.BlockSkip),
		Grace: one(m, 0, 30, 120, 600), Volume: one(m, 100, 100, 70), Rule: m.rule(),
	}
	if m.odds(5) {
		p.SilentAfter, p.Needs = 1+m.r.IntN(3), []string{wire.NeedSilentAfter}
	}
	if m.odds(8) {
		p.By, p.At = "li", m.zone.instant(m.civil)*1000-3600_000
	}
	// What a cut chain does in a pause that frees the output is open.
	if p.Rule.Kind != wire.RuleLoop && p.Rule.Pause > 60 && p.OnCut == wire.CutRejoin {
		p.OnCut = wire.CutResume
	}
	p.Level = wire.LevelTimed
	if p.Rule.Kind == wire.RuleLoop && !m.odds(5) || m.odds(8) {
		p.Level = wire.LevelBackground
	}
	if m.odds(15) {
		p.Level = wire.LevelLive
	}
	if m.odds(15) {
		p.MaxPlay = 60
	}
	if m.odds(20) {
		p.Except = []string{one(m, "u1", "village", "u2", "hamlet")}
	}
	return p
}

func (m *maker) rule() wire.Rule {
	r := wire.Rule{Kind: one(m, wire.RuleLoop, wire.RuleLoop, wire.RuleEvery, wire.RuleAt, wire.RuleAt, wire.RuleOnce), From: dateTimeOf(m.civil)}
	if m.odds(5) {
		r.From = dateTimeOf(m.civil + m.r.Int64N(3600))
	}
	if m.odds(5) {
		r.Until = dateTimeOf(m.civil + 3600 + m.r.Int64N(int64(m.hours)*3600))
	}
	switch r.Kind {
	case wire.RuleLoop:
		w := m.window()
		r.Window, r.Pause = &w, one(m, 0, 0, 5, 30, 60, 61, 120, 600)
	case wire.RuleEvery:
		w := m.window()
		r.Window, r.Every = &w, one(m, 1, 2, 5, 10, 30, 60, 90)
	case wire.RuleAt:
		m.times(&r)
		r.Pause = one(m, 0, 5, 60, 90, 200)
	case wire.RuleOnce:
		r.Once = dateTimeOf(m.moment())
		if r.Once < r.From || r.Until != "" && r.Once >= r.Until {
			r.From, r.Until = "", "" // an instant outside the validity is an error
		}
		r.Rounds, r.Pause = one(m, 0, 1, 2, 3, 5), one(m, 0, 5, 60, 90, 200)
		return r
	}
	m.days(&r)
	return r
}

func (m *maker) times(r *wire.Rule) {
	if m.odds(3) {
		h := time.Unix(m.moment(), 0).UTC().Hour()
		r.Cron = fmt.Sprintf("%s %s * * *", one(m, "*/10", "0,15,40", "5", "10-50/20", "*/7"), one(m, "*", fmt.Sprint(h), fmt.Sprintf("%d-23", h)))
		return
	}
	seen := map[wire.Clock]bool{}
	for range 1 + m.r.IntN(8) {
		if c := clockOf(m.moment()); !seen[c] {
			seen[c] = true
			r.Times = append(r.Times, c)
		}
	}
	// A chain does not run into the next chain of its own programme: centres
	// warn of that, and the design does not say more of it than for rounds.
	if len(r.Times) == 1 {
		r.Rounds = one(m, 0, 1, 2, 3, 5)
	}
}

// days bounds the rule to some days, now and then.
func (m *maker) days(r *wire.Rule) {
	weekday := int(time.Unix(m.civil, 0).UTC().Weekday())
	switch m.r.IntN(10) {
	case 0:
		r.On = []string{"on"}
	case 1:
		r.Off = []string{"off"}
	case 2:
		r.Skip = []wire.Date{dayOf(m.civil + day)}
	case 3:
		if r.Cron == "" {
			r.Days = []int{(weekday+6)%7 + 1}
		}
	case 4:
		if r.Cron == "" && r.Kind != wire.RuleAt {
			r.Cron = fmt.Sprintf("* * %s %s %s", one(m, "*", "1-15", "28,29,31"), one(m, "*", "FEB,MAR,12", "*/2"), one(m, "*", "0-3", "SUN,TUE"))
		}
	}
}

func (m *maker) calendar(name string) []wire.Date {
	if name == "off" {
		return []wire.Date{dayOf(m.civil + day), dayOf(m.civil + 9*day)}
	}
	return []wire.Date{dayOf(m.civil), dayOf(m.civil + 3*day)}
}
