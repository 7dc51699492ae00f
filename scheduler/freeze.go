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
		return invalid("why", "", Words{"重保期要写理由", "a freeze needs a reason"}, Words{"写明为了什么", "say in words what it is for"})
	case !f.Until.After(now) || !f.Until.After(f.From):
		return invalid("until", f.Until.Format(time.RFC3339), Words{"结束早于开始", "it ends before it begins"}, Words{"写一个还没到的结束时间", "give an end to come"})
	case f.Until.Sub(f.From) > maxFreeze:
		return invalid("until", f.Until.Format(time.RFC3339), Words{"太远了", "too far away"}, Words{"在三个月内结束", "end it within three months"})
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
	until := f.Until.In(zone).Format("2006-01-02 15:04")
	return &Error{Kind: Conflict, Field: "freeze", Value: f.ID,
		Message: Words{
			fmt.Sprintf("重保期到 %s：%s（由 %s 设定）；只能发预警、撤播，以及事先批准的任务", until, f.Why, f.By),
			fmt.Sprintf("a change freeze is in force until %s: %s (set by %s); only warnings, withdrawal and what was approved for it are possible", until, f.Why, f.By)},
		Remedy: Words{"等它结束，或请管理员解除", "wait for its end, or ask an administrator to lift it"}}
}
