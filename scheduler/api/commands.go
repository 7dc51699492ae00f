package api

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// commandWait is how long a request waits for a unit's next word.
const commandWait = 20 * time.Second

// Commander tells units to do something once.
type Commander interface {
	Command(ctx context.Context, unit, id, do string, say ...wire.Item) (scheduler.Command, error)
	Commanded(ctx context.Context, unit, id, after string) (scheduler.Command, error)
}

// Bundler gives the diagnostics bundles that units sent.
type Bundler interface {
	Bundle(ctx context.Context, unit, command string) ([]byte, error)
}

// CommandPath names a command. It is exported because huma reads no embedded
// struct whose name is not.
type CommandPath struct {
	ID      string `path:"id" maxLength:"80"`
	Command string `path:"command" maxLength:"80"`
}

// bundleOut is a file.
type bundleOut struct {
	Type string `header:"Content-Type"`
	Name string `header:"Content-Disposition"`
	Body []byte
}

// commands adds the routes of once-only commands.
func (s *server) commands() {
	type give struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.CommandSpec
	}
	route(s, methodPost, "/units/{id}/commands", "command-unit", "Tells a unit to do something once: a test tone, a new start, the diagnostics bundle", scheduler.ActCommand,
		at(func(ctx context.Context, in *give) ([]need, error) { return s.ofUnit(ctx, in.ID) }),
		func(ctx context.Context, in *give) (*answer[client.Command], error) {
			u, err := s.Store.Unit(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			var say []wire.Item
			if in.Body.Where && in.Body.Do == wire.CommandTone {
				if say, err = s.where(ctx, u.Unit); err != nil {
					return nil, err
				}
			}
			id := strings.ToLower(rand.Text())
			m, err := s.Commander.Command(ctx, in.ID, id, in.Body.Do, say...)
			if err != nil {
				return nil, err
			}
			return reply(commandOut(m)), s.Store.AuditCommand(ctx, in.ID, id, in.Body.Do)
		})
	type look struct {
		CommandPath
		After string `query:"after" doc:"Waits up to 20 s for another state than this"`
	}
	route(s, methodGet, "/units/{id}/commands/{command}", "get-command", "What became of a command", scheduler.ActCommand,
		at(func(ctx context.Context, in *look) ([]need, error) { return s.ofUnit(ctx, in.ID) }),
		func(ctx context.Context, in *look) (*answer[client.Command], error) {
			ctx, cancel := context.WithTimeout(ctx, commandWait)
			defer cancel()
			m, err := s.Commander.Commanded(ctx, in.ID, in.Command, in.After)
			return reply(commandOut(m)), err
		})
	route(s, methodGet, "/units/{id}/commands/{command}/bundle", "get-bundle", "The diagnostics bundle that a unit sent, a tar.gz", scheduler.ActCommand,
		at(func(ctx context.Context, in *CommandPath) ([]need, error) { return s.ofUnit(ctx, in.ID) }),
		func(ctx context.Context, in *CommandPath) (*bundleOut, error) {
			b, err := s.Bundler.Bundle(ctx, in.ID, in.Command)
			if err != nil {
				return nil, err
			}
			return &bundleOut{Type: "application/gzip", Name: `attachment; filename="` + in.ID + `.tar.gz"`, Body: b}, nil
		})
}

// where speaks the place of a unit; it is nothing where no program speaks, and the
// tone sounds alone.
func (s *server) where(ctx context.Context, u scheduler.Unit) ([]wire.Item, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return nil, err
	}
	text := scheduler.SaysWhere(tree, u)
	a, err := s.Intake.Speak(ctx, text, text)
	if scheduler.KindOf(err) == scheduler.Unavailable {
		return nil, nil
	}
	if err != nil || a.Rendition == nil {
		return nil, err
	}
	r := a.Rendition
	return []wire.Item{{Title: text, Sound: &wire.Sound{Hash: r.Hash, Size: r.Size, Type: r.Type, Lead: r.Lead, Frames: r.Frames}}}, nil
}

func commandOut(m scheduler.Command) client.Command {
	return client.Command{ID: m.ID, Unit: m.Unit, Do: m.Do, At: m.At, Until: m.Until, State: m.State, Why: m.Why, Says: m.Says, Changed: m.Changed}
}
