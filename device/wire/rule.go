package wire

// RuleKind is one of the four ways of saying when.
type RuleKind string

// The kinds of rule.
const (
	RuleLoop  RuleKind = "loop"  // rounds one after the other in a window
	RuleEvery RuleKind = "every" // a round each n minutes in a window
	RuleAt    RuleKind = "at"    // a chain of rounds at fixed times
	RuleOnce  RuleKind = "once"  // a chain of rounds at one instant
)

// Rule says when a programme plays, in civil time of the county's zone.
type Rule struct {
	Kind RuleKind `json:"kind"`
	// Window is that of a loop or every rule. From > To crosses midnight and
	// belongs to the day on which it starts; From = To is an error.
	Window *Window `json:"window,omitempty"`
	// Every is the distance of the rounds of an every rule, in minutes, 1 to 1440.
	Every int `json:"every,omitempty"`
	// Times are the times of an at rule.
	Times []Clock `json:"times,omitempty"`
	// Once is the civil instant of a once rule.
	Once DateTime `json:"once,omitempty"`
	// Rounds is the length of the chain of an at or once rule; 0 means 1.
	Rounds int `json:"rounds,omitempty"`
	// Pause between rounds in seconds, for loop, at and once. Up to 60 s it
	// belongs to the programme; a longer one frees the output.
	Pause int `json:"pause,omitempty"`
	// Cron is a five-field expression. For an at rule it replaces Times and
	// Days; for loop and every its minute and hour must be * and it says the days.
	Cron string `json:"cron,omitempty"`
	// Days of the week, 1 Monday to 7 Sunday; empty is every day.
	Days []int `json:"days,omitempty"`
	// From and Until bound the validity: civil instants, until exclusive.
	From  DateTime `json:"from,omitempty"`
	Until DateTime `json:"until,omitempty"`
	// Skip are days on which the rule does not hold.
	Skip []Date `json:"skip,omitempty"`
	// On names calendars: where given, a day must be in one of them, whatever
	// its weekday. Off names calendars whose days are left out.
	On  []string `json:"on,omitempty"`
	Off []string `json:"off,omitempty"`
}

// Window is a span of civil time of day, From inclusive, To exclusive.
type Window struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// Clock is a civil time of day, "07:00" or "07:00:30"; To of a window may be "24:00".
type Clock string

// Date is a civil day, "2026-11-24".
type Date string

// DateTime is a civil instant, "2026-11-24T07:00:00".
type DateTime string
