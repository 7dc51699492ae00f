package wire

// What a command may be.
const (
	CommandTone    = "tone"    // sound a test tone, and say Items after it
	CommandRestart = "restart" // end the agent, for its supervisor to start anew
	CommandBundle  = "bundle"  // send the diagnostics bundle to the centre over HTTP
)

// Command tells one unit to do something once. It travels in an envelope of kind
// KindCommand, not retained. A unit obeys it only before Until, and never twice:
// its id goes into the unit's ledger before it is obeyed.
type Command struct {
	Address Address `json:"address"`
	// Revision is when it was given, unix milliseconds.
	Revision uint64 `json:"revision"`
	ID       string `json:"id"`
	// Do is one of the Command… constants.
	Do string `json:"do"`
	// Until is its expiry, unix milliseconds; at most MaxCommandLife after Revision.
	Until int64 `json:"until"`
	// Items are what a test tone says after it; those that are not on the unit's
	// disk and do not come in time are left out.
	Items []Item `json:"items,omitempty"`
}

// MaxCommandLife is the longest life of a command, in milliseconds.
const MaxCommandLife = 24 * 3600_000

// States of a command at its unit.
const (
	AnswerAccepted = "accepted"
	AnswerRefused  = "refused" // expired, known already, or not for this unit
	AnswerDone     = "done"
	AnswerFailed   = "failed"
)

// Answer says what became of a command.
type Answer struct {
	Unit string `json:"unit"`
	// Command is the command's id.
	Command string `json:"command"`
	At      int64  `json:"at"`
	// State is one of the Answer… constants.
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
}

// Validate checks a command.
func (m Command) Validate() error {
	var c check
	c.address("address", m.Address)
	kind, _ := m.Address.Split()
	c.that(kind == "unit", "address", m.Address, "a command is for one unit")
	c.time("revision", int64(m.Revision))
	c.id("id", m.ID)
	c.oneOf("do", m.Do, CommandTone, CommandRestart, CommandBundle)
	life := m.Until - int64(m.Revision)
	c.that(life > 0 && life <= MaxCommandLife, "until", m.Until, "use at most 24 hours after the revision")
	c.count("items", len(m.Items), 10)
	each(&c, "items", m.Items)
	return c.err
}

// ValidateFrame checks what an older unit must understand of a command: what it
// is to do is judged where it is obeyed.
func (m Command) ValidateFrame() error {
	do := m.Do
	m.Do = CommandRestart
	if err := m.Validate(); err != nil {
		return err
	}
	var c check
	c.id("do", do)
	return c.err
}

// Validate checks an answer.
func (a Answer) Validate() error {
	var c check
	c.id("unit", a.Unit)
	c.id("command", a.Command)
	c.time("at", a.At)
	c.oneOf("state", a.State, AnswerAccepted, AnswerRefused, AnswerDone, AnswerFailed)
	c.text("why", a.Why, 0, MaxWords)
	return c.err
}
