package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// Keys are the centre's signing keys.
type Keys interface {
	// SigningKeys lists them, oldest first.
	SigningKeys(context.Context) ([]client.SigningKey, error)
	// RotateKeys makes a new one with the signing root in a file, "" for the usual
	// one, and takes those before out of the ring.
	RotateKeys(ctx context.Context, root string) (client.SigningKey, error)
}

// keys adds the routes of the signing keys.
func (s *server) keys() {
	route(s, methodGet, "/keys", "list-keys", "The keys with which the centre signs, and those of before", scheduler.ActAudit, county[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.SigningKey]], error) {
			all, err := s.Keys.SigningKeys(ctx)
			return list(all, "", func(k client.SigningKey) client.SigningKey { return k }), err
		})
	type rotate struct{ Body client.RotateSpec }
	route(s, methodPost, "/keys/rotate", "rotate-keys", "Makes a new signing key and takes those before out of the ring; only from the centre's own machine", scheduler.ActSettings, county[rotate](),
		func(ctx context.Context, in *rotate) (*answer[client.SigningKey], error) {
			if actor(ctx).Via != scheduler.ViaFile {
				return nil, onTheMachine("keys rotate")
			}
			k, err := s.Keys.RotateKeys(ctx, in.Body.Root)
			return reply(k), err
		})
}

// onTheMachine refuses what only whoever can read the data directory may do.
func onTheMachine(command string) error {
	return &scheduler.Error{Kind: scheduler.Forbidden, Message: "this is done on the centre's own machine",
		Remedy: "run villagecast " + command + " there, with its data directory"}
}
