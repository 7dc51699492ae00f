package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Subscription is one topic filter with the quality at which it is asked for.
type Subscription struct {
	Filter string
	QoS    byte
}

// UnitSubscriptions is what a unit subscribes to: exact topics only. addresses
// are those of its settings; its own address may stand among them or not.
// features are those that the centre names: an older broker refuses what it does
// not know.
func UnitSubscriptions(unit string, addresses []Address, features ...string) []Subscription {
	own := UnitAddress(unit)
	subs := []Subscription{{KeysTopic, 1}, {CentreTopic, 1}}
	for _, s := range topicTable {
		if s.Reader == SideUnit && strings.HasPrefix(s.Pattern, Root+"unit/") && s.allowed(features) {
			subs = append(subs, Subscription{Topic{s.Channel, own}.String(), s.QoS})
		}
	}
	for _, a := range addresses {
		if kind, _ := a.Split(); kind == "area" {
			subs = append(subs, Subscription{BulletinTopic(a), 1}, Subscription{OrdersTopic(a), 1})
		}
	}
	return subs
}

// allowed tells whether a centre with these features knows the topic.
func (s TopicSpec) allowed(features []string) bool {
	return s.Needs == "" || slices.Contains(features, s.Needs)
}

// CentreSubscriptions is what the centre subscribes to: one filter for each
// channel of the units.
func CentreSubscriptions() []Subscription {
	var subs []Subscription
	for _, s := range topicTable {
		if s.Reader == SideCentre {
			subs = append(subs, Subscription{strings.Replace(s.Pattern, "{id}", "+", 1), s.QoS})
		}
	}
	return subs
}

// Access is what one login of the broker may do. Every entry is an exact topic
// or, for the centre, a filter.
type Access struct {
	Publish   []string
	Subscribe []string
}

// UnitAccess is what the unit may do: publish on its own channels, and hear
// the key ring, the centre's state, its own address and the areas of its chain.
func UnitAccess(unit string, chain []string) Access {
	var a Access
	addresses := make([]Address, len(chain))
	for i, id := range chain {
		addresses[i] = AreaAddress(id)
	}
	for _, s := range UnitSubscriptions(unit, addresses, CentreFeatures()...) {
		a.Subscribe = append(a.Subscribe, s.Filter)
	}
	for _, s := range topicTable {
		if s.Publisher == SideUnit {
			a.Publish = append(a.Publish, UnitTopic(unit, s.Channel))
		}
	}
	return a
}

// CentreAccess is what the centre may do: publish where the table says so and
// hear every unit.
func CentreAccess() Access {
	var a Access
	for _, s := range topicTable {
		filter := strings.Replace(s.Pattern, "{id}", "+", 1)
		if s.Publisher == SideCentre {
			a.Publish = append(a.Publish, filter)
		}
		// The centre may read its own words too: it sees what a broker still holds.
		a.Subscribe = append(a.Subscribe, filter)
	}
	return a
}

// MayPublish tells whether the login may publish on the topic.
func (a Access) MayPublish(topic string) bool {
	return !strings.ContainsAny(topic, "+#") && slices.ContainsFunc(a.Publish, func(f string) bool { return matches(f, topic) })
}

// MayRead tells whether a message on the topic may be delivered to the login,
// or the login may subscribe to the filter. A filter wider than what is granted
// is refused whole.
func (a Access) MayRead(filter string) bool {
	return slices.ContainsFunc(a.Subscribe, func(f string) bool { return matches(f, filter) })
}

// Mosquitto is the access as a section of Mosquitto's acl_file.
func (a Access) Mosquitto(user string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "user %s\n", user)
	for _, t := range a.Subscribe {
		fmt.Fprintf(&b, "topic read %s\n", t)
	}
	for _, t := range a.Publish {
		fmt.Fprintf(&b, "topic write %s\n", t)
	}
	return b.String()
}

// matches tells whether every topic of filter is one of grant's. Both know "+"
// only; a "#" in filter is wider than any grant.
func matches(grant, filter string) bool {
	g, f := strings.Split(grant, "/"), strings.Split(filter, "/")
	if len(g) != len(f) {
		return false
	}
	for i := range g {
		if f[i] == "#" || g[i] != f[i] && g[i] != "+" {
			return false
		}
	}
	return true
}
