package scheduler

import (
	"slices"
	"strings"
	"time"
	"unicode"

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
	// Says is what it was given to say after a test tone.
	Says    string
	Changed time.Time
}

// Over tells whether nothing more comes.
func (c Command) Over() bool {
	return c.State == wire.AnswerDone || c.State == wire.AnswerFailed || c.State == wire.AnswerRefused
}

// SaysWhere is what a unit says of where it hangs, in Chinese if the names are.
func SaysWhere(t *Tree, u Unit) string {
	var names []string
	for _, id := range t.Chain(u.Area) {
		if a, _ := t.Area(id); a.Parent != "" { // the county goes without saying
			names = append(names, a.Name)
		}
	}
	all := strings.Join(names, "")
	if strings.ContainsFunc(all+u.Name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "这里是" + all + "，" + u.Name + "。"
	}
	names = append(names, u.Name)
	slices.Reverse(names)
	return "This is " + strings.Join(names, ", ") + "."
}
