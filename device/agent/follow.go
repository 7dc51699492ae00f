package agent

import (
	"context"
	"fmt"
	"slices"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

// follow sets the addresses to subscribe to, at once where there is a session.
func (l *link) follow(ctx context.Context, addresses []wire.Address) {
	l.mu.Lock()
	l.addresses = slices.Clone(addresses)
	s := l.now
	l.mu.Unlock()
	if s != nil {
		l.adjust(ctx, s)
	}
}

func (l *link) wanted() []wire.Address {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addresses
}

// adjust brings the session's subscriptions to what is wanted.
func (l *link) adjust(ctx context.Context, s *session) {
	s.following.Lock()
	defer s.following.Unlock()
	wanted := l.wanted()
	if slices.Equal(wanted, s.addresses) {
		return
	}
	before, after := wire.UnitSubscriptions(l.unit, s.addresses), wire.UnitSubscriptions(l.unit, wanted)
	s.addresses = wanted
	var gone []string
	for _, sub := range before {
		if !slices.Contains(after, sub) {
			gone = append(gone, sub.Filter)
		}
	}
	fresh := slices.DeleteFunc(after, func(sub wire.Subscription) bool { return slices.Contains(before, sub) })
	if len(gone) > 0 {
		s.client.Unsubscribe(gone...)
	}
	if len(fresh) > 0 {
		if err := subscribe(ctx, s.client, fresh); err != nil {
			s.end(err)
		}
	}
}

func subscribe(ctx context.Context, client paho.Client, subs []wire.Subscription) error {
	filters := map[string]byte{}
	for _, s := range subs {
		filters[s.Filter] = s.QoS
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := await(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if t, ok := token.(*paho.SubscribeToken); ok {
		for filter, code := range t.Result() {
			if code > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is failure
				return fmt.Errorf("subscribe: the broker refuses %q", filter)
			}
		}
	}
	return nil
}
