package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestCentreLosesPowerAtAnyWrite takes the power from the centre 200 times, at a
// random write or sync of its database or at a random instant, while two units
// play and prove and an operator releases. What was acknowledged is there
// afterwards, every round is proved once, and both sides agree within a minute.
func TestCentreLosesPowerAtAnyWrite(t *testing.T) {
	t.Setenv("PATH", "")
	for _, seed := range agenttest.Seeds(t, 1, 20) {
		disk := &frailDisk{VFSFilename: vfs.Find("os").(vfs.VFSFilename), rnd: rand.New(rand.NewPCG(seed, 3))}
		layer := fmt.Sprint("app-frail-", seed)
		vfs.Register(layer, disk)
		inCountyOn(t, layer, func(t *testing.T, c *county) {
			s := &darkOffice{t: t, c: c, disk: disk, rnd: disk.rnd, stored: map[string]int{}}
			s.story(200)
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
		vfs.Unregister(layer)
	}
}

// darkOffice is a centre whose power goes again and again.
type darkOffice struct {
	t      *testing.T
	c      *county
	disk   *frailDisk
	rnd    *rand.Rand
	op     *client.Client
	stored map[string]int // programme → the newest version whose release was acknowledged
	units  []*station
}

func (s *darkOffice) story(cuts int) {
	c := s.c
	s.op = c.operator()
	for _, id := range []string{"one", "two"} {
		s.units = append(s.units, c.place(client.UnitSpec{ID: id, Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}))
	}
	playlist(s.t, s.op, "news", [2]string{upload(s.t, s.op, tone(s.t, s.t.TempDir(), "news", 440, 20), "news").ID, ""})
	release(s.t, s.op, spec("news", "00:00"))
	first := time.Now().Truncate(time.Minute).Add(2 * time.Minute)
	time.Sleep(2 * time.Minute)
	for n := 0; n < cuts && !s.t.Failed(); n++ {
		s.live(n)
	}
	time.Sleep(90 * time.Second)
	s.agree("at the end")
	s.judge(first, time.Now().Add(-time.Minute))
}

// spec is a programme of every minute. One that begins in the night is only to
// be released.
func spec(id, from wire.Clock) client.ProgrammeSpec {
	return client.ProgrammeSpec{ID: string(id), Title: string(id), Playlist: "news", Targets: client.Targets{Areas: []string{"county"}}, Rule: wire.Rule{
		Kind: wire.RuleEvery, Every: 1, Window: &wire.Window{From: from, To: "23:59"}, Until: "2027-01-01T00:00:00"}}
}

// live is one time under power, with what an operator does in it, and the
// darkness after it. The units have power all the while.
func (s *darkOffice) live(n int) {
	dark := make(chan struct{})
	limit := time.Duration(s.rnd.IntN(40)) * time.Second
	if s.rnd.IntN(4) == 0 {
		limit += time.Minute
	}
	changes := s.rnd.IntN(60)
	if s.rnd.IntN(5) == 0 {
		changes = 1 << 30 // at an instant, not at a write
	}
	s.disk.cutAfter(1+changes, func() { close(dark) })
	ctx, cancel := context.WithCancel(s.t.Context())
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		for i := 0; ctx.Err() == nil && i < 1+n%3; i++ {
			id := fmt.Sprint("p", s.rnd.IntN(3))
			p := spec(wire.Clock(id), "23:58")
			p.Title = fmt.Sprintf("%s of life %d, %d", id, n, i)
			if _, err := s.op.PutProgramme(ctx, p); err == nil {
				if r, err := s.op.Release(ctx, id, true); err == nil {
					s.stored[id] = r.Programme.Version
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(7 * time.Second):
			}
		}
	}()
	end := time.NewTimer(limit)
	select {
	case <-dark:
	case <-end.C:
		if limit > time.Minute {
			s.agree(fmt.Sprintf("in life %d", n))
		}
		s.disk.cut()
	}
	cancel()
	<-acted
	_ = s.c.app.Stop() // it complains of the disk
	if err := s.disk.mend(); err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(time.Duration(s.rnd.IntN(30_000)) * time.Millisecond)
	s.c.start()
	s.op = s.c.operator()
	for id, version := range s.stored {
		if p, err := s.op.Programme(s.t.Context(), id, version); err != nil || p.State != "released" && p.State != "superseded" {
			s.t.Errorf("after cut %d version %d of %s, whose release was acknowledged, is %q: %v", n, version, id, p.State, err)
		}
	}
}

// agree wants units and centre to be of one mind.
func (s *darkOffice) agree(when string) {
	s.t.Helper()
	for _, u := range s.units {
		if !s.c.online(u.unit) {
			s.t.Errorf("%s: %s is not online a minute after the power came back", when, u.unit)
		}
	}
	st, err := s.op.Status(s.t.Context())
	if err != nil || st.Pending > 0 || st.Refused > 0 {
		s.t.Errorf("%s: %d units do not hold the newest, %d refuse something, %v", when, st.Pending, st.Refused, err)
	}
}

// judge wants every round of every unit proved once.
func (s *darkOffice) judge(from, to time.Time) {
	rounds := 0
	for _, u := range s.units {
		sum := map[int64]int64{}
		for _, a := range s.c.asruns(u.unit) {
			for _, r := range a.Rounds {
				if a.Programme == "news" {
					sum[r.Start] += r.Frames
				}
			}
		}
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			rounds++
			if n := sum[m.UnixMilli()]; n != 20*wire.Rate {
				s.t.Errorf("%s: the round of %v is proved with %d frames of %d", u.unit, m.UTC(), n, 20*wire.Rate)
			}
		}
	}
	s.t.Logf("%d rounds are proved once each", rounds)
}
