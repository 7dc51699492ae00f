package agenttest

import (
	"slices"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/device/wire"
)

// Said is one message of a unit.
type Said struct {
	Unit    string
	Channel wire.Channel
	Payload []byte
}

// hear keeps what a unit says and acknowledges reports.
func (c *Centre) hear(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
	topic, err := wire.ParseTopic(pk.TopicName)
	if err != nil {
		c.t.Errorf("a unit speaks on %s: %v", pk.TopicName, err)
		return
	}
	c.mu.Lock()
	c.said = append(c.said, Said{topic.Unit(), topic.Channel, slices.Clone(pk.Payload)})
	c.mu.Unlock()
	if topic.Channel == wire.ChannelReport {
		c.store(topic.Unit(), pk.Payload)
	}
}

func (c *Centre) store(unit string, payload []byte) {
	report, err := wire.Decode[wire.Report](payload)
	if err != nil {
		c.t.Errorf("report of %s: %v", unit, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return
	}
	have := c.entries[report.Spool]
	if have == nil {
		have = map[uint64]wire.Entry{}
		c.entries[report.Spool] = have
	}
	if report.After <= c.stored[report.Spool] { // else something is missing: it is asked for
		for _, e := range report.Entries {
			have[e.Seq] = e
		}
		if !c.silent {
			c.stored[report.Spool] = max(c.stored[report.Spool], report.Entries[len(report.Entries)-1].Seq)
		}
	}
	if c.silent {
		return
	}
	answer, err := wire.Encode(wire.Stored{Spool: report.Spool, Seq: c.stored[report.Spool]})
	if err != nil {
		c.t.Error(err)
		return
	}
	// Not from within the broker's own call.
	go func() { _ = c.broker.Publish(wire.StoredTopic(unit), answer, false, 1) }()
}

// Entries are all entries heard, by spool and number.
func (c *Centre) Entries() []wire.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []wire.Entry
	spools := make([]string, 0, len(c.entries))
	for s := range c.entries {
		spools = append(spools, s)
	}
	slices.Sort(spools)
	for _, s := range spools {
		part := make([]wire.Entry, 0, len(c.entries[s]))
		for _, e := range c.entries[s] {
			part = append(part, e)
		}
		slices.SortFunc(part, func(a, b wire.Entry) int { return int(int64(a.Seq) - int64(b.Seq)) })
		list = append(list, part...)
	}
	return list
}

// AsRuns are the as-run entries heard.
func (c *Centre) AsRuns() []wire.AsRun {
	var list []wire.AsRun
	for _, e := range c.Entries() {
		if e.AsRun != nil {
			list = append(list, *e.AsRun)
		}
	}
	return list
}

// Events are the events of a code heard.
func (c *Centre) Events(code string) []string {
	var list []string
	for _, e := range c.Entries() {
		if e.Event != nil && e.Event.Code == code {
			list = append(list, e.Event.Text)
		}
	}
	return list
}

// Heard are the messages on a channel, decoded strictly, oldest first.
func Heard[T wire.Payload](c *Centre, unit string, channel wire.Channel) []T {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []T
	for _, s := range c.said {
		if s.Unit != unit || s.Channel != channel {
			continue
		}
		v, err := wire.Decode[T](s.Payload)
		if err != nil {
			c.t.Fatalf("%s of %s: %v", channel, unit, err)
		}
		list = append(list, v)
	}
	return list
}

// Last is the newest message on a channel; the zero value when there is none.
func Last[T wire.Payload](c *Centre, unit string, channel wire.Channel) T {
	c.t.Helper()
	list := Heard[T](c, unit, channel)
	if len(list) == 0 {
		var none T
		return none
	}
	return list[len(list)-1]
}
