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
	return &scheduler.Error{Kind: scheduler.Forbidden, Message: scheduler.Words{ZH: "这件事只能在中心本机上做", EN: "this is done on the centre's own machine"},
		Remedy: scheduler.Words{ZH: "在那里用它的数据目录运行 villagecast " + command, EN: "run villagecast " + command + " there, with its data directory"}}
}

// Broker is what a broker of the operator's own is told.
type Broker interface {
	BrokerFiles(ctx context.Context, hosts []string) (client.BrokerFiles, error)
	// CutRevoked ends connections of devices that were revoked.
	CutRevoked(context.Context) (units []string, err error)
}

// outside adds the routes for a broker of the operator's own.
func (s *server) outside() {
	type files struct{ Body client.BrokerSpec }
	route(s, methodPost, "/broker/files", "make-broker-files", "Makes what a broker of your own needs to know whom to let in; only from the centre's own machine", scheduler.ActSettings, county[files](),
		func(ctx context.Context, in *files) (*answer[client.BrokerFiles], error) {
			if actor(ctx).Via != scheduler.ViaFile {
				return nil, onTheMachine("broker mosquitto")
			}
			f, err := s.Broker.BrokerFiles(ctx, in.Body.Hosts)
			return reply(f), err
		})
	route(s, methodPost, "/broker/cut", "cut-revoked", "Ends connections of devices that were revoked, at a broker that has just read its files anew", scheduler.ActEnrol, county[none](),
		func(ctx context.Context, _ *none) (*answer[client.BrokerCut], error) {
			units, err := s.Broker.CutRevoked(ctx)
			return reply(client.BrokerCut{Units: units}), err
		})
}
