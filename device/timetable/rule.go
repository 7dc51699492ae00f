package timetable

import (
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// RuleError is one fault of a rule: which field, what stands there, what is
// wrong with it and what would be right.
type RuleError struct {
	Field   string // the field's JSON name, such as "window" or "cron"
	Value   string
	Message string
	Remedy  string
}

// Error names field, value, fault and remedy.
func (e *RuleError) Error() string {
	return fmt.Sprintf("rule.%s %q: %s; %s", e.Field, e.Value, e.Message, e.Remedy)
}

// ValidateRule checks a rule by itself. The error is a *RuleError. Whether the
// calendars that it names exist is checked by ValidateCalendars.
func ValidateRule(r wire.Rule) error { return nil }

// ValidateCalendars checks that every calendar that the rule names is known.
// The error is a *RuleError.
func ValidateCalendars(r wire.Rule, known map[string][]wire.Date) error { return nil }

// Next lists the scheduled starts of the next n rounds or chains of a rule at or
// after from, in the named zone. For a loop these are the starts of its windows.
// It gives fewer when the rule has no more within five years.
func Next(r wire.Rule, zone string, calendars map[string][]wire.Date, from time.Time, n int) ([]time.Time, error) {
	return nil, nil
}
