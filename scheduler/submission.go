package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Submission is one way of a version to the air: from handing in, or from a
// release that needed nobody, to what became of it.
type Submission struct {
	ID        int64
	Programme string
	Version   int
	Title     string
	Issuer    string
	// By is the id of who submitted or released it, Name theirs, empty where they
	// have no account; At is when.
	By   string
	Name string
	At   time.Time
	Review
	// First is its first cue as reckoned when it was submitted; zero for none.
	First time.Time
	// Late is when that passed without approval; zero if it did not.
	Late time.Time
	// Ended is zero while it is under way. Outcome is then one of those below, Why
	// its reason.
	Ended   time.Time
	Outcome string
	Why     string
}

// The outcomes of submissions.
const (
	OutcomeReleased = "released" // it went out
	OutcomeReturned = "returned" // an approver handed it back
	OutcomeChanged  = "changed"  // its author changed it
	OutcomeUndone   = "undone"   // its release was undone
	OutcomeLate     = "late"     // not approved in time, and there is no later time
	OutcomeFailed   = "failed"   // it could not take effect
)

// NotInTime is the reason that stands in the record of what was due while
// nobody had approved it.
const NotInTime = "not approved in time"

// Waiting is something that waits for people: a submitted programme, or a warning
// that needs a second person. One of the two is set.
type Waiting struct {
	Submission *Submission
	Warning    *Warning
	// By is the id of who asked for the warning, Name theirs.
	By   string
	Name string
	// Since when it waits.
	Since time.Time
}

// For tells whether it waits for the actor.
func (w Waiting) For(t *Tree, a Actor) bool {
	if m := w.Warning; m != nil {
		return a.ID != w.By && a.may(t, ActWarn, m.Area) && a.may(t, ActWarn, m.Issuer)
	}
	for _, id := range w.Submission.Hands {
		if id == a.ID {
			return false
		}
	}
	for _, c := range w.Submission.Given {
		if c.Person == a.ID || c.For == a.ID {
			return false
		}
	}
	return a.may(t, ActApprove, w.Submission.Issuer)
}

// GoesOut is all that a version puts on the air, or has put there.
type GoesOut struct {
	// Programme has the items that travel.
	Programme Programme
	Addresses []wire.Address
	Hash      string
	// Changed says that it is not what was submitted any more.
	Changed bool
	Reach   Reach
}
