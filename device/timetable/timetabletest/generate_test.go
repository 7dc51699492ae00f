package timetabletest

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

func TestGenerateIsValidAndRepeats(t *testing.T) {
	for seed := range uint64(2000) {
		s := Generate(rand.New(rand.NewPCG(seed, 1)), Options{})
		for _, b := range s.Bulletins {
			if err := b.Validate(); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, b.Address, err)
			}
		}
		for _, o := range s.Orders {
			if err := o.Validate(); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, o.Address, err)
			}
		}
		if again := Generate(rand.New(rand.NewPCG(seed, 1)), Options{}); !reflect.DeepEqual(s, again) {
			t.Fatalf("seed %d: two scenarios", seed)
		}
	}
}

// TestScenariosAreAboutEverything counts what the scenarios of the comparison hold:
// it proves nothing of what none of them meets.
func TestScenariosAreAboutEverything(t *testing.T) {
	met := map[string]int{}
	meet := func(what string, yes bool) {
		if yes {
			met[what]++
		} else {
			met[what] += 0
		}
	}
	for seed := uint64(1); seed <= scenarios; seed++ {
		s := Generate(rand.New(rand.NewPCG(seed, 2)), optionsOf(seed))
		zone, err := time.LoadLocation(s.Bulletins[0].County.Zone)
		if err != nil {
			t.Fatal(err)
		}
		from, to := s.From.In(zone), s.To.Add(-time.Second).In(zone)
		_, before := from.Zone()
		_, after := to.Zone()
		meet("the clock goes forward", after > before)
		meet("the clock goes back", after < before)
		meet("the clock goes by half an hour", max(after-before, before-after) == 1800)
		meet("midnight", from.YearDay() != to.YearDay())
		meet("the end of a month", from.Month() != to.Month())
		meet("the end of a year", from.Year() != to.Year())
		meet("the leap day", from.Month() == time.February && from.Day() == 29 || to.Month() == time.February && to.Day() == 29)
		meet("more than a day", to.Sub(from) > 24*time.Hour)
		county, unit := s.Bulletins[0].County, s.Bulletins[3].Settings
		meet("quiet hours", len(county.Quiet) > 0)
		meet("dark hours", len(county.Dark) > 0)
		meet("a volume cap", len(county.Caps) > 0)
		meet("several words of the centre", len(s.Heard) > 1)
		meet("a unit's quiet hours", len(unit.Quiet) > 0)
		for _, b := range s.Bulletins {
			for _, p := range b.Programmes {
				meetProgramme(meet, p)
			}
		}
		for _, o := range s.Orders {
			meet("a warning", len(o.Interrupts) > 0)
			meet("a mute", len(o.Mutes) > 0)
			meet("something stopped", len(o.Barred) > 0)
			meet("an account that was closed", len(o.Locked) > 0)
			for _, e := range o.Exceptions {
				meet("an exception", true)
				meet("an exception of a time of day", e.Window != nil)
				meet("an exception with levels of its own", len(e.Loud) > 0)
			}
			for _, i := range o.Interrupts {
				meet("a warning that does not break quiet hours", !slices.Contains(county.Loud, i.Level) && len(county.Quiet)+len(unit.Quiet) > 0)
				meet("a warning above its issuer's level", (&world{county: *county, settings: *unit}).tooHigh(i))
			}
		}
	}
	for what, n := range met {
		if n < 20 {
			t.Errorf("%d scenarios of %d are about %s: too few", n, scenarios, what)
		}
	}
	t.Logf("%v", met)
}

func meetProgramme(meet func(string, bool), p wire.Programme) {
	r := p.Rule
	for _, kind := range []wire.RuleKind{wire.RuleLoop, wire.RuleEvery, wire.RuleAt, wire.RuleOnce} {
		meet("rule "+string(kind), r.Kind == kind)
		for _, cut := range []string{wire.CutRejoin, wire.CutResume, wire.CutSkip} {
			meet(string(kind)+" and "+cut, r.Kind == kind && p.OnCut == cut)
		}
	}
	meet("a window over midnight", r.Window != nil && r.Window.From > r.Window.To)
	meet("cron times", r.Kind == wire.RuleAt && r.Cron != "")
	meet("cron days", r.Kind != wire.RuleAt && r.Cron != "")
	meet("weekdays", len(r.Days) > 0)
	meet("excluded dates", len(r.Skip) > 0)
	meet("a calendar's days", len(r.On) > 0)
	meet("all but a calendar's days", len(r.Off) > 0)
	meet("an end of validity", r.Until != "")
	meet("a short pause", r.Pause > 0 && r.Pause <= 60)
	meet("a long pause", r.Pause > 60)
	meet("a chain of rounds", r.Rounds > 1)
	meet("skipped when blocked", p.OnBlock == wire.BlockSkip)
	meet("a maximum play time", p.MaxPlay > 0)
	meet("a place left out", len(p.Except) > 0)
	meet("silent without the centre", p.SilentAfter > 0)
	meet("an item for one output alone", slices.ContainsFunc(p.Items, func(i wire.Item) bool { return i.Sound == nil }) &&
		slices.ContainsFunc(p.Items, func(i wire.Item) bool { return i.Sound != nil }))
}
