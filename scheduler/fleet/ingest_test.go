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
)

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
