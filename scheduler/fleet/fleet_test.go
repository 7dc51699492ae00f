package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

var (
	county  = wire.AreaAddress("county")
	village = wire.AreaAddress("liushu")
)

func bulletin(a wire.Address) fleet.Target { return fleet.Target{Address: a, Kind: wire.KindBulletin} }
func orders(a wire.Address) fleet.Target   { return fleet.Target{Address: a, Kind: wire.KindOrders} }

// bulletins opens what a unit heard, as a unit does, and returns the content.
func bulletins(w *world, u *unit, a wire.Address) []string {
	w.t.Helper()
	rings := u.heard(wire.KeysTopic)
	if len(rings) == 0 {
		w.t.Fatal("the unit never heard a key ring")
	}
	ring, err := wire.OpenKeyRing(rings[len(rings)-1], w.keys.Root())
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, p := range u.heard(wire.BulletinTopic(a)) {
		b, err := wire.OpenBulletin(p, a, ring, w.keys.Root())
		if err != nil {
			w.t.Error(err)
		}
		for title := range b.Calendars {
			list = append(list, title)
		}
	}
	return list
}

func TestAChangeIsOnePublishForEachAddress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		w.book.change("a", bulletin(county), bulletin(village))
		time.Sleep(500 * time.Millisecond)
		w.book.change("b", bulletin(county)) // within the second: one publish
		time.Sleep(3 * time.Second)
		if got := w.fleet.Counters(); got.Published != 2 || got.Sealed != 2 {
			t.Errorf("%d publishes of %d sealed snapshots for two addresses, want 2 of 2", got.Published, got.Sealed)
		}
		if got := bulletins(w, u, county); !slices.Equal(got, []string{"b"}) {
			t.Errorf("the unit heard the county's bulletins %q, want the newest once", got)
		}
		late := w.unit("u2", 1) // retained
		defer late.bye()
		time.Sleep(time.Second)
		if got := bulletins(w, late, village); !slices.Equal(got, []string{"a"}) {
			t.Errorf("a unit that comes later heard %q", got)
		}
	})
}

func TestOrdersGoAtOnceAndBulletinsGather(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		synctest.Wait() // the broker looks for retained messages after it confirmed the subscription, and may find what comes now twice
		w.book.change("x", bulletin(village), orders(village))
		synctest.Wait()
		if n := len(u.heard(wire.OrdersTopic(village))); n != 1 {
			t.Errorf("%d orders heard without delay, want 1", n)
		}
		if n := len(u.heard(wire.BulletinTopic(village))); n != 0 {
			t.Error("a bulletin went before its second was over")
		}
		time.Sleep(1100 * time.Millisecond)
		if n := len(u.heard(wire.BulletinTopic(village))); n != 1 {
			t.Errorf("%d bulletins heard after a second, want 1", n)
		}
	})
}

func TestOneThatCannotBeSealedHoldsNothingUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.tooBig = county
		w.book.change("x", bulletin(county), bulletin(village))
		time.Sleep(5 * time.Second)
		if got := w.fleet.Counters().Published; got != 1 {
			t.Errorf("%d published, want the village's alone", got)
		}
		w.book.mu.Lock()
		notes := slices.Clone(w.book.notes)
		w.book.tooBig = ""
		w.book.mu.Unlock()
		if len(notes) != 1 || !strings.Contains(notes[0], "bulletin of area/county cannot be sent") {
			t.Errorf("notes %q, want one that names the county's bulletin", notes)
		}
		time.Sleep(time.Minute)
		if got := w.fleet.Counters().Published; got != 2 {
			t.Errorf("%d published a minute after it could be sealed, want 2", got)
		}
	})
}

func TestAnEmptyBrokerIsFilledAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.change("x", bulletin(county), bulletin(village), orders(village))
		time.Sleep(3 * time.Second)
		w.stopBroker()
		time.Sleep(20 * time.Second)
		w.book.change("y", bulletin(village)) // while there is no link
		time.Sleep(2 * time.Second)
		w.startBroker()
		time.Sleep(30 * time.Second)
		if !w.fleet.Up() {
			t.Fatal("no link 30 s after the broker came back")
		}
		if got := w.fleet.Counters(); got.Refilled != 2 || got.Published != 6 || got.Links != 2 {
			t.Errorf("counters %+v, want 3 publishes, then 3 more of which 2 refilled, over 2 links", got)
		}
		u := w.unit("u1", 1)
		defer u.bye()
		time.Sleep(time.Second)
		if got := bulletins(w, u, village); !slices.Equal(got, []string{"y"}) {
			t.Errorf("from the broker that was empty a unit hears %q", got)
		}
		if got := bulletins(w, u, county); !slices.Equal(got, []string{"x"}) {
			t.Errorf("from the broker that was empty a unit hears %q", got)
		}
	})
}

func TestABrokerThatKeptItsMemoryIsNotFilled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.book.change("x", bulletin(county), bulletin(village))
		time.Sleep(3 * time.Second)
		w.broker.Kick("centre")
		time.Sleep(30 * time.Second)
		if got := w.fleet.Counters(); got.Links != 2 || got.Published != 2 {
			t.Errorf("counters %+v, want 2 links and no further publish", got)
		}
		w.book.mu.Lock()
		defer w.book.mu.Unlock()
		if len(w.book.links) != 3 || !strings.HasPrefix(w.book.links[1], "false connection lost") {
			t.Errorf("links %q, want up, down with its reason, up", w.book.links)
		}
	})
}

func TestTheCentreSaysThatItIsThere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		time.Sleep(time.Second)
		last := func() wire.Centre {
			states := u.heard(wire.CentreTopic)
			if len(states) == 0 {
				t.Fatal("the unit never heard of the centre")
			}
			c, err := wire.Decode[wire.Centre](states[len(states)-1])
			if err != nil {
				t.Error(err)
			}
			return c
		}
		if !last().Online {
			t.Error("a unit hears that the centre is gone while it is there")
		}
		w.stop()
		synctest.Wait()
		if last().Online {
			t.Error("the centre has stopped, and a unit does not hear it")
		}
		w.startFleet()
		time.Sleep(time.Second)
		if !last().Online {
			t.Error("the centre is back, and a unit does not hear it")
		}
	})
}

func TestANewRingGoesOut(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		if err := w.keys.Rotate("", time.Now()); err != nil {
			t.Fatal(err)
		}
		w.fleet.Poke()
		time.Sleep(time.Second)
		rings := u.heard(wire.KeysTopic)
		if len(rings) != 2 || string(rings[1]) != string(w.keys.Ring()) {
			t.Errorf("%d rings heard, want the old and the new one", len(rings))
		}
	})
}

func TestPresenceIsTakenInOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 7)
		u.says(wire.ChannelBirth, birth("u1", 7))
		u.says(wire.ChannelHave, wire.Have{Unit: "u1", Session: 7, Assets: 3, Ready: 1})
		u.says(wire.ChannelHeartbeat, beat("u1", 7))
		time.Sleep(time.Second)
		u.says(wire.ChannelOnAir, wire.OnAirReport{Unit: "u1", Session: 7, At: 1, OnAir: []wire.OnAir{{Output: wire.OutputSound}}})
		time.Sleep(time.Second) // the broker's hook is faster than a message on its way
		u.conn.Close()
		time.Sleep(time.Second)
		again := w.unit("u1", 8)
		defer again.bye()
		again.says(wire.ChannelBirth, birth("u1", 8))
		time.Sleep(time.Second)
		got := w.book.said()
		// The will is told twice, by the broker's hook and as a message.
		got = slices.Compact(got)
		want := []string{"u1 born 7", "u1 has 1 of 3", "u1 beat 7", "u1 on air 7: 1", "u1 gone 7", "u1 born 8"}
		slices.Sort(got[1:3]) // what it has may share a transaction with others
		slices.Sort(want[1:3])
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestReportsAreAcknowledgedOnlyAfterTheCommit(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		stored := func() (seqs []uint64) {
			for _, p := range u.heard(wire.StoredTopic("u1")) {
				var s wire.Stored
				if err := json.Unmarshal(p, &s); err != nil || s.Spool != "s-u1" {
					t.Errorf("stored: %s (%v)", p, err)
				}
				seqs = append(seqs, s.Seq)
			}
			return seqs
		}
		set := func(err error) {
			w.book.mu.Lock()
			defer w.book.mu.Unlock()
			w.book.fail = err
		}
		set(errors.New("the disk is full"))
		u.says(wire.ChannelReport, report("u1", 1, 2))
		time.Sleep(10 * time.Second)
		if got := stored(); got != nil {
			t.Errorf("acknowledged up to %v what was not committed", got)
		}
		set(nil)
		u.says(wire.ChannelReport, report("u1", 1, 2)) // the unit sends again
		time.Sleep(time.Second)
		u.says(wire.ChannelReport, report("u1", 1, 2)) // and once too often
		time.Sleep(time.Second)
		if got := stored(); !slices.Equal(got, []uint64{2, 2}) {
			t.Errorf("acknowledged %v, want up to 2, twice", got)
		}
		if len(w.book.reported) != 2 {
			t.Errorf("%d entries kept, want 2", len(w.book.reported))
		}
	})
}

func TestReportsShareTransactions(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var units []*unit
		for i := range 20 {
			units = append(units, w.unit(fmt.Sprintf("u%d", i), 1))
		}
		for seq := range uint64(5) {
			for _, u := range units {
				u.says(wire.ChannelReport, report(u.id, seq+1))
			}
		}
		time.Sleep(time.Second)
		c := w.fleet.Counters()
		if c.Reports != 100 || c.Entries != 100 || c.Commits > 10 {
			t.Errorf("%d reports with %d entries in %d commits, want 100 with 100 in at most 10", c.Reports, c.Entries, c.Commits)
		}
		for _, u := range units {
			got := u.heard(wire.StoredTopic(u.id))
			if len(got) == 0 || string(got[len(got)-1]) != fmt.Sprintf(`{"spool":"s-%s","seq":5}`, u.id) {
				t.Errorf("%s was told %q", u.id, got)
			}
			u.bye()
		}
	})
}

func TestWhatWasHeardIsStoredWhenTheCentreStops(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		u.says(wire.ChannelReport, report("u1", 1))
		synctest.Wait()
		w.stop()
		if len(w.book.reported) != 1 {
			t.Error("a report that was heard is lost at the stop")
		}
	})
}

func TestBadMessagesAreEventsAndHarmNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		unknown, _ := json.Marshal(map[string]any{"unit": "u1", "session": 1, "colour": "red"})
		bad := map[wire.Channel]any{
			wire.ChannelBirth:     birth("u2", 1), // in another's name
			wire.ChannelGone:      unknown,
			wire.ChannelHeartbeat: []byte("not JSON"),
			wire.ChannelHave:      []byte{},
			wire.ChannelReport:    []byte(strings.Repeat("x", 200_000)),
			wire.ChannelDetail:    []byte(`{"id":"q"} {}`),
			wire.ChannelOnAir:     wire.OnAirReport{Unit: "u1", OnAir: []wire.OnAir{{Output: "smell"}}},
		}
		u := w.unit("u1", 1)
		defer u.bye()
		for c, payload := range bad {
			u.says(c, payload)
		}
		u.says(wire.ChannelReport, report("stranger", 1))
		time.Sleep(time.Second)
		if got := w.fleet.Counters().Bad; got != int64(len(bad))+1 {
			t.Errorf("%d bad messages counted, want %d", got, len(bad)+1)
		}
		if got := w.book.said(); len(got) != 0 {
			t.Errorf("bad messages were taken: %q", got)
		}
		w.book.mu.Lock()
		notes := slices.Clone(w.book.notes)
		w.book.mu.Unlock()
		if len(notes) != 1 || !strings.HasPrefix(notes[0], "u1 bad-message: ") {
			t.Errorf("notes %q, want one of the unit within a minute", notes)
		}
		u.says(wire.ChannelBirth, birth("u1", 1))
		time.Sleep(time.Second)
		if got := w.book.said(); !slices.Equal(got, []string{"u1 born 1"}) {
			t.Errorf("after bad messages a good one gives %q", got)
		}
	})
}

func TestOneRefusedReportDoesNotHurtOthers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		a, b := w.unit("stranger", 1), w.unit("u1", 1)
		defer a.bye()
		defer b.bye()
		a.says(wire.ChannelReport, report("stranger", 1))
		b.says(wire.ChannelReport, report("u1", 1))
		time.Sleep(time.Second)
		if len(a.heard(wire.StoredTopic("stranger"))) != 0 || len(b.heard(wire.StoredTopic("u1"))) != 1 {
			t.Error("the refused report was acknowledged, or the good one was not")
		}
	})
}

func TestItemDetailComesInPages(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		u := w.unit("u1", 1)
		defer u.bye()
		asked := wire.AskTopic("u1")
		go func() { // the unit: three pages of one cue
			for page := range 3 {
				for len(u.heard(asked)) <= page {
					time.Sleep(100 * time.Millisecond)
				}
				var q wire.DetailRequest
				json.Unmarshal(u.heard(asked)[page], &q)
				d := wire.Detail{ID: q.ID, Cues: []wire.CueRun{{Output: wire.OutputSound, Programme: "p", Version: 1, Round: 1, Item: page, From: 1, To: 2, Frames: 48}}}
				if page < 2 {
					d.Next = fmt.Sprint(page + 1)
				}
				if want := []string{"", "1", "2"}[page]; q.After != want {
					t.Errorf("page %d was asked for after %q, want %q", page, q.After, want)
				}
				u.says(wire.ChannelDetail, d)
				u.says(wire.ChannelDetail, d) // a duplicate does no harm
			}
		}()
		cues, err := w.fleet.Detail(t.Context(), "u1", time.UnixMilli(0), time.UnixMilli(9))
		if err != nil || len(cues) != 3 || cues[0].Item != 0 || cues[2].Item != 2 {
			t.Errorf("cues %v, %v; want the items 0, 1, 2", cues, err)
		}
		begin := time.Now()
		_, err = w.fleet.Detail(t.Context(), "u9", time.UnixMilli(0), time.UnixMilli(9))
		if scheduler.KindOf(err) != scheduler.Unavailable || time.Since(begin) > time.Minute {
			t.Errorf("a unit that is not there gives %v after %v", err, time.Since(begin))
		}
		w.stop()
		if _, err := w.fleet.Detail(context.Background(), "u1", time.UnixMilli(0), time.UnixMilli(9)); scheduler.KindOf(err) != scheduler.Unavailable {
			t.Errorf("without a link: %v", err)
		}
		w.startFleet()
	})
}

func TestBackoffGrowsToItsCeiling(t *testing.T) {
	for _, tt := range []struct {
		n    int
		r    float64
		want time.Duration
	}{
		{1, 0, 0}, {1, 0.5, 100 * time.Millisecond}, {2, 0.5, 200 * time.Millisecond}, {5, 0.5, 1600 * time.Millisecond},
		{6, 0.5, 3200 * time.Millisecond}, {7, 0.5, 5 * time.Second}, {1000, 0.999, 9990 * time.Millisecond},
	} {
		if got := fleet.Backoff(tt.n, tt.r); got != tt.want {
			t.Errorf("attempt %d at %v: %v, want %v", tt.n, tt.r, got, tt.want)
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	good := options(newBook(), nil, nil)
	for _, url := range []string{"", "broker", "http://broker:1883", "tcp://"} {
		o := good
		o.URL = url
		if _, err := fleet.New(o); err == nil {
			t.Errorf("the URL %q was taken", url)
		}
	}
	o := good
	o.URL, o.User = "tcp://broker:1883", ""
	if _, err := fleet.New(o); err == nil {
		t.Error("no user was taken")
	}
}
