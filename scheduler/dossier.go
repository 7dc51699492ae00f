package scheduler

import (
	"cmp"
	"slices"
	"time"
)

// Dossier is the record of one programme version: who did what with it, and where
// it played from when to when.
type Dossier struct {
	Programme Programme
	// Author drafted it; Approvers agreed to it or released it, the last being the
	// one who put it on air.
	Author    string
	Approvers []string
	Acts      []DossierAct
	Villages  []DossierVillage
	Units     []DossierUnit
	// Targeted is how many units it is or was for.
	Targeted int
}

// DossierAct is one thing that was done with it.
type DossierAct struct {
	At time.Time
	// By is an id, Name how they were called then.
	By, Name string
	// Act is a verb and a noun, as in the audit.
	Act  string
	Text string
}

// Who is how they were called, else their id.
func (a DossierAct) Who() string { return cmp.Or(a.Name, a.By) }

// DossierVillage is one area with the units in it.
type DossierVillage struct {
	Area, Town Area
	// From is the first frame of it there, To the last, both zero if it never
	// played there by what was proved.
	From, To time.Time
	// Units are those that it is or was for, Played those of them that proved it.
	Units, Played int
}

// DossierUnit is one output of one unit.
type DossierUnit struct {
	Unit, Area string
	Output     string
	From, To   time.Time
	// Content is how long items were played, Stretches in how many entries.
	Content   time.Duration
	Stretches int
	// Outcome is how the last stretch ended, and Why.
	Outcome, Why string
}

// Note adds a stretch.
func (u *DossierUnit) Note(a AsRun, content time.Duration) {
	from, to := time.UnixMilli(a.From), time.UnixMilli(a.To)
	if u.From.IsZero() || from.Before(u.From) {
		u.From = from
	}
	if !to.Before(u.To) {
		u.To, u.Outcome, u.Why = to, a.Outcome, a.Why
	}
	u.Content += content
	u.Stretches++
}

// Approves tells whether an act of the audit is one of agreement.
func (a DossierAct) Approves() bool {
	return slices.Contains([]string{"approve programme", "release programme", "put on air"}, a.Act)
}
