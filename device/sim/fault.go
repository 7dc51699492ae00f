package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// past is a deadline that is over.
var past = time.Unix(1, 0)

// Kind is what befalls a unit.
type Kind string

// The kinds of fault.
const (
	// Kill takes the power away: nothing is said, and what was not synced is lost.
	Kill Kind = "kill"
	// Hang stops the playing loop, and all that looks at the clock, while the
	// connection lives on.
	Hang Kind = "hang"
	// Cut makes the network vanish without a word.
	Cut Kind = "cut"
)

func kinds() []Kind { return []Kind{Kill, Hang, Cut} }

// Fault befalls units at a time after the start, and ends.
type Fault struct {
	Kind Kind
	// Units are the ids of those that it befalls; none are all.
	Units []string
	// At is when it begins, after the start; For is how long it lasts, 0 for ever.
	At, For time.Duration
}

// ParseFault reads a fault as people write it: the kind, units joined by commas
// or "all", "at" a time after the start, and "for" a time if it is to end, such
// as "kill u1,u2 at 30s for 1m" or "cut all at 2m".
func ParseFault(s string) (Fault, error) {
	words := strings.Fields(s)
	wrong := func(why string) (Fault, error) {
		return Fault{}, fmt.Errorf("fault %q: %s; write it as \"kill u1,u2 at 30s for 1m\"", s, why)
	}
	if len(words) != 4 && len(words) != 6 {
		return wrong("it has not four or six words")
	}
	f := Fault{Kind: Kind(words[0])}
	if !slices.Contains(kinds(), f.Kind) {
		return wrong(fmt.Sprintf("%q is no kind of fault: use kill, hang or cut", words[0]))
	}
	if words[1] != "all" {
		f.Units = strings.Split(words[1], ",")
	}
	var err error
	if words[2] != "at" {
		return wrong("the third word is not \"at\"")
	}
	if f.At, err = time.ParseDuration(words[3]); err != nil || f.At < 0 {
		return wrong(fmt.Sprintf("%q is no time after the start", words[3]))
	}
	if len(words) == 6 {
		if words[4] != "for" {
			return wrong("the fifth word is not \"for\"")
		}
		if f.For, err = time.ParseDuration(words[5]); err != nil || f.For <= 0 {
			return wrong(fmt.Sprintf("%q is no length of time", words[5]))
		}
	}
	return f, nil
}

func (f Fault) befalls(unit string) bool {
	return len(f.Units) == 0 || slices.Contains(f.Units, unit)
}
