package store

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// bulletin is the bulletin of an address at an instant; draft, if any, is taken
// as released in the place of its programme's released version.
func (t *tx) bulletin(a wire.Address, when time.Time, draft *placed) (wire.Bulletin, error) {
	zone, err := t.zone()
	if err != nil {
		return wire.Bulletin{}, err
	}
	ps, err := t.programmes(`SELECT p.id, p.version, state, drafted, released, rev, created, released_at, author, hands FROM programme p
		JOIN programme_address a ON a.programme = p.id AND a.version = p.version
		WHERE address = ? AND released_at > 0 AND released_at <= ? AND (ended_at = 0 OR ended_at > ?)`, string(a), ms(when), ms(when))
	if err != nil {
		return wire.Bulletin{}, err
	}
	if draft != nil {
		ps = slices.DeleteFunc(ps, func(p scheduler.Programme) bool { return p.ID == draft.programme.ID })
		if slices.Contains(draft.addresses, a) {
			ps = append(ps, draft.programme)
		}
	}
	var calendars map[string]scheduler.Calendar
	if slices.ContainsFunc(ps, func(p scheduler.Programme) bool { return len(p.Rule.On)+len(p.Rule.Off) > 0 }) {
		if calendars, err = t.calendars(); err != nil {
			return wire.Bulletin{}, err
		}
	}
	var county *wire.County
	var settings *wire.Settings
	kind, id := a.Split()
	switch {
	case kind == "unit":
		settings, err = t.settings(id)
	case id == t.tree().Root():
		c, e := t.county()
		county, err = &c.County, e
	}
	if err != nil {
		return wire.Bulletin{}, err
	}
	return scheduler.ComposeBulletin(a, county, settings, ps, calendars, when, zone), nil
}

// placed is a draft as it would go out.
type placed struct {
	programme scheduler.Programme
	addresses []wire.Address
}

func (t *tx) settings(unit string) (*wire.Settings, error) {
	u, _, err := t.unit(unit)
	if err != nil {
		return nil, err
	}
	var failed error
	s := scheduler.ComposeSettings(u, t.tree(), func(a wire.Address) wire.Held {
		h := wire.Held{Address: a}
		if a == wire.UnitAddress(unit) {
			return h // its own is the one that carries the list
		}
		for kind, to := range map[wire.Kind]*uint64{wire.KindBulletin: &h.Bulletin, wire.KindOrders: &h.Orders} {
			row, err := t.snapshot(Target{a, kind})
			if err != nil {
				failed = err
			}
			*to = row.saved
		}
		return h
	})
	return &s, failed
}

// roomInOrders refuses what was just added where the orders of an address could not be
// sent with it: they would hold a STOP back. What ends something never asks.
func (t *tx) roomInOrders(a wire.Address) error {
	o, err := t.orders(a, t.now)
	if err == nil {
		if full := o.LeavesRoom(); full != nil {
			err = conflict("orders", string(a),
				scheduler.Words{ZH: "那里生效的会多过终端能接收的：" + full.Error(), EN: "more would be in force there than units take: " + full.Error()},
				scheduler.Words{ZH: "把过时的解除或结束掉", EN: "lift or end what is over"})
		}
	}
	return err
}

// orders are the orders of an address at an instant.
func (t *tx) orders(a wire.Address, when time.Time) (wire.Orders, error) {
	kind, id := a.Split()
	var interrupts []wire.Interrupt
	if kind == "area" {
		err := t.each(func(scan func(...any) error) error {
			var body string
			if err := scan(&body); err != nil {
				return err
			}
			var i wire.Interrupt
			err := decode(body, &i)
			interrupts = append(interrupts, i)
			return err
		}, "SELECT interrupt FROM warning WHERE area = ? AND issued <= ? AND until > ? AND (ended = 0 OR ended > ?)", id, ms(when), ms(when), ms(when))
		if err != nil {
			return wire.Orders{}, err
		}
	}
	var bars []scheduler.Barred
	err := t.each(func(scan func(...any) error) error {
		var b scheduler.Barred
		var until int64
		err := scan(&b.ID, &b.Version, &b.At, &b.By, &until)
		b.Until = at(until)
		bars = append(bars, b)
		return err
	}, "SELECT id, version, at, actor, until FROM bar WHERE address = ? AND at <= ?", string(a), ms(when))
	if err != nil {
		return wire.Orders{}, err
	}
	mutes, err := t.mutes("address = ? AND until > ? AND (ended = 0 OR ended > ?)", string(a), ms(when), ms(when))
	if err != nil {
		return wire.Orders{}, err
	}
	for i := range mutes { // one that was ended after when was in force then
		if mutes[i].Ended.After(when) {
			mutes[i].Ended = time.Time{}
		}
	}
	o := scheduler.ComposeOrders(a, interrupts, bars, mutes, when)
	return o, t.limit(&o, when)
}

// checkSize refuses a release after which a bulletin would be too big to travel.
func (t *tx) checkSize(addresses []wire.Address) error {
	for _, a := range addresses {
		b, err := t.bulletin(a, t.now, nil)
		if err != nil {
			return err
		}
		b.Revision = 1
		text, err := json.Marshal(b)
		if err != nil {
			return err
		}
		if len(text) <= wire.MaxCompressed && len(b.Programmes) <= wire.MaxProgrammes {
			continue // it fits however little it can be compressed
		}
		_, err = wire.Seal(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "probe", wire.KindBulletin, a, b.Revision, b)
		if errors.Is(err, wire.ErrTooBig) {
			return &scheduler.Error{Kind: scheduler.TooLarge, Field: "targets", Value: string(a),
				Message: scheduler.Words{ZH: "发往这个地址的内容太多：" + err.Error(), EN: "there is too much for this address: " + err.Error()},
				Remedy:  scheduler.Words{ZH: "撤播或缩短那里的一个播发任务，或拆分节目单", EN: "withdraw or shorten a programme there, or split the playlist"}, Err: err}
		}
		if err != nil {
			return fromWire("", err)
		}
	}
	return nil
}
