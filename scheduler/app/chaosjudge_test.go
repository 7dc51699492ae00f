package app_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/timetable/timetabletest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// nearly is how far what was proved may differ from what was due: a board's
// oscillator is off, and an air time that was corrected ends an item earlier.
const nearly = wire.Rate / 4

// repeats is how often a warning of the day plays.
const repeats = 3

// roundDue is a round as the oracle has it.
type roundDue struct {
	played
	cues []interval
}

// ledger is what became of all that was due.
type ledger struct {
	rounds, exact, excused, partly, skipped int
	due, proved                             int64 // frames
}

// reckon compares the whole day with the oracle.
func (d *chaos) reckon() {
	var sum ledger
	oracle := map[string]timetabletest.Result{} // of units that are told the same
	for _, p := range d.poles {
		key := fmt.Sprint(p.chain, p.outputs)
		result, known := oracle[key]
		if !known {
			result = timetabletest.Oracle(d.scenario(p))
			oracle[key] = result
		}
		d.reckonOne(p, result, &sum)
	}
	d.t.Logf("%d rounds were due to %d units: %d proved as if nothing had happened; of the others %d whole, %d in part, %d not; %d mishaps",
		sum.rounds, len(d.poles), sum.exact, sum.excused, sum.partly, sum.skipped, len(d.plan))
	d.t.Logf("%.1f h were due, %.1f h are proved", float64(sum.due)/wire.Rate/3600, float64(sum.proved)/wire.Rate/3600)
	if sum.exact*2 < sum.rounds {
		d.t.Errorf("%d of %d rounds only were out of the reach of faults: the plan leaves nothing to show", sum.exact, sum.rounds)
	}
	d.settled()
}

// scenario is all that the centre told a unit, as if it had come at once.
func (d *chaos) scenario(p *pole) timetabletest.Scenario {
	sc := timetabletest.Scenario{From: d.from, To: d.until}
	addresses := []wire.Address{wire.UnitAddress(p.unit)}
	for _, id := range p.chain {
		addresses = append(addresses, wire.AreaAddress(id))
		sc.Orders = append(sc.Orders, d.orders[id]...)
	}
	for _, a := range addresses {
		e, found := d.c.sent(a, wire.KindBulletin)
		if !found {
			continue
		}
		b, err := e.Bulletin()
		if err != nil {
			d.t.Fatal(err)
		}
		b.Programmes = append(b.Programmes, d.gone[strings.TrimPrefix(string(a), "area/")]...)
		sc.Bulletins = append(sc.Bulletins, b)
	}
	return sc
}

// concerns are the acts that a unit is to hear of.
func (d *chaos) concerns(p *pole) (list []act) {
	for _, a := range d.acts {
		if slices.Contains(p.chain, a.area) {
			list = append(list, a)
		}
	}
	return list
}

// proofOf is what the centre knows of one unit's day.
type proofOf struct {
	runs   []scheduler.AsRun
	skips  []scheduler.Skip
	offs   []scheduler.Off
	rounds map[roundKey]played
	missed map[roundKey]int64
	broken map[roundKey]bool // in an entry that a power cut ended
}

func (d *chaos) proof(p *pole) proofOf {
	o := proofOf{runs: d.c.asruns(p.unit), rounds: map[roundKey]played{}, missed: map[roundKey]int64{}, broken: map[roundKey]bool{}}
	var err error
	f := store.AsRunFilter{Unit: p.unit, Page: store.Page{Limit: 1000}}
	for {
		list, next, bad := d.c.app.Store().Skips(d.t.Context(), f)
		if bad != nil {
			d.t.Fatal(bad)
		}
		if o.skips = append(o.skips, list...); next == "" {
			break
		}
		f.Page.After = next
	}
	if o.offs, err = d.c.app.Store().Offs(d.t.Context(), store.AsRunFilter{Unit: p.unit}); err != nil {
		d.t.Fatal(err)
	}
	for _, a := range o.runs {
		for _, r := range a.Rounds {
			k := roundKey{a.Output, cmp.Or(a.Interrupt, a.Programme), a.Version, a.Interrupt != "", r.Start}
			if k.interrupt { // it began at once, by the unit's own clock
				k.round = time.UnixMilli(k.round).Round(time.Second).UnixMilli()
			}
			sum := o.rounds[k]
			o.rounds[k] = played{sum.frames + r.Frames, sum.cues + r.Cues}
			o.missed[k] += r.Missed
			o.broken[k] = o.broken[k] || a.Outcome == wire.OutcomeUnknown
		}
	}
	return o
}

// accounted tells how the unit says why frames of a round did not play, empty
// if it does not: they were missed or skipped, there was no power, or something
// else, that a fault had delayed, held the output.
func (o proofOf) accounted(k roundKey, r roundDue, gap int64) string {
	for _, s := range o.skips {
		if s.Output == k.output && s.Programme == k.content && s.Start <= k.round+1000 && k.round-1000 <= s.Until {
			return "skip: " + s.Code
		}
	}
	var taken intervals
	for _, f := range o.offs {
		taken = append(taken, interval{time.UnixMilli(f.From), time.UnixMilli(f.To), "no power"})
	}
	for _, a := range o.runs {
		if a.Output == k.output && (a.Programme+a.Interrupt != k.content || a.Version != k.version) {
			taken = append(taken, interval{time.UnixMilli(a.From), time.UnixMilli(a.To), a.Programme + a.Interrupt})
		}
	}
	var without time.Duration
	for _, c := range r.cues {
		without += taken.overlap(c.from, c.to)
	}
	played := 0 // rounds of a warning that was heard late have times of their own
	for other, p := range o.rounds {
		if k.interrupt && other.content == k.content && other.output == k.output && p.frames >= r.frames-nearly {
			played++
		}
	}
	switch {
	case played >= repeats:
		return "played when it was heard"
	case o.missed[k]+int64(without.Seconds()*wire.Rate) >= gap-nearly:
		return "missed, no power, or held by something else"
	case o.broken[k]:
		return "unknown"
	}
	return ""
}

// reckonOne compares one unit's day with the oracle.
func (d *chaos) reckonOne(p *pole, result timetabletest.Result, sum *ledger) {
	t, v, got := d.t, d.plan.judge(p, d.concerns(p)), d.proof(p)
	due := dueRounds(result)
	if len(due) < 10 {
		t.Fatalf("%s: %d rounds are due: the story is too thin", p.unit, len(due))
	}
	most := map[string]int64{} // a whole round
	for k, r := range due {
		most[k.content+string(k.output)] = max(most[k.content+string(k.output)], r.frames)
	}
	var first roundKey
	wrong := 0
	fail := func(k roundKey, format string, args ...any) {
		if wrong == 0 {
			first = k
		}
		if wrong++; wrong <= 6 {
			t.Errorf("%s: %v: %s", p.unit, k, fmt.Sprintf(format, args...))
		}
	}
	corrected := d.corrected(p)
	end := d.until.Add(-20 * time.Minute).UnixMilli() // later ones may not be proved yet
	for _, k := range slices.SortedFunc(maps.Keys(due), byRound) {
		r := due[k]
		if k.round > end {
			continue
		}
		has := got.rounds[k]
		gap := r.frames - has.frames
		sum.rounds, sum.due, sum.proved = sum.rounds+1, sum.due+r.frames, sum.proved+has.frames
		possible, kind := v.reach(k, r)
		if from, to := r.cues[0].from, r.cues[len(r.cues)-1].to; kind == "" && corrected.touch(from, to) {
			possible, kind = wire.Rate, "the unit corrected its clock"
		}
		switch {
		case kind == "":
			if gap > nearly || gap < -nearly || has.cues != r.played.cues || got.missed[k] > nearly {
				fail(k, "proved %+v (%d missed), due %+v, and nothing was in the way", has, got.missed[k], r.played)
			}
			sum.exact++
			continue
		case has.frames > most[k.content+string(k.output)]+fade+nearly+2*wire.Rate*int64(max(has.cues, 1)): // what resumes goes back two seconds
			fail(k, "proved %+v, more than a whole round", has)
		case gap > nearly && !v.unknown(k, r) && got.accounted(k, r, gap) == "":
			fail(k, "%d of %d frames are not accounted for by anything (%s)", gap, r.frames, kind)
		case gap > possible+nearly:
			fail(k, "%.1f s are missing, and the plan made %.1f s impossible (%s; %s)", float64(gap)/wire.Rate, float64(possible)/wire.Rate, kind, got.accounted(k, r, gap))
		}
		switch {
		case gap <= nearly:
			sum.excused++
		case has.frames > 0:
			sum.partly++
		default:
			sum.skipped++
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(got.rounds), byRound) {
		at := time.UnixMilli(k.round)
		if _, known := due[k]; !known && got.rounds[k].frames > 0 && !v.disturbed.touch(at, at.Add(5*time.Minute)) && k.round <= end {
			fail(k, "proved %+v, and nothing was due", got.rounds[k])
		}
	}
	v.one(t, p.unit, got.runs)
	if wrong > 0 {
		d.show(p, got, first)
	}
}

// corrected is when the unit corrected its clock, by its own word: what sounds
// then is cut, and goes on where the clock is.
func (d *chaos) corrected(p *pole) (list intervals) {
	notes, _, err := d.c.app.Store().Notables(d.t.Context(), p.unit, store.Page{Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, n := range notes {
		if n.Code == agent.CodeClockSet {
			list = append(list, interval{n.At.Add(-time.Second), n.At.Add(time.Second), n.Code})
		}
	}
	return list
}

// show says what the unit said around the first thing that is wrong.
func (d *chaos) show(p *pole, got proofOf, first roundKey) {
	near := func(from, to int64) bool { return from < first.round+20*60_000 && to > first.round-5*60_000 }
	for _, a := range got.runs {
		if near(a.From, a.To) {
			d.t.Logf("%s: %s–%s %s %s %+v %s by %s: %s", p.unit, shanghai(time.UnixMilli(a.From)), shanghai(time.UnixMilli(a.To)), a.Output, a.Programme+a.Interrupt, a.Rounds, a.Outcome, a.By, a.Why)
		}
	}
	for _, k := range got.skips {
		if near(k.Start, k.Until) {
			d.t.Logf("%s: %s–%s %s %s skipped: %s", p.unit, shanghai(time.UnixMilli(k.Start)), shanghai(time.UnixMilli(k.Until)), k.Output, k.Programme, k.Why)
		}
	}
	for _, o := range got.offs {
		if near(o.From, o.To) {
			d.t.Logf("%s: %s–%s off", p.unit, shanghai(time.UnixMilli(o.From)), shanghai(time.UnixMilli(o.To)))
		}
	}
	notes, _, _ := d.c.app.Store().Notables(d.t.Context(), p.unit, store.Page{Limit: 1000})
	for _, n := range notes {
		if at := n.At.UnixMilli(); near(at, at) {
			d.t.Logf("%s: %s %s %s", p.unit, shanghai(n.At), n.Code, n.Text)
		}
	}
}

func byRound(a, b roundKey) int {
	return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.content, b.content), cmp.Compare(a.output, b.output))
}

// dueRounds are the oracle's rounds with the times of their items.
func dueRounds(result timetabletest.Result) map[roundKey]roundDue {
	rounds, cues := expected(result)
	out := map[roundKey]roundDue{}
	for k, p := range rounds {
		out[k] = roundDue{played: p}
	}
	for k, n := range cues {
		r := out[k.roundKey]
		from := time.UnixMilli(k.from)
		r.cues = append(r.cues, interval{from: from, to: from.Add(time.Duration(n) * time.Second / wire.Rate)})
		out[k.roundKey] = r
	}
	for _, r := range out {
		slices.SortFunc(r.cues, func(a, b interval) int { return a.from.Compare(b.from) })
	}
	return out
}

// reach tells how much of a round the plan made impossible, in frames, and by
// what; nothing at all if the round was out of every fault's reach. What only
// was delayed may be skipped as a whole, where the rules say so.
func (v verdict) reach(k roundKey, r roundDue) (possible int64, kind string) {
	from, to := r.cues[0].from, r.cues[len(r.cues)-1].to
	if why := v.disturbed.by(from, to); why != "" {
		return r.frames, why
	}
	if k.output != wire.OutputSound || !v.silent.touch(from, to) {
		return 0, ""
	}
	var gone time.Duration
	for _, c := range r.cues {
		gone += v.silent.overlap(c.from, c.to)
	}
	return int64(gone.Seconds() * wire.Rate), "sound output lost"
}

// unknown tells whether the unit knew nothing of what was due, and cannot say
// why it did not play: the centre does, by what the unit holds.
func (v verdict) unknown(k roundKey, r roundDue) bool {
	return (k.interrupt || k.content == "late") && v.unheard.touch(r.cues[0].from, r.cues[len(r.cues)-1].to)
}

// one holds that a unit never says that two things played on one output at once,
// nor more than there was time for. A unit that has just learned the time may
// correct it by seconds, and its entries are told by it.
func (v verdict) one(t *testing.T, unit string, runs []scheduler.AsRun) {
	t.Helper()
	slack := func(a scheduler.AsRun) int64 {
		if v.disturbed.touch(time.UnixMilli(a.From), time.UnixMilli(a.To+1)) {
			return 5000
		}
		return 250
	}
	last := map[wire.Output]scheduler.AsRun{}
	for _, a := range runs {
		var frames int64
		for _, r := range a.Rounds {
			frames += r.Frames
		}
		if room := (a.To - a.From) * wire.Rate / 1000; frames > room+slack(a)*wire.Rate/1000 {
			t.Errorf("%s: an entry proves %d frames in a time of %d, %s to %s: %+v", unit, frames, room, shanghai(time.UnixMilli(a.From)), shanghai(time.UnixMilli(a.To)), a)
		}
		if a.Grade == wire.GradeFailed {
			continue
		}
		before, known := last[a.Output]
		if known && min(before.To, a.To)-a.From > slack(a)+fade*1000/wire.Rate {
			t.Errorf("%s: two entries are proved on %s at once: %s to %s %+v and %s to %s %+v", unit, a.Output,
				shanghai(time.UnixMilli(before.From)), shanghai(time.UnixMilli(before.To)), before, shanghai(time.UnixMilli(a.From)), shanghai(time.UnixMilli(a.To)), a)
		}
		if !known || a.To > before.To {
			last[a.Output] = a
		}
	}
}

// settled holds that everything is well again at the end, and that the play log
// as people read it leaves nothing open that the plan does not explain.
func (d *chaos) settled() {
	st, err := d.op.Status(d.t.Context())
	if err != nil || st.Pending > 0 || st.Refused > 0 {
		d.t.Errorf("at the end %d units do not hold the newest, %d refuse something, %v", st.Pending, st.Refused, err)
	}
	for _, p := range d.poles {
		if !d.c.online(p.unit) {
			d.t.Errorf("%s is not online at the end", p.unit)
		}
	}
	log, err := d.op.AsRun(d.t.Context(), client.ProofQuery{Area: "county", From: d.from, To: d.until.Add(-20 * time.Minute)})
	if err != nil {
		d.t.Fatal(err)
	}
	grades, wrong := map[string]int{}, 0
	for _, l := range log {
		grades[l.Grade]++
		if l.Grade != scheduler.GradeNoProof {
			continue
		}
		i := slices.IndexFunc(d.poles, func(p *pole) bool { return p.unit == l.Unit })
		p := d.poles[i]
		if v := d.plan.judge(p, d.concerns(p)); !v.disturbed.touch(l.From, l.To) {
			if wrong++; wrong <= 6 {
				d.t.Errorf("%s: nobody knows what became of %s on %s from %s to %s", l.Unit, l.Programme+l.Warning, l.Output, shanghai(l.From), shanghai(l.To))
			}
		}
	}
	d.t.Logf("the play log: %v", grades)
}
