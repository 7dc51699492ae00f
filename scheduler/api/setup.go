package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// setup adds the route of how the centre is set up.
func (s *server) setup() {
	route(s, methodGet, "/setup", "get-setup", "How the centre is set up and how its machine stands, for villagecast doctor", scheduler.ActSettings, county[none](),
		func(ctx context.Context, _ *none) (*answer[client.Setup], error) {
			v, err := s.Setup(ctx)
			return reply(v), err
		})
}
