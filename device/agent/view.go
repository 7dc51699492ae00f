package agent

import (
	"slices"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// view is everything that the unit holds, compiled. It never changes; the
// keeper puts a new one in its place.
type view struct {
	table *timetable.Table // what can be played: items that are not here are left out
	ideal *timetable.Table // what would be played if every file were here
	// alarm is what can be played by a unit that does not know the time, nil for
	// nothing.
	alarm *timetable.Table
	// settings and county are nil until the unit has heard of them.
	settings *wire.Settings
	county   *wire.County
	orders   []wire.Orders
	held     []wire.Held
	problems []timetable.Problem
	assets   []asset
}

// asset is a media file that something names.
type asset struct {
	hash media.Hash
	size int64
	// urgent: a warning names it.
	urgent bool
	// programmes are the ids of those that name it.
	programmes []string
}

// compile makes a view of snapshots. ready tells whether a file is verified on
// the card. ideal is the table of that name if these snapshots were compiled
// before, else nil.
func compile(bulletins []wire.Bulletin, orders []wire.Orders, ready func(string) bool, ideal *timetable.Table) *view {
	v := &view{orders: orders, assets: named(bulletins, orders)}
	missing := false
	in := timetable.Input{Bulletins: bulletins, Orders: orders, Ready: func(hash string) bool {
		here := ready(hash)
		missing = missing || !here
		return here
	}}
	v.table, v.problems = timetable.Compile(in)
	if v.ideal = ideal; !missing {
		v.ideal = v.table
	} else if ideal == nil {
		in.Ready = nil
		v.ideal, _ = timetable.Compile(in)
	}
	for i := range bulletins {
		b := &bulletins[i]
		if b.Settings != nil {
			v.settings = b.Settings
		}
		if b.County != nil {
			v.county = b.County
		}
		v.hold(b.Address).Bulletin = b.Revision
	}
	for _, o := range orders {
		if o.Revision > 0 {
			v.hold(o.Address).Orders = o.Revision
		}
	}
	return v
}

// alarm is a table of the interrupts that may play without the time.
func alarm(bulletins []wire.Bulletin, orders []wire.Orders, ready func(string) bool, urgent map[string]bool) *timetable.Table {
	in := timetable.Input{Ready: ready, HourUnknown: true}
	for _, b := range bulletins {
		b.Programmes = nil
		in.Bulletins = append(in.Bulletins, b)
	}
	for _, o := range orders {
		o.Interrupts = slices.DeleteFunc(slices.Clone(o.Interrupts), func(i wire.Interrupt) bool { return !urgent[i.ID] })
		in.Orders = append(in.Orders, o)
	}
	table, _ := timetable.Compile(in)
	return table
}

func (v *view) hold(a wire.Address) *wire.Held {
	i := slices.IndexFunc(v.held, func(h wire.Held) bool { return h.Address == a })
	if i < 0 {
		i = len(v.held)
		v.held = append(v.held, wire.Held{Address: a})
	}
	return &v.held[i]
}

// named lists the files that the snapshots name, those of warnings first.
func named(bulletins []wire.Bulletin, orders []wire.Orders) []asset {
	var list []asset
	at := map[media.Hash]int{}
	add := func(items []wire.Item, programme string, urgent bool) {
		for _, item := range items {
			if item.Sound == nil {
				continue
			}
			h, err := media.ParseHash(item.Sound.Hash)
			if err != nil {
				continue
			}
			i, known := at[h]
			if !known {
				i, at[h] = len(list), len(list)
				list = append(list, asset{hash: h, size: item.Sound.Size})
			}
			list[i].urgent = list[i].urgent || urgent
			list[i].programmes = append(list[i].programmes, programme)
		}
	}
	for _, o := range orders {
		for _, i := range o.Interrupts {
			add(i.Items, i.ID, true)
		}
	}
	for _, b := range bulletins {
		for _, p := range b.Programmes {
			add(p.Items, p.ID, false)
		}
	}
	return list
}

// has tells whether the unit has the output, as far as it knows.
func (v *view) has(o wire.Output) bool {
	return v.settings != nil && slices.Contains(v.settings.Outputs, o)
}

// volume is the unit's own volume in per cent.
func (v *view) volume() int {
	if v.settings == nil {
		return 0
	}
	return v.settings.Volume
}

// muted tells whether an order of the centre silences the unit at the instant.
func (v *view) muted(at int64) bool {
	for _, o := range v.orders {
		for _, m := range o.Mutes {
			if m.From <= at && at < m.Until {
				return true
			}
		}
	}
	return false
}
