package scheduler

import "time"

// InForce is one thing that keeps units from playing what they would, or lets
// them play what they would not: everybody is to see it, with who may end it.
type InForce struct {
	// Kind is stop, withdraw, mute, pause, exception, freeze, or revoked for a unit
	// whose device was shut out.
	Kind string
	ID   string
	// Area is where it holds; Unit too if only one unit is meant.
	Area, Unit string
	// What it is about, in words: titles of what was stopped.
	What string
	Why  string
	// Since, By its id, and Name as they were called then.
	Since    time.Time
	By, Name string
	// Until is zero if it has no end.
	Until time.Time
	// Lift is the act by which it is ended; empty if nothing ends it, as a STOP.
	Lift Act
	// Units it reaches and those that said that they obey; both 0 if that is not
	// asked.
	Units, Obey int
}

// MayLift are the roles that may end it, the most trusted first; of the area or
// one above it.
func (f InForce) MayLift() []Role {
	var out []Role
	for _, r := range Roles() {
		if f.Lift != "" && r.Allows(f.Lift) {
			out = append(out, r)
		}
	}
	return out
}
