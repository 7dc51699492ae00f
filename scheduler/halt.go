package scheduler

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// HaltKind is the act by which sound was ended.
type HaltKind string

// The kinds of halt.
const (
	HaltStop     HaltKind = "stop"     // STOP: what was on air, for good
	HaltMute     HaltKind = "mute"     // a mute or a pause: all programmes, until its end
	HaltWithdraw HaltKind = "withdraw" // one programme version
)

// Content names one thing that plays: a programme version, or a warning.
type Content struct {
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Warning   string `json:"warning,omitempty"`
	Title     string `json:"title,omitempty"`
}

// is tells whether what is on air is this.
func (c Content) is(o wire.OnAir) bool {
	return o.Programme == c.Programme && o.Version == c.Version && o.Interrupt == c.Warning
}

// Halt is an act that ended sound. It is open until every unit that it reaches
// has said that it obeys: sent is not obeyed.
type Halt struct {
	ID   string
	Kind HaltKind
	// Area is where it was said, or in whose name the programme went out; of a
	// unit's mute it is the area of the unit.
	Area string
	// Ref is the id of the mute, or of the programme withdrawn.
	Ref string
	At  time.Time
	// From is when it begins: At, but for a mute to come.
	From time.Time
	// Over is when nothing that it ended could sound any more anyway.
	Over time.Time
	// By is the id of who did it, Name how they were called then.
	By, Name string
	Why      string
	// Contents are what was ended; of a mute there are none: it ends all
	// programmes.
	Contents []Content
	// Wanted are the snapshots that say so, from the revision on that does.
	Wanted []Wanted
	// Except are ids of areas and units that it was never for.
	Except []string
	// Closed is when the last unit said that it obeys, or when Over came before
	// that; zero while it is open.
	Closed time.Time
}

// Reaches tells whether a unit has to obey: one that nobody has installed yet has
// nothing to end.
func (h Halt) Reaches(u Unit, tree *Tree) bool {
	if u.State != UnitInstalled || slices.Contains(h.Except, u.ID) {
		return false
	}
	chain := tree.Chain(u.Area)
	if slices.ContainsFunc(chain, func(id string) bool { return slices.Contains(h.Except, id) }) {
		return false
	}
	return slices.ContainsFunc(h.Wanted, func(w Wanted) bool { return listens(u, chain, w.Address) })
}

// listens tells whether an address is one of a unit's.
func listens(u Unit, chain []string, a wire.Address) bool {
	kind, id := a.Split()
	return kind == "unit" && id == u.ID || kind == "area" && slices.Contains(chain, id)
}

// Of are the snapshots that one unit has to hold.
func (h Halt) Of(u Unit, tree *Tree) []Wanted {
	chain := tree.Chain(u.Area)
	return slices.DeleteFunc(slices.Clone(h.Wanted), func(w Wanted) bool { return !listens(u, chain, w.Address) })
}

// Sounds tells whether something of what was ended is on air.
func (h Halt) Sounds(on []wire.OnAir) bool {
	return slices.ContainsFunc(on, func(o wire.OnAir) bool {
		if len(h.Contents) == 0 {
			return o.Programme != ""
		}
		return slices.ContainsFunc(h.Contents, func(c Content) bool { return c.is(o) })
	})
}

// HaltState says how far one unit is in obeying.
type HaltState string

// The states, the worst first.
const (
	HaltRefused HaltState = "refused" // it would not take the snapshot, and says why
	HaltWaiting HaltState = "waiting" // it has not said that it holds it
	HaltHolds   HaltState = "holds"   // it holds it, and has not said that it is silent
	HaltSilent  HaltState = "silent"  // it holds it, and nothing of it is on air: its own words
)

// Obeys decides by the unit's own words how far it is. The revisions are those
// wanted now, see Halt.Of.
func (h Halt) Obeys(p Presence, wanted []Wanted, now time.Time) (HaltState, Words) {
	for _, a := range Agree(p.Have, wanted) {
		switch a.State {
		case DeliveryRefused:
			return HaltRefused, Quoted(a.Code + ": " + a.Why)
		case DeliveryPending:
			return HaltWaiting, pendingWhy(p, a)
		}
	}
	switch {
	case now.Before(h.From):
		return HaltSilent, Words{}
	case p.Aired.IsZero():
		return HaltHolds, Words{"终端还没说在播什么", "it has not said what is on air"}
	case h.Sounds(p.OnAir):
		return HaltHolds, Words{"终端说还在播", "it says that it still plays"}
	}
	return HaltSilent, Words{}
}

// HaltUnit is how far one unit is.
type HaltUnit struct {
	Unit, Name string
	// Area is where it stands, Town the area under the county above it; Contact is
	// whom to call there.
	Area, Town Area
	Contact    string
	State      HaltState
	Why        Words
	Online     bool
	LastSeen   time.Time
	// Said is when the centre heard that it obeys.
	Said time.Time
	// Silent is the first instant without it, by what the unit proved; zero
	// if it has proved nothing of it since shortly before the halt.
	Silent time.Time
	// GoesOn is what a unit that was not reached goes on with; nil if nothing is
	// known of what it holds, or nothing of it will sound.
	GoesOn *GoesOn
}

// GoesOn says what a unit plays that was not reached, worked out from what it
// holds.
type GoesOn struct {
	Content
	// From is now, or when it begins; Until is when that ends.
	From, Until time.Time
	// Again is when it begins anew after that, zero if never; Last is the end of
	// its validity.
	Again, Last time.Time
}

// HaltView is a halt with what units have said.
type HaltView struct {
	Halt
	// Units it reaches, and those of them that said that they obey.
	Units, Silent int
	// Last is when the newest of their words was heard; zero for none.
	Last time.Time
	// List is by village: those that have not, or all of them.
	List []HaltUnit
}

// Admins are whom to call in each area: the village admins with a phone, by area.
func Admins(people []Person) map[string]string {
	out := map[string]string{}
	for _, p := range people {
		if p.State != PersonActive || p.Phone == "" {
			continue
		}
		for _, g := range p.Grants {
			if g.Role == RoleVillage && out[g.Area] == "" {
				out[g.Area] = p.Calls()
			}
		}
	}
	return out
}

// Whom says where a place is and whom to call there: its village admin, else who
// stands at its area or the nearest above it.
func Whom(tree *Tree, area string, admins map[string]string) (town, own Area, contact string) {
	chain := tree.Chain(area)
	for i, id := range chain {
		a, _ := tree.Area(id)
		if i == 1 || i == 0 && len(chain) == 1 {
			town = a
		}
		for _, who := range []string{a.Contact, admins[id]} {
			if who != "" {
				contact = who
			}
		}
		own = a
	}
	return town, own, contact
}
