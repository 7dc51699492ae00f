package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// CommandSent is the state of a command of which the unit has said nothing yet;
// the others are wire.Answer….
const CommandSent = "sent"

// Command is something that a unit was told to do once, and what became of it.
type Command struct {
	ID, Unit string
	// Do is one of wire.Command….
	Do string
	// At is when it was given; the unit does not begin it after Until.
	At, Until time.Time
	// State and Why are the unit's last word, which came at Changed.
	State, Why string
	Changed    time.Time
}

// Over tells whether nothing more comes.
func (c Command) Over() bool {
	return c.State == wire.AnswerDone || c.State == wire.AnswerFailed || c.State == wire.AnswerRefused
}
