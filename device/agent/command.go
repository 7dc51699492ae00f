package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// maxCommands is how many commands wait while one is obeyed.
	maxCommands = 8
	// answerMoment is how long an answer may take to leave before a restart.
	answerMoment = time.Second
)

// errAsked ends the agent because the centre asked for it.
var errAsked = errors.New("the centre asks for a new start")

// commander obeys the centre's once-only commands. take belongs to the goroutine
// that looks at what comes, obey to its own.
type commander struct {
	a      *agent
	log    *slog.Logger
	orders chan wire.Command
}

// take judges a command: signed, for this unit, not expired, never seen. Its id
// is on the card before it is obeyed.
func (c *commander) take(payload []byte) {
	a := c.a
	m, err := wire.OpenCommand(payload, wire.UnitAddress(a.o.Settings.Unit), a.keeper.ring, a.keeper.root)
	if err != nil {
		a.keeper.refused.note("command", wire.RefusalCode(err), err.Error())
		return
	}
	refuse := func(why string) {
		a.keeper.refused.note("command", wire.AnswerRefused, m.ID+" ("+m.Do+"): "+why)
		c.answer(m, wire.AnswerRefused, why)
	}
	switch {
	case !a.air.Trusted():
		refuse("the unit's clock is not right: whether the command has expired cannot be said")
		return
	case m.Until <= a.air.Stamp():
		refuse("it has expired")
		return
	case !canObey(m.Do):
		refuse("this agent cannot do " + m.Do)
		return
	case len(c.orders) == cap(c.orders):
		refuse("too many commands wait")
		return
	}
	fresh, err := a.spool.Obey(m.ID, m.Revision)
	switch {
	case err != nil:
		refuse(err.Error())
	case !fresh:
		refuse("it was obeyed already")
	default:
		a.keeper.word.signed(time.UnixMilli(int64(m.Revision)))
		c.answer(m, wire.AnswerAccepted, "")
		c.orders <- m
	}
}

func canObey(do string) bool {
	return do == wire.CommandTone || do == wire.CommandRestart || do == wire.CommandBundle
}

func (c *commander) answer(m wire.Command, state, why string) {
	c.a.link.post(wire.ChannelAnswer, wire.Answer{Unit: c.a.o.Settings.Unit, Command: m.ID, At: c.a.air.Stamp(), State: state, Why: words(why, wire.MaxWords)}, false)
}

// run obeys one command after the other until ctx ends.
func (c *commander) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.orders:
			c.log.Info("obeys", "command", m.ID, "do", m.Do)
			why, err := c.obey(ctx, m)
			if err != nil {
				c.answer(m, wire.AnswerFailed, err.Error())
				continue
			}
			c.answer(m, wire.AnswerDone, why)
			if m.Do == wire.CommandRestart && sleep(ctx, answerMoment) {
				c.a.quit(errAsked)
			}
		}
	}
}

func (c *commander) obey(ctx context.Context, m wire.Command) (why string, err error) {
	switch m.Do {
	case wire.CommandTone:
		return c.tone(ctx, m)
	case wire.CommandBundle:
		n, err := c.a.sendBundle(ctx, m.ID)
		return fmt.Sprintf("%d bytes", n), err
	}
	return "ends, to be started anew", nil
}
