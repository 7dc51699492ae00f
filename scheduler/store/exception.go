package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// maxExceptions is how many an address may have at once.
const maxExceptions = 200

// AddException keeps the sound of an area or a unit silent from its start, now if
// that is zero, until its end. The reach names the units that it is for, and too
// old are those whose agents do not know exceptions.
func (s *Store) AddException(ctx context.Context, e scheduler.Exception) (out scheduler.Exception, r Reach, tooOld []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		if e.ID == "" {
			e.ID = newID("x")
		}
		now := t.now.Truncate(time.Millisecond)
		if e.From.Before(now) {
			e.From = now // nothing is silenced in the past
		}
		e.Ended, e.By, e.Made = time.Time{}, t.actor.ID, now
		c, err := t.county()
		if err != nil {
			return err
		}
		if err := e.Validate(t.world(), c.County, t.now); err != nil {
			return err
		}
		if taken, err := t.exceptions("id = ?", e.ID); err != nil || len(taken) > 0 {
			if err == nil {
				err = conflict("id", e.ID,
					scheduler.Words{ZH: "已有例外用这个编号", EN: "there is an exception with this id already"},
					scheduler.Words{ZH: "换一个编号，或不写", EN: "give another id, or none"})
			}
			return err
		}
		there, err := t.exceptions("address = ? AND ended = 0 AND until > ?", string(e.Address), ms(t.now))
		if err != nil {
			return err
		}
		if len(there) >= maxExceptions {
			return &scheduler.Error{Kind: scheduler.TooLarge, Field: "area", Value: string(e.Address),
				Message: scheduler.Words{ZH: fmt.Sprintf("已有 %d 个例外", len(there)), EN: fmt.Sprintf("it has %d exceptions already", len(there))},
				Remedy:  scheduler.Words{ZH: "先结束几个", EN: "end some of them first"}}
		}
		out, r = e, t.reach([]wire.Address{e.Address}, nil)
		tooOld = t.lacking(e.Address, wire.FeatureExceptions)
		daily, loud := "", ""
		if e.Daily != nil {
			daily = encode(e.Daily)
		}
		if len(e.Loud) > 0 {
			loud = encode(e.Loud)
		}
		if err := t.exec("INSERT INTO exception (id, address, start, until, daily, why, loud, actor, made, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
			e.ID, string(e.Address), ms(e.From), ms(e.Until), daily, e.Why, loud, e.By, ms(e.Made)); err != nil {
			return fmt.Errorf("add exception: %w", err)
		}
		if err := t.roomInOrders(e.Address); err != nil {
			return err
		}
		return t.excepts("add exception", nil, e)
	})
	return out, r, tooOld, err
}

// EndException ends one before its time. Ending one that is over changes nothing.
func (s *Store) EndException(ctx context.Context, id string) (e scheduler.Exception, err error) {
	err = s.write(ctx, func(t *tx) error {
		if e, err = t.exception(id); err != nil {
			return err
		}
		if !e.Ended.IsZero() || !e.Until.After(t.now) {
			return nil
		}
		was := e
		e.Ended = t.now
		if err := t.exec("UPDATE exception SET ended = ? WHERE id = ?", ms(e.Ended), id); err != nil {
			return fmt.Errorf("end exception: %w", err)
		}
		return t.excepts("end exception", was, e)
	})
	return e, err
}

// excepts marks and audits what a change of an exception touches.
func (t *tx) excepts(act string, was any, e scheduler.Exception) error {
	if err := t.mark(wire.KindOrders, e.Address); err != nil {
		return err
	}
	return t.changed(act, "exception", e.ID, string(e.Address)+": "+e.Why, was, e)
}

// lacking are the installed units of an address whose agents have said what they
// can do, and did not name the feature.
func (t *tx) lacking(a wire.Address, feature string) []string {
	out := []string{}
	for _, e := range t.s.presence.list() {
		old := e.p.Software != "" && !slices.Contains(e.p.Features, feature)
		if old && e.unit.State == scheduler.UnitInstalled && slices.Contains(e.unit.Hears(t.tree()), a) {
			out = append(out, e.unit.ID)
		}
	}
	slices.Sort(out)
	return out
}

// Exception is one of them, of whatever time.
func (s *Store) Exception(ctx context.Context, id string) (e scheduler.Exception, err error) {
	err = s.read(ctx, func(t *tx) error {
		e, err = t.exception(id)
		return err
	})
	return e, err
}

// Exceptions lists those in force or to come that concern an area, "" for the county.
func (s *Store) Exceptions(ctx context.Context, area string) (out []scheduler.Exception, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.exceptions("ended = 0 AND until > ? ORDER BY start, id", ms(t.now))
		for _, e := range all {
			if err != nil {
				return err
			}
			var where string
			if where, err = t.areaOf(e.Address); err == nil && t.concerns(where, area) {
				out = append(out, e)
			}
		}
		return err
	})
	return out, err
}

func (t *tx) exception(id string) (scheduler.Exception, error) {
	list, err := t.exceptions("id = ?", id)
	if err == nil && len(list) == 0 {
		err = scheduler.Missing("exception", id, t.ids("exception"))
	}
	if err != nil {
		return scheduler.Exception{}, err
	}
	return list[0], nil
}

func (t *tx) exceptions(where string, args ...any) (out []scheduler.Exception, err error) {
	err = t.each(func(scan func(...any) error) error {
		var e scheduler.Exception
		var from, until, made, ended int64
		var daily, loud string
		if err := scan(&e.ID, &e.Address, &from, &until, &daily, &e.Why, &loud, &e.By, &made, &ended); err != nil {
			return err
		}
		e.From, e.Until, e.Made, e.Ended = at(from), at(until), at(made), at(ended)
		err := decode(daily, &e.Daily)
		if err == nil {
			err = decode(loud, &e.Loud)
		}
		out = append(out, e)
		return err
	}, "SELECT id, address, start, until, daily, why, loud, actor, made, ended FROM exception WHERE "+where, args...)
	return out, err
}

// telling marks the county's orders, which name people who left and revoked devices.
func (t *tx) telling() error {
	root := t.tree().Root()
	if root == "" {
		return nil
	}
	return t.mark(wire.KindOrders, wire.AreaAddress(root))
}

// limit adds exceptions and closed accounts to the orders of an address at an instant.
func (t *tx) limit(o *wire.Orders, when time.Time) error {
	list, err := t.exceptions("address = ? AND made <= ? AND until > ? AND (ended = 0 OR ended > ?)", string(o.Address), ms(when), ms(when), ms(when))
	if err != nil {
		return err
	}
	var left []wire.Locked
	var revoked []wire.Revoked
	if o.Address == wire.AreaAddress(t.tree().Root()) {
		err = t.each(func(scan func(...any) error) error {
			var l wire.Locked
			err := scan(&l.ID, &l.Since)
			left = append(left, l)
			return err
		}, "SELECT id, left_at FROM person WHERE left_at > 0 AND left_at <= ?", ms(when))
		if err == nil {
			err = t.each(func(scan func(...any) error) error {
				var r wire.Revoked
				err := scan(&r.Serial, &r.At)
				revoked = append(revoked, r)
				return err
			}, "SELECT serial, revoked FROM certificate WHERE revoked > 0 AND revoked <= ?", ms(when))
		}
	}
	scheduler.ComposeLimits(o, list, left, revoked, when)
	return err
}

func (t *tx) exceptionInForce(e scheduler.Exception) (scheduler.InForce, error) {
	f := scheduler.InForce{Kind: "exception", ID: e.ID, Why: e.Why, Since: e.From, Until: e.Until, By: e.By, Lift: scheduler.ActMute}
	if e.Daily != nil {
		f.What = string(e.Daily.From) + "–" + string(e.Daily.To)
	}
	if kind, id := e.Address.Split(); kind == "unit" {
		f.Unit = id
	}
	var err error
	f.Area, err = t.areaOf(e.Address)
	return f, err
}
