package fleet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const (
	// commandLife is how long a unit may obey a command that it gets late.
	commandLife = 2 * time.Minute
	// keepCommands is how many commands, and what became of them, are remembered.
	keepCommands = 1000
)

// commanding are the commands that were given, the oldest first, and what the
// units that were heard can do.
type commanding struct {
	mu     sync.Mutex
	given  []*given
	agents map[string]wire.Birth
}

// given is one command.
type given struct {
	scheduler.Command
	changed chan struct{} // closed when its state changes
}

// born remembers what a unit's agent can do.
func (c *commanding) born(b wire.Birth) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.agents == nil {
		c.agents = map[string]wire.Birth{}
	}
	c.agents[b.Unit] = b
}

func (c *commanding) add(m scheduler.Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = append(c.given, &given{m, make(chan struct{})})
	c.given = c.given[max(0, len(c.given)-keepCommands):]
}

func (c *commanding) find(unit, id string) *given {
	i := slices.IndexFunc(c.given, func(g *given) bool { return g.Unit == unit && g.ID == id })
	if i < 0 {
		return nil
	}
	return c.given[i]
}

// answer takes a unit's word. What is over stays as it is: the second copy of a
// command is refused by a unit that has obeyed the first.
func (c *commanding) answer(unit string, a wire.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.find(unit, a.Command)
	if g == nil || g.Over() || g.State == wire.AnswerAccepted && a.State == wire.AnswerRefused {
		return
	}
	g.State, g.Why, g.Changed = a.State, a.Why, time.Now()
	close(g.changed)
	g.changed = make(chan struct{})
}

// old says that the unit's agent cannot obey, if that is known.
func (c *commanding) old(unit string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, known := c.agents[unit]
	if !known || slices.Contains(b.Features, wire.FeatureCommand) {
		return nil
	}
	return &scheduler.Error{Kind: scheduler.Conflict, Field: "unit", Value: unit,
		Message: scheduler.Words{ZH: fmt.Sprintf("%s 的程序太旧（%s）：不认命令", unit, b.Software), EN: fmt.Sprintf("the agent of %s is too old (%s): it obeys no commands", unit, b.Software)},
		Remedy:  scheduler.Words{ZH: "给它装上这个版本的程序", EN: "put the agent of this version on it"}}
}

// Command tells a unit to do something once, under an id that the caller chose; say
// is what it is to say after a test tone.
// It is given when the broker has it; Commanded tells what became of it.
func (f *Fleet) Command(ctx context.Context, unit, id, do string, say ...wire.Item) (scheduler.Command, error) {
	if err := f.commands.old(unit); err != nil {
		return scheduler.Command{}, err
	}
	s := f.session.Load()
	if s == nil {
		return scheduler.Command{}, unavailable(scheduler.Words{ZH: "中心没有连上消息服务器", EN: "the centre has no link to the broker"},
			scheduler.Words{ZH: "恢复后再试", EN: "try again when it is back"})
	}
	now := time.Now()
	m := scheduler.Command{ID: id, Unit: unit, Do: do, At: now, Until: now.Add(commandLife), Changed: now, State: scheduler.CommandSent}
	for _, it := range say {
		m.Says += it.Title
	}
	address := wire.UnitAddress(unit)
	revision := uint64(now.UnixMilli())
	raw, err := f.options.Signer.Seal(wire.KindCommand, address, revision, wire.Command{Address: address, Revision: revision, ID: id, Do: do, Until: m.Until.UnixMilli(), Items: say})
	if err != nil {
		return m, fmt.Errorf("command %s: %w", unit, err)
	}
	f.commands.add(m) // before the unit can answer
	if err := await(s.client.Publish(wire.CommandTopic(unit), 1, false, raw)); err != nil {
		return m, unavailable(scheduler.Words{ZH: "消息服务器不收这条命令", EN: "the broker does not take the command"}, scheduler.Words{ZH: "再试一次", EN: "try again"})
	}
	return m, ctx.Err()
}

// Commanded is a command; it waits until its state is another one than after, or
// ctx ends, or a unit that has said nothing may not obey any more.
func (f *Fleet) Commanded(ctx context.Context, unit, id, after string) (scheduler.Command, error) {
	for {
		f.commands.mu.Lock()
		g := f.commands.find(unit, id)
		if g == nil {
			f.commands.mu.Unlock()
			return scheduler.Command{}, scheduler.Missing("command", id, nil)
		}
		m, changed := g.Command, g.changed
		f.commands.mu.Unlock()
		if after == "" || m.State != after || m.Over() {
			return m, nil
		}
		select {
		case <-changed:
		case <-f.done:
			return m, nil
		case <-ctx.Done():
			return m, nil
		}
	}
}
