package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

var noon = time.UnixMilli(1_800_000_000_000)

// conditions are the codes of those that stand.
func conditions(p Presence) (codes []string) {
	for _, c := range p.AllConditions() {
		codes = append(codes, c.Code)
	}
	return codes
}

func TestTwoDevicesWithOneIdentity(t *testing.T) {
	for _, bySession := range []bool{false, true} { // two cards, or one card copied
		now := noon
		var p Presence
		session := uint64(0)
		born := func(boot string) {
			session++
			spool := boot
			if bySession {
				spool = "copied"
			}
			p, _ = p.Born(wire.Birth{Unit: "u", Spool: spool, Session: session, Boot: boot}, now)
			now = now.Add(time.Second)
		}
		twins := func() bool { return slices.Contains(conditions(p), ConditionTwins) }
		born("a")
		born("a") // only the link broke
		born("b")
		born("c")
		if twins() {
			t.Error("a device that starts again is taken for two")
		}
		p, _ = p.Gone(wire.Will{Unit: "u", Session: session}, now) // the broker throws one out for the other
		born("a")
		born("c")
		if !twins() {
			t.Error("two alternating boot ids are not seen")
		}
		began := p.Twins
		for range 20 { // they go on throwing each other out
			now = now.Add(time.Minute)
			born("a")
			born("c")
		}
		if p = p.calmed(now); !twins() || !p.Twins.Equal(began) {
			t.Errorf("they go on, and it says since %v, began %v", p.Twins, began)
		}
		if p = p.calmed(now.Add(9 * time.Minute)); !twins() {
			t.Error("over before its time")
		}
		if p = p.calmed(now.Add(11 * time.Minute)); twins() {
			t.Error("one of them was taken away, and it does not clear itself")
		}
	}
}

// TestStragglersOfAReplacedDevice sends late words of the device before: they
// must not pass for a newer session of the one that is there now.
func TestStragglersOfAReplacedDevice(t *testing.T) {
	var p Presence
	p, _ = p.Born(wire.Birth{Unit: "u", Spool: "old", Session: 500, Boot: "a"}, noon)
	p, _ = p.Born(wire.Birth{Unit: "u", Spool: "new", Session: 1, Boot: "b"}, noon.Add(time.Second))
	if _, counts := p.Beat(wire.Heartbeat{Unit: "u", Session: 500, Boot: "a"}, noon.Add(2*time.Second)); counts {
		t.Error("a late heartbeat of the old device counts")
	}
	if _, counts := p.Gone(wire.Will{Unit: "u", Session: 500}, noon.Add(3*time.Second)); counts {
		t.Error("a late will of the old device counts")
	}
	if q, counts := p.Beat(wire.Heartbeat{Unit: "u", Session: 2, Boot: "b"}, noon.Add(4*time.Second)); !counts || q.Session != 2 {
		t.Error("a session whose birth was lost is not taken")
	}
}

// TestOnlyTheUnitsOwnWordsMoveLastSeen (R6): neither wills, nor what it holds,
// which another part of the agent says although the playing loop hangs.
func TestOnlyTheUnitsOwnWordsMoveLastSeen(t *testing.T) {
	var p Presence
	p, _ = p.Born(wire.Birth{Unit: "u", Spool: "s", Session: 1, Boot: "a"}, noon)
	later := noon.Add(30 * time.Second)
	held, _ := p.Holds(wire.Have{Unit: "u", Session: 1}, later)
	gone, _ := p.Gone(wire.Will{Unit: "u", Session: 1}, later)
	_, stale := p.Beat(wire.Heartbeat{Unit: "u", Session: 0, Boot: "a"}, later)
	if !held.LastSeen.Equal(noon) || held.Have == nil || !gone.LastSeen.Equal(noon) || stale {
		t.Errorf("held %v, gone %v, an old session counts: %v", held.LastSeen, gone.LastSeen, stale)
	}
	off := p.offline(CauseHeartbeat, later)
	if q, _ := off.Holds(wire.Have{Unit: "u", Session: 1}, later); q.Online {
		t.Error("a hung unit is brought back by what it holds")
	}
	if q, _ := off.Beat(wire.Heartbeat{Unit: "u", Session: 1, Boot: "a"}, later); !q.Online || !q.LastSeen.Equal(later) {
		t.Error("a heartbeat does not bring it back")
	}
}

// TestAThousandReconnects (R5): births, wills late by up to a minute, and lost
// wills, in any order that a broker may deliver; the centre is right 2 s after
// each change, or, where no will came, once the heartbeats are missed.
func TestAThousandReconnects(t *testing.T) {
	for seed := range uint64(200) {
		if wrong := wrongAfterReconnects(seed); wrong != 0 {
			t.Errorf("seed %d: wrong %d times", seed, wrong)
		}
	}
}

func wrongAfterReconnects(seed uint64) (wrong int) {
	r := rand.New(rand.NewPCG(seed, 1))
	var p Presence
	scene := Scene{Unit: Unit{ID: "u", State: UnitInstalled}, Watch: Watch{Since: noon.Add(-time.Hour)}}
	type late struct {
		at   time.Time
		will wire.Will
	}
	var wills []late
	now := noon
	deliver := func(until time.Time) {
		slices.SortFunc(wills, func(a, b late) int { return a.at.Compare(b.at) })
		for len(wills) > 0 && !wills[0].at.After(until) {
			p, _ = p.Gone(wills[0].will, wills[0].at)
			wills = wills[1:]
		}
		p = Judge(p, scene, until).Presence
		now = until
	}
	spool, session := "s0", uint64(0)
	for n := range 1000 {
		if session++; r.IntN(50) == 0 { // a new card: to put it in takes longer than a will
			deliver(now.Add(time.Minute))
			spool, session = fmt.Sprint("s", n), 1
		}
		p, _ = p.Born(wire.Birth{Unit: "u", Spool: spool, Session: session, Boot: fmt.Sprint("b", n/3)}, now)
		deliver(now.Add(2 * time.Second))
		if !p.Online {
			wrong++
		}
		for range r.IntN(5) {
			deliver(now.Add(15 * time.Second))
			p, _ = p.Beat(wire.Heartbeat{Unit: "u", Session: session, Boot: p.Boot}, now)
			if !p.Online {
				wrong++
			}
		}
		// It goes. The will comes at once, or so late that the next session is
		// there, or never.
		will := wire.Will{Unit: "u", Session: session}
		switch r.IntN(3) {
		case 0:
			wills = append(wills, late{now.Add(time.Second), will})
			deliver(now.Add(2 * time.Second))
			if p.Online {
				wrong++
			}
		case 1:
			wills = append(wills, late{now.Add(time.Duration(r.IntN(60_000)) * time.Millisecond), will})
		}
		if r.IntN(4) == 0 {
			deliver(now.Add(OfflineAfter))
			if p.Online {
				wrong++
			}
		}
		deliver(now.Add(time.Duration(r.IntN(5_000)) * time.Millisecond))
	}
	return wrong
}

// TestFlappingIsOneCondition lets a unit come and go fifty times: a few outages,
// then one condition with a count, which ends by itself.
func TestFlappingIsOneCondition(t *testing.T) {
	var p Presence
	var open []Outage
	opened := 0
	now, session := noon, uint64(0)
	scene := Scene{Unit: Unit{ID: "u", State: UnitInstalled}, Watch: Watch{Since: noon.Add(-time.Hour)}}
	judge := func() {
		scene.Open = open
		j := Judge(p, scene, now)
		p, opened = j.Presence, opened+len(j.Opened)
		open = append(open, j.Opened...)
		if len(j.Closed) > 0 {
			open = nil
		}
	}
	back := func() {
		session++
		p, _ = p.Born(wire.Birth{Unit: "u", Spool: "s", Session: session, Boot: "b"}, now)
	}
	for range 50 { // away for 60 s, there for 30 s
		back()
		judge()
		now = now.Add(30 * time.Second)
		p, _ = p.Gone(wire.Will{Unit: "u", Session: session}, now)
		for range 6 {
			now = now.Add(10 * time.Second)
			judge()
		}
	}
	if opened > FlapFalls-1 {
		t.Errorf("%d outages of a unit that flaps", opened)
	}
	if c := p.AllConditions(); len(c) != 1 || c[0].Code != ConditionFlapping || c[0].Text != "offline 50 times" {
		t.Errorf("conditions %+v", c)
	}
	before := opened
	now = now.Add(FlapOutage)
	if judge(); opened != before+1 {
		t.Error("a flapping unit that stays away has no outage")
	}
	back()
	judge()
	for now = now.Add(15 * time.Second); len(conditions(p)) > 0; now = now.Add(15 * time.Second) {
		p, _ = p.Beat(wire.Heartbeat{Unit: "u", Session: session, Boot: "b"}, now)
		if judge(); now.Sub(noon) > 4*time.Hour {
			t.Fatal("it does not end by itself")
		}
	}
	if since := now.Sub(p.Since); since < 20*time.Minute || since > FlapWindow {
		t.Errorf("it ends %v after its return", since)
	}
}

func TestSilenceIsJudgedByTheUnitsOwnWord(t *testing.T) {
	unit := Unit{ID: "u", State: UnitInstalled, Outputs: []wire.Output{wire.OutputSound}}
	scene := Scene{Unit: unit, Watch: Watch{Since: noon.Add(-time.Hour)}, Due: &Due{From: noon, Title: "news"}}
	playing := []wire.OnAir{{Output: wire.OutputSound, Programme: "news"}}
	var p Presence
	p, _ = p.Born(wire.Birth{Unit: "u", Spool: "s", Session: 1, Boot: "a"}, noon.Add(-time.Minute))
	now := noon
	beat := func(on []wire.OnAir, issues ...wire.Condition) Judged {
		now = now.Add(15 * time.Second)
		p, _ = p.Beat(wire.Heartbeat{Unit: "u", Session: 1, Boot: "a", OnAir: on, Issues: issues}, now)
		j := Judge(p, scene, now)
		p = j.Presence
		scene.Open = slices.DeleteFunc(append(scene.Open, j.Opened...), func(o Outage) bool { return len(j.Closed) > 0 })
		return j
	}
	for range 4 {
		if j := beat(nil); len(j.Opened) != 0 {
			t.Fatalf("silent %v after it is due", now.Sub(noon))
		}
	}
	j := beat(nil)
	if len(j.Opened) != 1 || j.Opened[0].Kind != Silent || j.Opened[0].Cause != CauseNotPlayed || !j.Opened[0].From.Equal(noon) {
		t.Fatalf("what is due does not play: %+v", j.Opened)
	}
	if j = beat(playing); len(j.Closed) != 1 || !j.Closed[0].To.Equal(now) {
		t.Errorf("it plays again: %+v", j.Closed)
	}
	// It says that it plays, and that its output is lost: it is silent from then.
	lost := wire.Condition{Code: "output-lost", Since: now.Add(5 * time.Second).UnixMilli()}
	if j = beat(playing, lost); len(j.Opened) != 1 || j.Opened[0].Cause != CauseNoSound || j.Opened[0].From.UnixMilli() != lost.Since {
		t.Errorf("the output is lost: %+v", j.Opened)
	}
	// While it is silent it vanishes: silent ends where the unit was last heard,
	// unreachable begins there.
	heard := now
	now = now.Add(45 * time.Second)
	j = Judge(p, scene, now)
	if len(j.Closed) != 1 || !j.Closed[0].To.Equal(heard) || len(j.Opened) != 1 || j.Opened[0].Kind != Unreachable || !j.Opened[0].From.Equal(heard) {
		t.Errorf("closed %+v, opened %+v", j.Closed, j.Opened)
	}
	scene.Due = nil
	p, _ = p.Beat(wire.Heartbeat{Unit: "u", Session: 1, Boot: "a"}, now)
	for range 10 {
		if j = beat(nil); len(j.Opened) != 0 {
			t.Errorf("silent although nothing is due: %+v", j.Opened)
		}
	}
}
