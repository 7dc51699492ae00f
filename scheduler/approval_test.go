package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func approvalTree() *Tree {
	return NewTree([]Area{{ID: "county", Name: "县"}, {ID: "town", Parent: "county", Name: "镇"}, {ID: "village", Parent: "town", Name: "村"}, {ID: "other", Parent: "county", Name: "另"}, {ID: "hill", Parent: "other", Name: "山"}})
}

func TestApprovalSteps(t *testing.T) {
	editor, admin := Actor{ID: "wang"}, TheAdmin(ViaFile)
	strict := []ApprovalRule{{Steps: 3}, {Villages: true, Steps: 1}, {Area: "town", Steps: 2}, {Area: "town", Level: "background"}, {Level: AnyWarning, Steps: 1}, {Area: "other", Level: "red"}, {Area: "village", Steps: 0}}
	for _, c := range []struct {
		rules  []ApprovalRule
		issuer string
		level  wire.Level
		by     Actor
		want   int
	}{
		{nil, "county", wire.LevelTimed, editor, 1},
		{nil, "town", wire.LevelBackground, editor, 1},
		{nil, "village", wire.LevelTimed, editor, 0},
		{nil, "county", wire.LevelRed, editor, 0},
		{nil, "county", wire.LevelTimed, admin, 0},
		{nil, "", wire.LevelTimed, editor, 1}, // an area that is gone is no village
		{[]ApprovalRule{{Steps: 0}}, "county", wire.LevelTimed, editor, 0},
		{strict, "county", wire.LevelTimed, admin, 3},
		{strict, "hill", wire.LevelTimed, editor, 1},
		{strict, "other", wire.LevelTimed, editor, 3},
		{strict, "town", wire.LevelTimed, editor, 2},
		{strict, "town", wire.LevelBackground, editor, 0},
		{strict, "village", wire.LevelTimed, editor, 0},
		{strict, "county", wire.LevelYellow, editor, 1},
		{strict, "village", wire.LevelRed, editor, 1},
		{strict, "hill", wire.LevelRed, editor, 0},
		{strict, "hill", wire.LevelBlue, editor, 1},
	} {
		if got := (County{Approval: c.rules}).Steps(approvalTree(), c.issuer, c.level, c.by); got != c.want {
			t.Errorf("%v: %s of %q by %s: %d steps, want %d", c.rules, c.level, c.issuer, c.by, got, c.want)
		}
	}
	for _, bad := range [][]ApprovalRule{{{Steps: 4}}, {{Level: "loud"}}, {{Level: AnyWarning, Steps: 2}}, {{Steps: 1}, {Steps: 2}}, {{Area: "No Area", Steps: 1}}} {
		if validateApproval(bad) == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// TestReviewNeverSkipsAStep lets random people do random things to a version.
// Whatever they try, what goes out has as many consents as it needs, each of
// another person who had no hand in it, and each to exactly what goes out.
func TestReviewNeverSkipsAStep(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 5))
		steps := r.IntN(MaxSteps + 1)
		people := []string{"a", "b", "c", "d", "e"}
		now := time.Unix(1_800_000_000, 0)
		content := 0
		hash := func() string { return fmt.Sprint("content ", content) }
		rev, err := Review{State: ProgrammeDraft}.Edit("a")
		if err != nil {
			t.Fatal(err)
		}
		edited, agreed := []string{"a"}, map[string][]string{} // the model: hands, and who agreed to what
		for step := range 60 {
			who, was := people[r.IntN(len(people))], rev
			now = now.Add(time.Duration(r.IntN(4)) * time.Second)
			what := r.IntN(6)
			switch what {
			case 0:
				if rev, err = rev.Edit(who); err == nil {
					content++
					edited = append(edited, who)
				}
			case 1:
				if rev, err = rev.Submit(who, hash(), steps); err == nil && (was.State != ProgrammeSubmitted || was.Hash != rev.Hash) {
					edited = append(edited, who)
					agreed[hash()] = nil
				}
			case 2:
				seen := hash()
				if r.IntN(4) == 0 {
					seen = fmt.Sprint("content ", r.IntN(content+1))
				}
				lender := ""
				if r.IntN(3) == 0 {
					lender = people[r.IntN(len(people))]
				}
				if rev, err = rev.Approve(Consent{Person: who, For: lender, At: now}, seen, hash(), ReleaseDelay); err == nil {
					agreed[seen] = append(agreed[seen], who)
				}
			case 3:
				if rev, err = rev.Return("why"); err == nil {
					agreed[hash()] = nil
				}
			case 4:
				if rev, err = rev.Undo(); err == nil && was.Steps > 0 {
					agreed[rev.Hash] = agreed[rev.Hash][:len(agreed[rev.Hash])-1]
				}
			case 5:
				rev, err = rev.Release(hash(), steps, now, ReleaseDelay)
			}
			if err != nil && fmt.Sprint(was) != fmt.Sprint(rev) {
				t.Fatalf("seed %d, step %d: refused (%v), and changed all the same: %+v, then %+v", seed, step, err, was, rev)
			}
			if rev.State != ProgrammeReleasing {
				continue
			}
			if rev.Hash != hash() || len(rev.Given) != steps {
				t.Fatalf("seed %d, step %d: %+v goes out with %d consents instead of %d, as %s", seed, step, rev, len(rev.Given), steps, hash())
			}
			gave := agreed[rev.Hash]
			slices.Sort(gave)
			if len(gave) != steps || len(slices.Compact(gave)) != steps {
				t.Fatalf("seed %d, step %d: agreed %v, needed %d", seed, step, gave, steps)
			}
			for _, c := range rev.Given {
				if slices.Contains(edited, c.Person) || slices.Contains(edited, c.For) {
					t.Fatalf("seed %d, step %d: %+v agreed to what they made: %v", seed, step, c, edited)
				}
			}
			if rev.Due(now) && now.Sub(rev.Effective) < 0 || !rev.Due(rev.Effective) || rev.Due(rev.Effective.Add(-1)) {
				t.Fatalf("seed %d: due at the wrong time: %+v", seed, rev)
			}
		}
	}
}

func TestContentHash(t *testing.T) {
	p := Programme{ID: "p", Version: 1, Issuer: "county", Level: wire.LevelTimed, Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00"}}}
	items := []wire.Item{{Title: "t", Sound: &wire.Sound{Hash: "ab", Frames: 1}, Text: &wire.Text{Body: "今天停水"}}}
	to := []wire.Address{"area/village"}
	want := p.ContentHash(items, to)
	again := p
	again.Version, again.Author, again.Rev, again.State = 7, "wang", 9, ProgrammeSubmitted
	if again.ContentHash(items, to) != want {
		t.Error("the hash depends on what does not go out")
	}
	for name, change := range map[string]func(p *Programme, items []wire.Item, to *[]wire.Address){
		"sound": func(_ *Programme, items []wire.Item, _ *[]wire.Address) {
			items[0].Sound = &wire.Sound{Hash: "ac", Frames: 1}
		},
		"text": func(_ *Programme, items []wire.Item, _ *[]wire.Address) {
			items[0].Text = &wire.Text{Body: "明天停水"}
		},
		"where":  func(_ *Programme, _ []wire.Item, to *[]wire.Address) { *to = append(*to, "area/other") },
		"when":   func(p *Programme, _ []wire.Item, _ *[]wire.Address) { p.Rule.Times = []wire.Clock{"07:01"} },
		"level":  func(p *Programme, _ []wire.Item, _ *[]wire.Address) { p.Level = wire.LevelLive },
		"volume": func(p *Programme, _ []wire.Item, _ *[]wire.Address) { p.Volume = 90 },
		"except": func(p *Programme, _ []wire.Item, _ *[]wire.Address) { p.Targets.Except = []string{"hill"} },
		"issuer": func(p *Programme, _ []wire.Item, _ *[]wire.Address) { p.Issuer = "town" },
	} {
		q, its, at := p, slices.Clone(items), slices.Clone(to)
		change(&q, its, &at)
		if q.ContentHash(its, at) == want {
			t.Errorf("another %s, and the same hash", name)
		}
	}
}
