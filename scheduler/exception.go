package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// lockLife is how long the county's orders name somebody who has left.
const lockLife = 60 * 24 * time.Hour

// Exception keeps the sound of an area or a unit silent from its start until its
// end, for a reason: an exam, a noon rest, a funeral. Screens go on.
type Exception struct {
	ID      string
	Address wire.Address
	From    time.Time
	Until   time.Time
	// Daily bounds it to a time of each day; nil is all day.
	Daily *wire.Window
	Why   string
	// Loud are the warning levels that sound all the same; empty: those of the county.
	Loud []wire.Level
	// By is the id of who asked for it, at Made.
	By    string
	Made  time.Time
	Ended time.Time
}

// Validate tells what is wrong with an exception. A red warning always sounds
// where the county lets it.
func (e Exception) Validate(w World, county wire.County, now time.Time) error {
	kind, id := e.Address.Split()
	var err error
	switch kind {
	case "area":
		err = w.area("area", id)
	case "unit":
		err = w.Units.check("unit", "unit", id)
	default:
		err = invalid("area", string(e.Address), Words{"这不是地址", "this is no address"}, Words{"写一个区域或终端", "name an area or a unit"})
	}
	if err == nil && e.Daily != nil {
		err = CheckWindow("daily", *e.Daily)
	}
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(e.Why) == "":
		return invalid("why", "", Words{"例外要写理由", "an exception needs a reason"}, Words{"写明，如 高考", "say it in words, such as 高考"})
	case !e.Until.After(now) || !e.Until.After(e.From):
		return invalid("until", e.Until.Format(time.RFC3339),
			Words{"结束早于开始", "it ends before it begins"},
			Words{"写一个还没到、晚于开始的结束时间", "give an end to come, after the start"})
	case e.Until.Sub(now) > 366*24*time.Hour:
		return invalid("until", e.Until.Format(time.RFC3339),
			Words{"太远了", "too far away"},
			Words{"在一年内结束；长期的请用静默时段", "end it within a year; what holds for good are quiet hours"})
	}
	for i, l := range e.Loud {
		if err := word(fmt.Sprintf("loud[%d]", i), l, wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed); err != nil {
			return err
		}
	}
	if len(e.Loud) > 0 && slices.Contains(county.Loud, wire.LevelRed) && !slices.Contains(e.Loud, wire.LevelRed) {
		return invalid("loud", levelNames(e.Loud), Words{"红色预警在任何例外里都要响", "a red warning sounds in every exception"}, Words{"把 red 也写上", "name red too"})
	}
	return checkName("why", e.Why, maxName)
}

func levelNames(list []wire.Level) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// Wire is the exception as it travels.
func (e Exception) Wire() wire.Exception {
	return wire.Exception{ID: e.ID, From: e.From.UnixMilli(), Until: e.Until.UnixMilli(), Window: e.Daily, Why: e.Why, Loud: e.Loud}
}

// ComposeLimits adds to the orders of an address the exceptions given for it and,
// for the county's, the people who have left and the devices that were revoked; what is over is left out.
func ComposeLimits(o *wire.Orders, exceptions []Exception, left []wire.Locked, revoked []wire.Revoked, now time.Time) {
	for _, e := range exceptions {
		if (e.Ended.IsZero() || e.Ended.After(now)) && e.Until.After(now) {
			o.Exceptions = append(o.Exceptions, e.Wire())
		}
	}
	for _, l := range left {
		if time.UnixMilli(l.Since).Add(lockLife).After(now) {
			o.Locked = append(o.Locked, l)
		}
	}
	for _, r := range revoked {
		if time.UnixMilli(r.At).Add(lockLife).After(now) {
			o.Revoked = append(o.Revoked, r)
		}
	}
	slices.SortFunc(o.Revoked, func(x, y wire.Revoked) int { return cmp.Or(cmp.Compare(y.At, x.At), cmp.Compare(x.Serial, y.Serial)) })
	o.Revoked = o.Revoked[:min(len(o.Revoked), wire.MaxLocked)]
	slices.SortFunc(o.Exceptions, func(x, y wire.Exception) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(o.Locked, func(x, y wire.Locked) int { return cmp.Compare(x.ID, y.ID) })
	if over := len(o.Locked) - wire.MaxLocked; over > 0 {
		o.Locked = o.Locked[over:]
	}
}
