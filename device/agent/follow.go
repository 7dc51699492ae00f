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

// learn takes the centre's word of what it knows beyond the first version.
func (l *link) learn(ctx context.Context, s *session, features []string) {
	s.following.Lock()
	s.known = features
	s.following.Unlock()
	l.mu.Lock()
	current := l.now == s
	l.mu.Unlock()
	if current { // else serve does it as soon as the session stands
		l.adjust(ctx, s)
	}
}

// adjust brings the session's subscriptions to what is wanted and known.
func (l *link) adjust(ctx context.Context, s *session) {
	s.following.Lock()
	defer s.following.Unlock()
	wanted, known := l.wanted(), s.known
	before, after := wire.UnitSubscriptions(l.unit, s.addresses, s.inUse()...), wire.UnitSubscriptions(l.unit, wanted, known...)
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
		refused, err := s.subscribe(ctx, fresh)
		if err != nil {
			s.end(err)
			return
		}
		known = l.without(known, refused)
	}
	s.features.Store(&known)
	poke(s.learned)
}

// without are the features that are left when the broker refuses topics of some.
func (l *link) without(known []string, refused []string) []string {
	for _, filter := range refused {
		topic, _ := wire.ParseTopic(filter) // one of ours
		need := topic.Spec().Needs
		known = slices.DeleteFunc(slices.Clone(known), func(f string) bool { return f == need })
		l.cond.raise(CodeBroker, fmt.Sprintf("the broker refuses %s: give it the access list of the centre's version", filter))
		l.log.Warn("the broker refuses a topic that the centre knows", "topic", filter)
	}
	return known
}

// subscribe gives the filters that the broker refuses, if the unit can do
// without them.
func (s *session) subscribe(ctx context.Context, subs []wire.Subscription) (refused []string, err error) {
	filters := map[string]byte{}
	for _, sub := range subs {
		filters[sub.Filter] = sub.QoS
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := s.await(ctx, token); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	t, ok := token.(*paho.SubscribeToken)
	if !ok {
		return nil, nil
	}
	for filter, code := range t.Result() {
		if code <= 2 { // MQTT 3.1.1, 3.9.3: 0x80 is failure
			continue
		}
		if topic, _ := wire.ParseTopic(filter); topic.Spec().Needs == "" {
			return nil, fmt.Errorf("subscribe: the broker refuses %q", filter)
		}
		refused = append(refused, filter)
	}
	return refused, nil
}
