package agent

import (
	"strconv"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// boot tells the truth about the time before: when the unit went off, and that
// what was on air then is proven up to the last alive mark and no further. It
// gives the timetable's state as it was.
func boot(last spool.Alive, now time.Time, record func(...wire.Entry)) timetable.State {
	if last.At == 0 {
		return timetable.State{}
	}
	seen := last.Seen
	if seen > now.UnixMilli() { // proved under a clock that was wrong
		seen = last.At
	}
	off := wire.Off{From: seen, To: max(now.UnixMilli(), seen), Clean: last.Clean}
	entries := make([]wire.Entry, 0, len(last.Open)+1)
	for i := range last.Open {
		run := last.Open[i]
		entries = append(entries, wire.Entry{At: off.To, AsRun: &run})
	}
	record(append(entries, wire.Entry{At: off.To, Off: &off})...)
	state, err := timetable.ParseState(last.State)
	if err != nil { // written by another version
		return timetable.State{}
	}
	if !last.Clean {
		state = state.Resumed()
	}
	return state
}

// before tells of the time before this process began, by the mark on a card that
// is back. It is nothing as long as the time is not known.
func (c *conductor) before(last spool.Alive) (entries []wire.Entry) {
	if c.begun {
		boot(last, c.air.Now().Add(c.born-c.air.Elapsed()), func(list ...wire.Entry) { entries = list })
	}
	return entries
}

// stop proves what played until the agent was stopped.
func (c *conductor) stop(now time.Time) {
	if c.table != nil {
		c.advance(c.table, now)
	}
	c.drain(now.Add(time.Hour)) // the outputs are closed: nothing more will sound
	c.planner.plan(nil, now)
	c.account.expire(now, true)
	c.account.finish(now, true)
	c.write()
	if c.begun {
		c.mark(now, true)
	}
}
