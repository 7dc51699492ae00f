package timetable

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	benchVillages   = 400
	benchPerTown    = 20 // villages
	benchCountywide = 10 // programmes issued by the county, and so on: 50 for each unit
	benchTownwide   = 15
	benchLocal      = 25
)

// benchProgramme is the nth programme of an area: the first a loop, the rest
// notices of all kinds of rule. Each speaks and shows its text.
func benchProgramme(area string, n int) wire.Programme {
	id := fmt.Sprintf("%s-%d", area, n)
	clock := func(hour int) wire.Clock { return wire.Clock(fmt.Sprintf("%02d:%02d", hour%24, n*7%60)) }
	p := with(notice(id, "07:00", both(30+n)), func(p *wire.Programme) { p.Issuer, p.OnCut = area, wire.CutResume })
	if n == 0 {
		return with(loop(id, "07:00", "21:00", 10, both(60+len(area))), func(p *wire.Programme) { p.Issuer, p.OnCut = area, wire.CutRejoin })
	}
	switch n % 5 {
	case 0:
		p.Rule = wire.Rule{Kind: wire.RuleEvery, Every: 120, Window: &wire.Window{From: clock(8), To: clock(19)}}
	case 1:
		p.Rule.Times = []wire.Clock{clock(7), clock(12), clock(18)}
		p.Rule.Rounds = 2
	case 2:
		p.Rule = wire.Rule{Kind: wire.RuleAt, Cron: fmt.Sprintf("%d 9,17 * * 1-5", n%60)}
	case 3:
		p.Rule = wire.Rule{Kind: wire.RuleOnce, Once: wire.DateTime(fmt.Sprintf("2026-11-%02dT%s:00", 23+n%7, clock(15)))}
	default:
		p.Rule.Times, p.Rule.Days = []wire.Clock{clock(10)}, []int{1, 3, 5}
	}
	return p
}

// benchUnit is what a unit of a village holds.
func benchUnit(village int) Input {
	county, town, own := "county", fmt.Sprintf("town-%d", village/benchPerTown), fmt.Sprintf("village-%d", village)
	var in Input
	for _, a := range []struct {
		id string
		n  int
	}{{county, benchCountywide}, {town, benchTownwide}, {own, benchLocal}} {
		b := wire.Bulletin{Address: wire.AreaAddress(a.id)}
		for n := range a.n {
			b.Programmes = append(b.Programmes, benchProgramme(a.id, n))
		}
		in.Bulletins = append(in.Bulletins, b)
	}
	in.Bulletins[0].County = &wire.County{Name: "County", Zone: "Asia/Shanghai", Loud: []wire.Level{wire.LevelRed},
		Quiet: []wire.Window{{From: "21:30", To: "06:30"}}}
	in.Bulletins = append(in.Bulletins, wire.Bulletin{Address: wire.UnitAddress("u1"), Settings: &wire.Settings{Unit: "u1",
		Chain: []string{county, town, own}, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 80}})
	return in
}

// bareInstants lists and sorts the instants at which something of a unit
// begins, by the calendar alone: the least that any timetable must do.
func bareInstants(in Input, from, to time.Time) []time.Time {
	var list []time.Time
	for _, b := range in.Bulletins {
		for _, p := range b.Programmes {
			for day := from.AddDate(0, 0, -2); day.Before(to); day = day.AddDate(0, 0, 1) {
				n, step := 3, 6*time.Hour
				if p.Rule.Kind == wire.RuleEvery {
					n, step = 11, time.Hour
				}
				for i := range n {
					at := time.Date(day.Year(), day.Month(), day.Day(), 7, 0, 0, 0, from.Location()).Add(time.Duration(i) * step)
					if !at.Before(from) && at.Before(to) {
						list = append(list, at)
					}
				}
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// BenchmarkUnitWeek previews the week of one unit with 50 programmes.
func BenchmarkUnitWeek(b *testing.B) {
	in := benchUnit(7)
	from := at(b, "23 00:00")
	to := from.AddDate(0, 0, 7)
	var stretches int
	before := processorTime(b)
	for b.Loop() {
		tl, problems := Preview(in, from, to)
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		stretches = len(tl.Stretches)
	}
	report(b, before)
	b.ReportMetric(float64(stretches), "stretches")
	b.ReportMetric(bareWeeks(b, 1, from, to), "bare-cpu-ms")
}

// BenchmarkCountyWeek previews the week of 400 villages, each with a set of
// bulletins of its own: what 10,000 units with 50 programmes each come to.
func BenchmarkCountyWeek(b *testing.B) {
	from := at(b, "23 00:00")
	to := from.AddDate(0, 0, 7)
	var inputs []Input
	for v := range benchVillages {
		inputs = append(inputs, benchUnit(v))
	}
	var stretches int
	before := processorTime(b)
	for b.Loop() {
		stretches = 0
		for _, in := range inputs {
			tl, _ := Preview(in, from, to)
			stretches += len(tl.Stretches)
		}
	}
	report(b, before)
	b.ReportMetric(float64(stretches), "stretches")
	b.ReportMetric(bareWeeks(b, benchVillages, from, to), "bare-cpu-ms")
}

// BenchmarkStep is what the playing loop asks for at every turn: what happened in
// the last seconds, and what the next minutes bring.
func BenchmarkStep(b *testing.B) {
	table := compile(b, benchUnit(0))
	now := at(b, "24 10:00")
	_, s := table.Run(State{}, now.Add(-time.Hour), now)
	b.ReportAllocs()
	for b.Loop() {
		next := now.Add(15 * time.Second)
		_, after := table.Run(s, now, next)
		table.Run(after, next, next.Add(10*time.Minute))
	}
}

// report gives the time of a round by the clock, and the processor time, which
// does not count what else runs on the machine.
func report(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1e6, "ms")
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N)/1e6, "cpu-ms")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareWeeks is how many milliseconds of the processor the instants of so many villages take.
func bareWeeks(b *testing.B, villages int, from, to time.Time) float64 {
	rounds := max(1, 100/villages)
	var took time.Duration
	for range rounds {
		for v := range villages {
			in := benchUnit(v)
			began := processorTime(b)
			bareInstants(in, from, to)
			took += processorTime(b) - began
		}
	}
	return float64(took) / float64(rounds) / 1e6
}
