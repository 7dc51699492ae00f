package agent

import (
	"context"
	"fmt"
	"slices"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/wire"
)

// follow sets the addresses to subscribe to.
func (l *link) follow(addresses []wire.Address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addresses = slices.Clone(addresses)
	l.topics = map[string]bool{}
	for _, sub := range wire.UnitSubscriptions(l.unit, addresses, wire.CentreFeatures()...) {
		l.topics[sub.Filter] = true
	}
	if l.now != nil {
		poke(l.now.adjust)
	}
}

// follows tells whether the unit has ever a reason to hear something on a topic.
// A broker sends what it likes, whatever was subscribed to.
func (l *link) follows(topic string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.topics[topic]
}

func (l *link) wanted() []wire.Address {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addresses
}

// learn takes the centre's word of what it knows beyond the first version.
func (s *session) learn(features []string) {
	s.known.Store(&features)
	poke(s.adjust)
}

// keepUp brings the session's subscriptions to what is wanted and known, whenever
// that changes, until the session ends.
func (l *link) keepUp(ctx context.Context, s *session) {
	for {
		l.adjust(ctx, s)
		select {
		case <-s.lost:
			return
		case <-s.adjust:
		}
	}
}

func (l *link) adjust(ctx context.Context, s *session) {
	wanted, known := l.wanted(), list(&s.known)
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

// centreKnows tells whether the centre, as it spoke in this session, knows a feature.
func (l *link) centreKnows(feature string) bool {
	known, said := l.centreSaid()
	return said && slices.Contains(known, feature)
}

// centreOld tells whether the centre has spoken, and has not named a feature.
func (l *link) centreOld(feature string) bool {
	known, said := l.centreSaid()
	return said && !slices.Contains(known, feature)
}

func (l *link) centreSaid() (features []string, said bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil || l.now.known.Load() == nil {
		return nil, false
	}
	return *l.now.known.Load(), true
}
