package store

import (
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// TestAStretchToldUnderTwoNamesIsKeptOnce: the memory of a unit whose card was
// gone proves, and after a power cut the card's last mark tells of the same.
func TestAStretchToldUnderTwoNamesIsKeptOnce(t *testing.T) {
	s := county(t)
	base := time.Now().Truncate(time.Second)
	minute := func(n int) time.Time { return base.Add(time.Duration(n) * time.Minute) }
	entry := func(seq uint64, from, to int, change func(*wire.AsRun)) wire.Entry {
		e := entryOf(seq, minute(from), time.Duration(to-from)*time.Minute, wire.GradePlayed)
		if change != nil {
			change(e.AsRun)
		}
		return e
	}
	mark := func(a *wire.AsRun) { a.Outcome = wire.OutcomeUnknown }
	tell := func(spool string, entries ...wire.Entry) {
		t.Helper()
		r := wire.Report{Unit: "liu1-1", Spool: spool, Entries: entries}
		if got, err := s.Record(t.Context(), r, minute(100)); err != nil || got.Seq != entries[len(entries)-1].Seq {
			t.Fatalf("stored %+v, %v", got, err)
		}
	}
	tell("memory", entry(1, 10, 12, nil), entry(2, 12, 13, nil), entry(3, 20, 25, nil),
		entry(4, 30, 31, func(a *wire.AsRun) { a.Grade, a.Outcome = wire.GradeFailed, wire.OutcomeFailed }))
	off := func(seq uint64, from, to int) wire.Entry {
		return wire.Entry{Seq: seq, At: ms(minute(to)), Off: &wire.Off{From: ms(minute(from)), To: ms(minute(to))}}
	}
	tell("card",
		entry(1, 10, 11, mark), // open when the card was last written
		entry(2, 12, 14, mark), // its middle is the end of what is known
		entry(3, 13, 15, mark), // goes on where that ended
		entry(4, 20, 25, nil),  // was on the card although it said no
		entry(5, 20, 26, nil),  // longer
		entry(6, 30, 31, nil),  // the other did not sound
		entry(7, 20, 25, func(a *wire.AsRun) { a.Output = wire.OutputScreen }),    // another output
		entry(8, 20, 25, func(a *wire.AsRun) { a.Programme, a.Version = "b", 1 }), // another programme
		off(9, 5, 40), off(10, 50, 60))
	list, _, err := s.AsRuns(t.Context(), AsRunFilter{Unit: "liu1-1"})
	kept := map[string][]uint64{}
	for _, a := range list {
		kept[a.Spool] = append(kept[a.Spool], a.Seq)
	}
	if err != nil || encode(kept) != `{"card":[3,5,7,8,6],"memory":[1,2,3,4]}` {
		t.Errorf("kept are %s, %v", encode(kept), err)
	}
	offs, err := s.Offs(t.Context(), AsRunFilter{Unit: "liu1-1"})
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]int
	for _, o := range offs {
		got = append(got, [2]int{int(at(o.From).Sub(base).Minutes()), int(at(o.To).Sub(base).Minutes())})
	}
	if encode(got) != "[[5,10],[31,40],[50,60]]" {
		t.Errorf("off %v", got)
	}
}
