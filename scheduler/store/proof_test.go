package store

import (
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

func entryOf(seq uint64, from time.Time, length time.Duration, grade string) wire.Entry {
	frames := int64(length/time.Second) * wire.Rate
	return wire.Entry{Seq: seq, At: from.UnixMilli(), AsRun: &wire.AsRun{Output: wire.OutputSound, Programme: "a", Version: 1, Title: "A", Level: wire.LevelTimed,
		From: from.UnixMilli(), To: from.Add(length).UnixMilli(), Rounds: []wire.RoundPart{{Start: from.UnixMilli(), Cues: 1, Frames: frames}},
		Outcome: wire.OutcomeEnded, Grade: grade, Late: 120}}
}

func TestReportsAreStoredOnceAndAcknowledgedWithoutGaps(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	base := time.Now().Truncate(time.Second)
	report := func(after uint64, seqs ...uint64) wire.Report {
		r := wire.Report{Unit: "liu1-1", Spool: "sp", Boot: "b", After: after}
		for _, q := range seqs {
			r.Entries = append(r.Entries, entryOf(q, base.Add(time.Duration(q)*time.Minute), time.Minute, wire.GradePlayed))
		}
		return r
	}
	for i, c := range []struct {
		r    wire.Report
		want uint64
	}{
		{report(0, 1, 2), 2},
		{report(0, 1, 2), 2},    // sent twice
		{report(0, 1, 2, 3), 3}, // partly known
		{report(5, 6), 3},       // one was lost on the way
		{report(3, 4, 5), 5},
		{report(5, 1030), 1030}, // numbers left out after a power cut
	} {
		got, err := s.Record(ctx, c.r, base)
		if err != nil || got.Seq != c.want || got.Spool != "sp" {
			t.Errorf("report %d: stored up to %+v, %v; want %d", i, got, err, c.want)
		}
	}
	list, next, err := s.AsRuns(ctx, AsRunFilter{Unit: "liu1-1", Page: Page{Limit: 4}})
	if err != nil || len(list) != 4 || next == "" {
		t.Fatalf("%d entries, next %q, %v", len(list), next, err)
	}
	want := entryOf(1, base.Add(time.Minute), time.Minute, wire.GradePlayed).AsRun
	if got := list[0].AsRun; encode(got) != encode(*want) {
		t.Errorf("stored %+v, want %+v", got, *want)
	}
	rest, next, err := s.AsRuns(ctx, AsRunFilter{Area: "liushu", Programme: "a", Page: Page{After: next}})
	if err != nil || len(rest) != 2 || next != "" || rest[1].Seq != 1030 {
		t.Errorf("the rest: %+v, %q, %v", rest, next, err)
	}
	if none, _, _ := s.AsRuns(ctx, AsRunFilter{From: base.Add(-time.Hour), To: base}); len(none) != 0 {
		t.Errorf("entries before the first: %+v", none)
	}
}

func TestOneBadReportDoesNotCostTheOthers(t *testing.T) {
	s := county(t)
	now := time.Now()
	rs := []wire.Report{{Unit: "nobody", Spool: "x", Entries: []wire.Entry{entryOf(1, now, time.Minute, wire.GradePlayed)}},
		{Unit: "liu1-1", Spool: "x", Entries: []wire.Entry{entryOf(1, now, time.Minute, wire.GradePlayed),
			{Seq: 2, At: ms(now), Skip: &wire.Skip{Output: wire.OutputSound, Programme: "a", Version: 1, Start: ms(now), Until: ms(now), Rounds: 1, Code: "quiet", Why: "quiet hours"}},
			{Seq: 3, At: ms(now), Off: &wire.Off{From: 1, To: 2}}, {Seq: 4, At: ms(now), Event: &wire.Event{Code: "output-lost", Text: "card"}}}}}
	out, err := s.RecordAll(t.Context(), rs, now)
	if err != nil || len(out) != 2 || scheduler.KindOf(out[0].Err) != scheduler.NotFound || out[1].Err != nil || out[1].Stored.Seq != 4 {
		t.Fatalf("%+v, %v", out, err)
	}
	skips, _, err := s.Skips(t.Context(), AsRunFilter{Unit: "liu1-1"})
	if err != nil || len(skips) != 1 || skips[0].Why != "quiet hours" {
		t.Errorf("skips %+v, %v", skips, err)
	}
	if offs, err := s.Offs(t.Context(), AsRunFilter{Unit: "liu1-1"}); err != nil || len(offs) != 1 {
		t.Errorf("offs %+v, %v", offs, err)
	}
}

func TestRoundsPackSmallAndComeBack(t *testing.T) {
	a := wire.AsRun{From: 1_800_000_000_000, To: 1_800_000_900_000, Output: wire.OutputScreen, Outcome: wire.OutcomeGoesOn, Grade: wire.GradeHeard, Late: 450}
	for i := range int64(13) {
		a.Rounds = append(a.Rounds, wire.RoundPart{Start: a.From - 5000 + i*70_000, Cues: 3, Frames: 60 * wire.Rate})
	}
	a.Rounds[12].Missed = 77
	b := packRounds(a)
	if len(b) > 13*4+16 {
		t.Errorf("13 rounds take %d bytes", len(b))
	}
	got := wire.AsRun{From: a.From, To: a.To}
	if err := unpackRounds(b, &got); err != nil {
		t.Fatal(err)
	}
	if err := unpackCode(packCode(a), &got); err != nil || encode(got) != encode(a) {
		t.Errorf("came back as %+v, %v", got, err)
	}
	if err := unpackRounds(b[:len(b)-1], &got); err == nil {
		t.Error("a cut blob is read")
	}
}

func FuzzUnpackRounds(f *testing.F) {
	f.Add(packRounds(wire.AsRun{From: 5, Rounds: []wire.RoundPart{{Start: 7, Cues: 1, Frames: 9}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var a wire.AsRun
		if unpackRounds(b, &a) != nil {
			return
		}
		again := wire.AsRun{}
		if err := unpackRounds(packRounds(a), &again); err != nil || !slices.Equal(a.Rounds, again.Rounds) {
			t.Errorf("%v becomes %v, %v", a.Rounds, again.Rounds, err)
		}
	})
}

// at rule of one minute each hour, so that proof can be reckoned by hand.
func hourly(t *testing.T, s *Store) time.Time {
	t.Helper()
	p := loop("a", "liu1")
	p.Rule = wire.Rule{Kind: wire.RuleAt, Cron: "0 * * * *", From: "2020-01-01T00:00:00"}
	release(t, s, p)
	publish(t, s)
	return time.Now().Truncate(time.Hour).Add(time.Hour) // the first round after the release
}

func TestProofJoinsWhatShouldHavePlayedWithWhatDid(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	first := hourly(t, s)
	hour := func(n int) time.Time { return first.Add(time.Duration(n) * time.Hour) }
	r := wire.Report{Unit: "liu1-1", Spool: "sp", Boot: "b", Entries: []wire.Entry{
		entryOf(1, hour(0), time.Minute, wire.GradePlayed),
		entryOf(2, hour(1), 20*time.Second, wire.GradePlayed),
		entryOf(3, hour(2), time.Minute, wire.GradeFailed),
		{Seq: 4, At: ms(hour(3)), Skip: &wire.Skip{Output: wire.OutputSound, Programme: "a", Version: 1, Start: ms(hour(3)), Until: ms(hour(3)), Rounds: 1, Code: "mute", Why: "muted"}},
		{Seq: 5, At: ms(hour(5)), Off: &wire.Off{From: ms(hour(4)) - 1000, To: ms(hour(5)) - 1000}},
		entryOf(6, hour(5).Add(30*time.Minute), time.Minute, wire.GradePlayed),
	}}
	must(t)(s.Record(ctx, r, hour(6)))
	got, err := s.Proof(ctx, AsRunFilter{Unit: "liu1-1", Output: wire.OutputSound, From: first, To: hour(8)}, hour(7).Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var grades []string
	for _, p := range got {
		grades = append(grades, p.Grade)
	}
	want := []string{"played", "part", "failed", "skipped", "no-power", "no-proof", "played", "no-proof", "pending"}
	if !slices.Equal(grades, want) {
		t.Errorf("grades %v, want %v", grades, want)
	}
	if p := got[0]; p.Expected != time.Minute || p.Proved != time.Minute || len(p.AsRuns) != 1 || !p.From.Equal(hour(0)) {
		t.Errorf("first line %+v", p)
	}
	if why := got[3].Why; why.EN != "muted" || why.ZH != "muted" {
		t.Errorf("the skip says %q", why)
	}
	if why := got[1].Why.EN; why != "not all of it: the sound or the picture stood still" {
		t.Errorf("what ran to its end with gaps says %q", why)
	}
}

// An entry may be 15 minutes long: whoever asks for the last minute of it is
// answered for that minute.
func TestProofCutsEntriesAtTheEdgesOfItsSpan(t *testing.T) {
	s := county(t)
	first := hourly(t, s)
	r := wire.Report{Unit: "liu1-1", Spool: "sp", Boot: "b", Entries: []wire.Entry{
		{Seq: 1, At: ms(first), Skip: &wire.Skip{Output: wire.OutputSound, Programme: "a", Version: 1, Start: ms(first), Until: ms(first), Rounds: 1, Code: "mute", Why: "muted"}},
		entryOf(2, first, time.Minute, wire.GradePlayed),
		entryOf(3, first.Add(30*time.Minute), time.Minute, wire.GradePlayed),
	}}
	must(t)(s.Record(t.Context(), r, first.Add(time.Hour)))
	for _, x := range []struct {
		name     string
		from, to time.Duration
		proved   time.Duration
		title    string
	}{
		{"its last third", 40 * time.Second, 10 * time.Minute, 20 * time.Second, "循环 a"},
		{"its first third", 0, 20 * time.Second, 20 * time.Second, "循环 a"},
		{"what nobody expected, told of by a skip before", 30*time.Minute + 50*time.Second, 40 * time.Minute, 10 * time.Second, "A"},
	} {
		got, err := s.Proof(t.Context(), AsRunFilter{Unit: "liu1-1", Output: wire.OutputSound, From: first.Add(x.from), To: first.Add(x.to)}, first.Add(2*time.Hour))
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %+v, %v", x.name, got, err)
			continue
		}
		if p := got[0]; p.Grade != wire.GradePlayed || p.Proved != x.proved || p.To.Sub(p.From) != x.proved || p.Title != x.title || p.Level != wire.LevelTimed {
			t.Errorf("%s: %s, %v of %v to %v, titled %q, level %q", x.name, p.Grade, p.Proved, p.From, p.To, p.Title, p.Level)
		}
	}
}

func TestNothingIsExpectedOfAUnitOutOfService(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	first := hourly(t, s)
	must(t)(s.AddUnit(ctx, scheduler.Unit{ID: "later", Area: "liu1", Volume: 80, State: scheduler.UnitPlanned, Outputs: []wire.Output{wire.OutputSound}}))
	must(t)(s.RemoveUnit(ctx, "liu1-2"))
	for unit, want := range map[string]int{"liu1-1": 2, "later": 0, "liu1-2": 0} {
		got, err := s.Proof(ctx, AsRunFilter{Unit: unit, Output: wire.OutputSound, From: first, To: first.Add(2 * time.Hour)}, first.Add(3*time.Hour))
		if err != nil || len(got) != want {
			t.Errorf("%s: %d lines, want %d, %v", unit, len(got), want, err)
		}
	}
	got, err := s.Proof(ctx, AsRunFilter{Unit: "liu1-1", Output: wire.OutputSound, From: first.Add(-24 * time.Hour), To: first.Add(time.Minute)}, first.Add(time.Hour))
	if err != nil || len(got) != 1 {
		t.Errorf("of the day before it was installed: %+v, %v", got, err)
	}
}

func TestProofExpectsWhatWasReleasedThen(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	first := hourly(t, s)
	must(t)(s.Withdraw(ctx, "a"))
	got, err := s.Proof(ctx, AsRunFilter{Area: "liu1", From: first, To: first.Add(5 * time.Hour)}, first.Add(6*time.Hour))
	if err != nil || len(got) != 0 {
		t.Errorf("expected after the withdrawal: %+v, %v", got, err)
	}
}

func TestTimetableShowsADraftBeforeItsRelease(t *testing.T) {
	s := county(t)
	ctx := t.Context()
	release(t, s, loop("a", "qinghe"))
	p := loop("b", "liu1")
	p.Rule = wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00"}}
	must(t)(s.PutDraft(ctx, p))
	zone, _ := time.LoadLocation("Asia/Shanghai")
	y, m, d := time.Now().In(zone).AddDate(0, 0, 1).Date()
	from := time.Date(y, m, d, 6, 0, 0, 0, zone)
	ask := func(draft string) []scheduler.Timetable {
		out, err := s.Timetable(ctx, TimetableQuery{Area: "liushu", From: from, To: from.Add(2 * time.Hour), Draft: draft})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	names := func(tt scheduler.Timetable) (out []string) {
		for _, x := range tt.Stretches {
			if x.Output == wire.OutputSound {
				out = append(out, x.Programme)
			}
		}
		return out
	}
	before := ask("")
	if len(before) != 2 || len(before[0].Units) != 2 || !slices.Equal(names(before[0]), []string{"a"}) {
		t.Errorf("without the draft: %+v", before)
	}
	with := ask("b")
	if len(with) != 2 || !slices.Equal(names(with[0]), []string{"a", "b", "a"}) || !slices.Equal(names(with[1]), []string{"a"}) {
		t.Errorf("with the draft: %v", with)
	}
	if with[0].Stretches[0].Reason.Text("en") == "" {
		t.Error("a stretch without a reason")
	}
	_, err := s.Timetable(ctx, TimetableQuery{Unit: "liu1-1", From: from, To: from})
	wantKind(t, err, scheduler.Invalid, "to")
}
