package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// DeliveryState says how far what was decided has come to a unit.
type DeliveryState string

// The states of delivery, the worst first.
const (
	DeliveryRefused   DeliveryState = "refused"   // the unit would not take it, and says why
	DeliveryPending   DeliveryState = "pending"   // the unit has not said that it holds it
	DeliveryTooOld    DeliveryState = "too-old"   // it holds it, but its agent cannot play it
	DeliveryDelivered DeliveryState = "delivered" // it holds it; recordings are missing
	DeliveryReady     DeliveryState = "ready"     // it holds it and all its recordings
)

// Wanted is what a unit should hold of one address.
type Wanted struct {
	Address wire.Address
	Kind    wire.Kind
	// Revision is the one that will do; newer ones do too.
	Revision uint64
	// Composing is set while the snapshot does not show the last decision yet:
	// nobody can hold what is not made.
	Composing bool
}

// Agreement compares what a unit should hold of one address with what it says.
type Agreement struct {
	Wanted
	// Held is the revision that the unit says it holds, 0 for none.
	Held uint64
	// State is refused, pending or delivered.
	State DeliveryState
	// Code and Why are of the refusal.
	Code, Why string
}

// Agree compares what a unit should hold with what it last said, which is nil if
// it never spoke.
func Agree(have *wire.Have, wanted []Wanted) []Agreement {
	out := make([]Agreement, len(wanted))
	for i, w := range wanted {
		out[i] = agree(have, w)
	}
	return out
}

func agree(have *wire.Have, w Wanted) Agreement {
	a := Agreement{Wanted: w, State: DeliveryPending}
	if have == nil {
		return a
	}
	for _, h := range have.Held {
		if h.Address == w.Address {
			a.Held = h.Bulletin
			if w.Kind == wire.KindOrders {
				a.Held = h.Orders
			}
		}
	}
	if a.Held >= w.Revision && !w.Composing {
		a.State = DeliveryDelivered
	}
	for _, r := range have.Refused {
		// What is older than what is held is somebody else's: it changes
		// nothing. One without a revision came too damaged to be read; that
		// matters as long as a good one has not come.
		counts := r.Revision >= w.Revision && w.Revision > 0 || r.Revision == 0 && a.State == DeliveryPending
		if r.Address == w.Address && r.Kind == w.Kind && counts && !w.Composing {
			a.State, a.Code, a.Why = DeliveryRefused, r.Code, r.Why
		}
	}
	return a
}

// UnitDelivery says how far what was decided has come to one unit.
type UnitDelivery struct {
	Unit, Name, Area string
	State            DeliveryState
	// Why says in words what is missing; empty when nothing is.
	Why        Words
	Agreements []Agreement
	// Assets and Ready count recordings; of one programme, only Missing is known.
	Assets, Ready int
	TooOld        []string
	Online        bool
}

// DeliveryOf decides how far a unit is. With a programme, only that counts:
// wanted are the bulletins that it stands in.
func DeliveryOf(u Unit, p Presence, wanted []Wanted, programme *Programme) UnitDelivery {
	d := UnitDelivery{Unit: u.ID, Name: u.Name, Area: u.Area, State: DeliveryReady, Agreements: Agree(p.Have, wanted), TooOld: []string{}, Online: p.Online}
	for i := range d.Agreements {
		a := &d.Agreements[i]
		if programme != nil && a.State == DeliveryRefused && a.Held >= a.Revision && !strings.HasPrefix(a.Why, partOf(*programme)) {
			a.State, a.Code, a.Why = DeliveryDelivered, "", "" // another programme of the bulletin was left out
		}
		switch {
		case a.State == DeliveryRefused:
			d.State, d.Why = DeliveryRefused, Quoted(a.Code+": "+a.Why)
		case a.State == DeliveryPending && d.State != DeliveryRefused:
			d.State, d.Why = DeliveryPending, pendingWhy(p, *a)
		}
	}
	if p.Have == nil {
		if d.State == DeliveryReady {
			d.State, d.Why = DeliveryPending, Words{"终端还没说手里有什么", "the unit has not said what it holds"}
		}
		return d
	}
	d.Assets, d.Ready = p.Have.Assets, p.Have.Ready
	d.TooOld = append(d.TooOld, p.Have.TooOld...)
	tooOld, missing := len(d.TooOld) > 0, p.Have.Assets-p.Have.Ready
	if programme != nil {
		tooOld, missing = slices.Contains(d.TooOld, programme.ID), missingOf(*programme, *p.Have)
	}
	switch {
	case d.State != DeliveryReady:
	case tooOld:
		d.State, d.Why = DeliveryTooOld, Words{"播控程序太旧，播不了 " + strings.Join(d.TooOld, "、"), "its agent is too old for " + strings.Join(d.TooOld, ", ")}
	case missing > 0:
		d.State, d.Why = DeliveryDelivered, Words{fmt.Sprintf("还有 %d 条录音没有传到", missing), fmt.Sprintf("%d recordings are not there yet", missing)}
	}
	return d
}

// partOf is how an agent begins to say why it left a programme version out.
func partOf(p Programme) string { return fmt.Sprintf("%s version %d:", p.ID, p.Version) }

func pendingWhy(p Presence, a Agreement) Words {
	switch {
	case a.Composing:
		return Words{"正在准备下发", "it is being made ready to be sent"}
	case p.LastSeen.IsZero():
		return Words{"终端从没有消息", "the unit was never heard of"}
	case !p.Online:
		return Words{"终端离线，回来后自动接收", "the unit is offline; it takes it when it is back"}
	}
	return Words{"终端还没确认收到", "the unit has not said that it holds it"}
}

// missingOf is how many recordings of a programme a unit lacks. It names only
// some of those that it lacks: if more are missing than named, all may be of
// this programme.
func missingOf(p Programme, h wire.Have) int {
	n, seen := 0, map[string]bool{}
	for _, it := range p.Items {
		if it.Sound != nil && slices.Contains(h.Missing, it.Sound.Hash) && !seen[it.Sound.Hash] {
			seen[it.Sound.Hash] = true
			n++
		}
	}
	if n == 0 {
		n = h.Assets - h.Ready - len(h.Missing)
	}
	return max(n, 0)
}

// DeliveryCounts are numbers of installed units. Each is counted once as
// Delivered, Pending, Refused or TooOld; Ready are those of the delivered that
// have the recordings too.
type DeliveryCounts struct {
	Units, Delivered, Ready, Pending, Refused, TooOld int
}

// Add counts one unit.
func (c *DeliveryCounts) Add(s DeliveryState) {
	c.Units++
	switch s {
	case DeliveryReady:
		c.Ready++
		c.Delivered++
	case DeliveryDelivered:
		c.Delivered++
	case DeliveryTooOld:
		c.TooOld++
	case DeliveryRefused:
		c.Refused++
	default:
		c.Pending++
	}
}

// Sum adds the counts of another area.
func (c *DeliveryCounts) Sum(o DeliveryCounts) {
	c.Units += o.Units
	c.Delivered += o.Delivered
	c.Ready += o.Ready
	c.Pending += o.Pending
	c.Refused += o.Refused
	c.TooOld += o.TooOld
}

// All tells whether every unit said so. None at all are not everybody.
func (c DeliveryCounts) All() bool { return c.Units > 0 && c.Delivered == c.Units }

// AreaDelivery is one area's counts.
type AreaDelivery struct {
	Area  Area
	Units DeliveryCounts
}

// DeliveryQuery asks who has got what: everything in an area, or one programme.
type DeliveryQuery struct {
	// Area keeps the units of this area and below; empty is the county.
	Area string
	// Programme asks for its released version alone.
	Programme string
}

// Delivery answers it.
type Delivery struct {
	Area Area
	// Programme and Version, if asked for one.
	Programme string
	Version   int
	Title     string
	Counts    DeliveryCounts
	// Below are the areas directly under the area.
	Below []AreaDelivery
	// Units are all that count, by area and id. Planned ones are only counted
	// here: nobody expects them to hold anything.
	Units   []UnitDelivery
	Planned int
}
