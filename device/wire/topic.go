package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Root is what every topic begins with: the protocol's name and Version.
const Root = "vc/1/"

// Channel is the last level of a topic: what is spoken of there.
type Channel string

// The channels. Those up to ChannelCommand are the centre's, the others the units'.
const (
	ChannelBulletin  Channel = "bulletin"
	ChannelOrders    Channel = "orders"
	ChannelKeys      Channel = "keys"
	ChannelCentre    Channel = "centre"
	ChannelStored    Channel = "stored"
	ChannelAsk       Channel = "ask"
	ChannelCommand   Channel = "command"
	ChannelBirth     Channel = "birth"
	ChannelGone      Channel = "gone"
	ChannelHeartbeat Channel = "heartbeat"
	ChannelOnAir     Channel = "onair"
	ChannelHave      Channel = "have"
	ChannelReport    Channel = "report"
	ChannelDetail    Channel = "detail"
	ChannelAnswer    Channel = "answer"
	ChannelEcho      Channel = "echo"
)

// Side is one of the two parties of the treaty.
type Side string

// The sides.
const (
	SideCentre Side = "centre"
	SideUnit   Side = "unit"
)

// TopicSpec is one row of the table of topics.
type TopicSpec struct {
	Channel Channel
	// Pattern is the topic with "{id}" for the id of an area or unit.
	Pattern string
	// Publisher is the one side that may publish there.
	Publisher Side
	// Reader is the side that subscribes to it.
	Reader Side
	QoS    byte
	Retain bool
	// Needs is the centre's feature without which a unit neither subscribes nor
	// publishes there; empty for the topics of the first version.
	Needs string
	// Payload is the Go type of the message; an Envelope's content in brackets.
	Payload string
}

var topicTable = []TopicSpec{
	{ChannelBulletin, Root + "area/{id}/bulletin", SideCentre, SideUnit, 1, true, "", "Envelope(Bulletin)"},
	{ChannelOrders, Root + "area/{id}/orders", SideCentre, SideUnit, 1, true, "", "Envelope(Orders)"},
	{ChannelBulletin, Root + "unit/{id}/bulletin", SideCentre, SideUnit, 1, true, "", "Envelope(Bulletin)"},
	{ChannelOrders, Root + "unit/{id}/orders", SideCentre, SideUnit, 1, true, "", "Envelope(Orders)"},
	{ChannelKeys, Root + "keys", SideCentre, SideUnit, 1, true, "", "Envelope(KeyRing)"},
	{ChannelCentre, Root + "centre", SideCentre, SideUnit, 1, true, "", "Centre"},
	{ChannelStored, Root + "unit/{id}/stored", SideCentre, SideUnit, 1, false, "", "Stored"},
	{ChannelAsk, Root + "unit/{id}/ask", SideCentre, SideUnit, 1, false, "", "DetailRequest"},
	{ChannelCommand, Root + "unit/{id}/command", SideCentre, SideUnit, 1, false, FeatureCommand, "Envelope(Command)"},
	{ChannelBirth, Root + "unit/{id}/birth", SideUnit, SideCentre, 1, false, "", "Birth"},
	{ChannelGone, Root + "unit/{id}/gone", SideUnit, SideCentre, 1, false, "", "Will"},
	{ChannelHeartbeat, Root + "unit/{id}/heartbeat", SideUnit, SideCentre, 0, false, "", "Heartbeat"},
	{ChannelOnAir, Root + "unit/{id}/onair", SideUnit, SideCentre, 0, false, "", "OnAirReport"},
	{ChannelHave, Root + "unit/{id}/have", SideUnit, SideCentre, 1, false, "", "Have"},
	{ChannelReport, Root + "unit/{id}/report", SideUnit, SideCentre, 1, false, "", "Report"},
	{ChannelDetail, Root + "unit/{id}/detail", SideUnit, SideCentre, 1, false, "", "Detail"},
	{ChannelAnswer, Root + "unit/{id}/answer", SideUnit, SideCentre, 1, false, FeatureCommand, "Answer"},
	{ChannelEcho, Root + "unit/{id}/echo", SideUnit, SideUnit, 0, false, FeatureEcho, "Echo"},
}

// Topics is the whole table of topics, a copy.
func Topics() []TopicSpec { return slices.Clone(topicTable) }

// Spec finds the row of the table to which the topic belongs.
func (t Topic) Spec() TopicSpec {
	area, _ := t.Address.Split()
	for _, s := range topicTable {
		if s.Channel == t.Channel && (area != "area" || strings.HasPrefix(s.Pattern, Root+"area/")) &&
			(area == "area" || !strings.HasPrefix(s.Pattern, Root+"area/")) {
			return s
		}
	}
	return TopicSpec{}
}

// Topic is a topic taken apart.
type Topic struct {
	Channel Channel
	// Address is the area or unit of the topic, KeysAddress for the key ring,
	// and empty for the centre's own state.
	Address Address
}

// Unit is the id of the topic's unit, empty where it has none.
func (t Topic) Unit() string {
	if kind, id := t.Address.Split(); kind == "unit" {
		return id
	}
	return ""
}

// String is the topic as MQTT sees it.
func (t Topic) String() string {
	switch t.Channel {
	case ChannelKeys, ChannelCentre:
		return Root + string(t.Channel)
	}
	return Root + string(t.Address) + "/" + string(t.Channel)
}

// ParseTopic takes a topic apart. What is not in the table is an error.
func ParseTopic(topic string) (Topic, error) {
	rest, ok := strings.CutPrefix(topic, Root)
	if !ok {
		return Topic{}, fmt.Errorf("parse topic %.100q: it does not begin with %q", topic, Root)
	}
	switch rest {
	case string(ChannelKeys):
		return Topic{ChannelKeys, KeysAddress}, nil
	case string(ChannelCentre):
		return Topic{ChannelCentre, ""}, nil
	}
	cut := strings.LastIndexByte(rest, '/')
	if cut < 0 {
		return Topic{}, fmt.Errorf("parse topic %.100q: not in the table of topics", topic)
	}
	t := Topic{Channel(rest[cut+1:]), Address(rest[:cut])}
	if kind, _ := t.Address.Split(); kind == "" {
		return Topic{}, fmt.Errorf("parse topic %.100q: %.80q is no address", topic, string(t.Address))
	}
	if strings.Count(t.Spec().Pattern, "/") != strings.Count(topic, "/") {
		return Topic{}, fmt.Errorf("parse topic %.100q: not in the table of topics", topic)
	}
	return t, nil
}

// KeysTopic and CentreTopic are the two topics that belong to no address.
const (
	KeysTopic   = Root + "keys"
	CentreTopic = Root + "centre"
)

// BulletinTopic is where the bulletin of an area or unit is retained.
func BulletinTopic(a Address) string { return Topic{ChannelBulletin, a}.String() }

// OrdersTopic is where the orders of an area or unit are retained.
func OrdersTopic(a Address) string { return Topic{ChannelOrders, a}.String() }

// SnapshotTopic is the topic of an address's snapshot of a kind; the address
// is not looked at for a key ring.
func SnapshotTopic(k Kind, a Address) string {
	switch k {
	case KindKeyRing:
		return KeysTopic
	case KindOrders:
		return OrdersTopic(a)
	}
	return BulletinTopic(a)
}

// StoredTopic is where the centre acknowledges a unit's reports.
func StoredTopic(unit string) string { return UnitTopic(unit, ChannelStored) }

// AskTopic is where the centre asks a unit for item detail.
func AskTopic(unit string) string { return UnitTopic(unit, ChannelAsk) }

// CommandTopic is where the centre tells a unit to do something once.
func CommandTopic(unit string) string { return UnitTopic(unit, ChannelCommand) }

// BirthTopic is where a unit says that it is there.
func BirthTopic(unit string) string { return UnitTopic(unit, ChannelBirth) }

// GoneTopic is the topic of a unit's will and farewell.
func GoneTopic(unit string) string { return UnitTopic(unit, ChannelGone) }

// HeartbeatTopic is where a unit says every 15 s that its playing loop runs.
func HeartbeatTopic(unit string) string { return UnitTopic(unit, ChannelHeartbeat) }

// OnAirTopic is where a unit says what it does, at every change.
func OnAirTopic(unit string) string { return UnitTopic(unit, ChannelOnAir) }

// HaveTopic is where a unit says what it holds.
func HaveTopic(unit string) string { return UnitTopic(unit, ChannelHave) }

// ReportTopic is where a unit delivers its proof.
func ReportTopic(unit string) string { return UnitTopic(unit, ChannelReport) }

// DetailTopic is where a unit answers what it was asked.
func DetailTopic(unit string) string { return UnitTopic(unit, ChannelDetail) }

// AnswerTopic is where a unit says what became of a command.
func AnswerTopic(unit string) string { return UnitTopic(unit, ChannelAnswer) }

// EchoTopic is where a unit speaks to itself, to prove that its link carries
// both ways.
func EchoTopic(unit string) string { return UnitTopic(unit, ChannelEcho) }

// UnitTopic is the topic of one unit's channel.
func UnitTopic(unit string, c Channel) string { return Topic{c, UnitAddress(unit)}.String() }
