package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Freeze is a time in which nothing new goes out (重保期): only warnings, what was
// approved before and is named, and what makes silent.
type Freeze struct {
	ID    string
	From  time.Time
	Until time.Time
	Why   string
	// By is the id of the administrator who set it.
	By  string
	Set time.Time
	// Lifted is when it was lifted before its end; zero if it was not.
	Lifted time.Time
	// Approved are what may go out all the same.
	Approved []Approved
}

// Approved is the content of a programme that was on air or approved before.
type Approved struct {
	Programme string `json:"programme"`
	Hash      string `json:"hash"`
}

// maxFreeze bounds a freeze: one that nobody remembers ends.
const maxFreeze = 92 * 24 * time.Hour

// Validate tells what is wrong with a freeze that is to be set.
func (f Freeze) Validate(now time.Time) error {
	switch {
	case strings.TrimSpace(f.Why) == "":
		return invalid("why", "", "a freeze needs a reason", "say in words what it is for")
	case !f.Until.After(now) || !f.Until.After(f.From):
		return invalid("until", f.Until.Format(time.RFC3339), "it ends before it begins", "give an end to come")
	case f.Until.Sub(f.From) > maxFreeze:
		return invalid("until", f.Until.Format(time.RFC3339), "too far away", "end it within three months")
	}
	return checkName("why", f.Why, maxName)
}

// Holds tells whether it is in force.
func (f Freeze) Holds(now time.Time) bool {
	return f.Lifted.IsZero() && !now.Before(f.From) && now.Before(f.Until)
}

// Allows tells whether the content of a programme may go out in it.
func (f Freeze) Allows(programme, hash string) bool {
	return slices.Contains(f.Approved, Approved{programme, hash})
}

// Refusal is the error for what would change what goes out.
func (f Freeze) Refusal(zone *time.Location) error {
	return &Error{Kind: Conflict, Field: "freeze", Value: f.ID,
		Message: fmt.Sprintf("a change freeze is in force until %s: %s (set by %s); only warnings, withdrawal and what was approved for it are possible", f.Until.In(zone).Format("2006-01-02 15:04"), f.Why, f.By),
		Remedy:  "wait for its end, or ask an administrator to lift it"}
}
