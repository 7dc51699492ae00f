package app_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// looseCard is a unit that plays without a pause on both outputs, and whose
// memory card goes out of its slot and comes back, with the power on or off.
type looseCard struct {
	*station
	t      *testing.T
	c      *county
	rnd    *rand.Rand
	line   *faultnet.Line
	lives  []cardLife
	before time.Time // when the power came on, or the process began
	card   bool      // whether there was a card then
}

// cardLife is one time under power: from, to, and whether its process had a card
// from the start, without which it has no recordings.
type cardLife struct {
	from, to time.Time
	card     bool
}

// TestACardThatGoesAndComesBack: what plays while the card is gone is proved by
// the memory, at once; the card comes back with old words on it, in the same
// life or after a power cut. Every moment is proved once, and none in which the
// unit played is called off.
func TestACardThatGoesAndComesBack(t *testing.T) {
	for _, seed := range agenttest.Seeds(t, 1, 10) {
		inCounty(t, func(t *testing.T, c *county) {
			op := c.operator()
			text, err := op.AddText(t.Context(), client.TextSpec{Text: "今日节目", Stay: 30})
			if err != nil {
				t.Fatal(err)
			}
			s := &looseCard{t: t, c: c, rnd: rand.New(rand.NewPCG(seed, 4))}
			s.line = faultnet.New(func(ctx context.Context) (net.Conn, error) { return c.reach(ctx, mqttAddress) })
			s.station = c.placeOn(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}}, func(o *agent.Options) {
				o.Board.Chip, o.Dial = true, s.line.Dial
			})
			playlist(t, op, "day", [2]string{upload(t, op, tone(t, t.TempDir(), "song", 440, 30), "song").ID, text.ID})
			release(t, op, client.ProgrammeSpec{ID: "day", Playlist: "day", Targets: client.Targets{Areas: []string{"county"}}, Rule: wire.Rule{
				Kind: wire.RuleLoop, Window: &wire.Window{From: "08:02", To: "21:00"}, Until: "2027-01-01T00:00:00"}})
			time.Sleep(time.Until(dawn.Add(5 * time.Minute)))
			s.before, s.card = time.Now(), true
			for n := 0; n < 15 && !t.Failed(); n++ {
				s.happen(n % 5)
			}
			s.wait(2, 3)
			s.dark()
			s.light(true)
			s.wait(2, 3)
			s.judge()
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}

// happen is one way in which a card can go and come back.
func (s *looseCard) happen(how int) {
	s.wait(1, 20)
	s.disk.Unplug(true)
	s.wait(0, 20)
	switch how {
	case 0: // it comes back, and all is well
		s.disk.Unplug(false)
	case 1: // and the power goes before or after the next mark
		s.disk.Unplug(false)
		s.wait(0, 2)
		s.dark()
		s.light(true)
	case 2: // the power goes first
		s.dark()
		s.light(true)
	case 3: // and comes back before the card does
		s.dark()
		s.light(false)
		s.wait(0, 20)
		s.back()
	case 4: // and goes once more
		s.dark()
		s.light(false)
		s.wait(0, 20)
		s.dark()
		s.light(true)
	}
}

// wait lets some minutes pass, or part of one.
func (s *looseCard) wait(from, to int) {
	time.Sleep(time.Duration(from)*time.Minute + time.Duration(s.rnd.Int64N(int64(to-from)*int64(time.Minute))))
}

// dark takes the power, light gives it back after a while, with the card or without.
func (s *looseCard) dark() {
	s.lives = append(s.lives, cardLife{s.before, time.Now(), s.card})
	s.line.Refuse(errors.New("no power"))
	s.line.Cut()
	after := s.disk.CutRandom(s.rnd)
	s.off(s.t)
	s.disk = after
	time.Sleep(time.Duration(5+s.rnd.IntN(120)) * time.Second)
}

func (s *looseCard) light(card bool) {
	s.disk.Unplug(!card)
	s.card = card
	s.line.Refuse(nil)
	s.before = time.Now()
	s.c.switchOn(s.station)
}

// back puts the card into a unit that was started without: it ends by itself to
// be started anew.
func (s *looseCard) back() {
	s.disk.Unplug(false)
	if err := <-s.ended; !errors.Is(err, agent.ErrRestart) {
		s.t.Errorf("the card is back, and the agent ends with %v", err)
	}
	s.ended = nil
	s.lives = append(s.lives, cardLife{s.before, time.Now(), false})
	s.light(true)
}

// judge holds what the centre has against the lives.
func (s *looseCard) judge() {
	offs, err := s.c.app.Store().Offs(s.t.Context(), store.AsRunFilter{Unit: "horn"})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, output := range []wire.Output{wire.OutputSound, wire.OutputScreen} {
		runs := slices.DeleteFunc(s.c.asruns("horn"), func(a scheduler.AsRun) bool { return a.Output != output })
		for i := 1; i < len(runs); i++ {
			if runs[i].From < runs[i-1].To-20-player.FadeTime.Milliseconds() {
				s.t.Errorf("proved twice:\n%+v\n%+v", runs[i-1].AsRun, runs[i].AsRun)
			}
		}
		for _, a := range runs {
			for _, o := range offs {
				if both := min(a.To, o.To) - max(a.From, o.From); both > 20 {
					s.t.Errorf("%d ms are proved and called off: %+v, %+v", both, a.AsRun, o)
				}
			}
		}
		for i, l := range s.lives {
			if output == wire.OutputSound && !l.card {
				continue
			}
			from, to, covered := l.from.UnixMilli(), l.to.UnixMilli(), int64(0)
			for _, a := range runs {
				covered += max(0, min(a.To, to)-max(a.From, from))
			}
			// Of a life that ends in a power cut the last minute may be missing.
			if lost := to - from - covered; lost > 64_000 {
				s.t.Errorf("life %d of %s, %v to %v: %d ms are not proved", i, output, l.from, l.to, lost)
			}
		}
	}
}
