package agent

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// settle lets a correction of the clock happen that waits for silence. What is
// due in a part of the day that is leapt over begins late, within its grace, or
// is skipped with the reason; what is on air after a leap goes on by the rules of
// a cut.
func (c *conductor) settle() {
	if !c.air.Waits() {
		return
	}
	before := c.present()
	moved := c.air.Settle(len(c.onAir) > 0)
	if moved == 0 {
		return
	}
	if c.table != nil {
		c.advance(c.table, before)
		c.drain(before)
	}
	now := c.air.Now()
	c.log.Warn("the clock was corrected", "by", moved)
	c.reporter.record(event(now, CodeClockSet, fmt.Sprintf("the clock was corrected by %+.1f s", moved.Seconds())))
	if moved > 0 {
		c.state.Doubt, c.leapt = before.UnixNano(), true
	}
}

// present is air time, which does not go back in the eyes of the loop where a
// correction is too small to be heard.
func (c *conductor) present() time.Time {
	now := c.air.Now()
	if t := c.state.Time(); c.begun && now.Before(t) && t.Sub(now) <= airtime.Smooth {
		return t
	}
	return now
}

// begin is called when the time is known for the first time: only now can it be
// told for how long the unit was off, and what it missed while it was on.
func (c *conductor) begin(now time.Time) {
	if c.begun {
		return
	}
	c.begun = true
	on := now.Add(c.born - c.air.Elapsed())
	if now.Sub(on) <= time.Second {
		on = now // a start takes its moment
	}
	state := boot(c.last, on, c.reporter.record)
	if on.Before(now) {
		state.Doubt = on.UnixNano()
		if state.At == 0 {
			state.At = on.UnixNano()
		}
	}
	if c.table != nil { // warnings have played by then
		state = state.WithWarnings(c.table, c.state)
	}
	c.table, c.state, c.settled = nil, state, false
	shadow := state
	c.shadow.Store(&shadow)
}

// rules are the table that holds now: without the time, only warnings that are
// newer than all that was signed before.
func (c *conductor) rules(v *view) *timetable.Table {
	if c.begun {
		return v.table
	}
	return v.alarm
}

// joinSkips makes one of the rounds of one programme that follow each other and
// were skipped because the time was not known: that can be weeks.
func joinSkips(list []timetable.Skip) []timetable.Skip {
	type key struct {
		output    wire.Output
		programme string
		version   int
	}
	last := map[key]int{}
	out := make([]timetable.Skip, 0, len(list))
	for _, s := range list {
		k := key{s.Output, s.Programme, s.Version}
		i, known := last[k]
		if known && s.Interrupt == "" && s.Reason.Code == timetable.EndClock && out[i].Reason.Code == s.Reason.Code && !s.Start.Before(out[i].Until) {
			out[i].Until, out[i].To, out[i].Rounds, out[i].At = s.Until, s.To, out[i].Rounds+s.Rounds, s.At
			continue
		}
		last[k] = len(out)
		out = append(out, s)
	}
	return out
}

// sayClock keeps the conditions of the clock.
func (c *conductor) sayClock(state wire.AirTime) {
	say := func(on bool, code, en, zh string) {
		if c.lang == "zh" {
			en = zh
		}
		c.cond.when(on, code, en)
	}
	untrusted := state.State == wire.ClockUntrusted
	why := [2]string{"the board has no clock chip and nobody has told it the time yet", "没有时钟芯片，还没有对上时间"}
	if c.air.Why() == airtime.WhyBehind {
		why = [2]string{"its clock is behind what the centre signed before", "时钟比中心以前签发的内容还早"}
	}
	say(untrusted, CodeClockUntrusted, "nothing scheduled plays: "+why[0], "定时节目暂不播出："+why[1])
	off := time.Duration(state.Uncertainty) * time.Millisecond
	say(state.State == wire.ClockUncertain, CodeClock, "the clock may be off by "+off.Round(time.Second).String(), "时钟可能差 "+seconds(off)+" 秒")
	differs := c.air.Differs()
	if untrusted {
		differs = 0 // said above
	}
	say(differs != 0, CodeClockDiffers, fmt.Sprintf("the centre's clock differs by %+.1f s and is not believed", differs.Seconds()),
		"中心的时钟与本机相差 "+seconds(differs.Abs())+" 秒，暂不采用")
}

func seconds(d time.Duration) string { return itoa(int(d.Round(time.Second) / time.Second)) }

// mark writes the alive mark.
func (c *conductor) mark(now time.Time, clean bool) {
	c.air.Proved(now)
	state, err := json.Marshal(c.state)
	if err == nil {
		err = c.spool.MarkAlive(spool.Alive{At: now.UnixMilli(), Clean: clean, Floor: c.air.Floor().UnixMilli(), Open: c.account.running(now), State: state})
	}
	if err != nil {
		c.log.Error("the alive mark cannot be written", "err", err)
	}
	// Without a link shorter entries would only fill the memory.
	c.account.soon = err != nil && c.link.session() > 0
	c.reporter.record() // what the card did not take before
}
