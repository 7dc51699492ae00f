package wire

import (
	"slices"
	"strings"
	"testing"
)

func TestTopicsBothWays(t *testing.T) {
	area, unit := AreaAddress("town.3"), UnitAddress("u-1")
	want := map[string]Topic{
		"vc/1/area/town.3/bulletin": {ChannelBulletin, area},
		"vc/1/area/town.3/orders":   {ChannelOrders, area},
		"vc/1/unit/u-1/bulletin":    {ChannelBulletin, unit},
		"vc/1/unit/u-1/orders":      {ChannelOrders, unit},
		"vc/1/keys":                 {ChannelKeys, KeysAddress},
		"vc/1/centre":               {ChannelCentre, ""},
		StoredTopic("u-1"):          {ChannelStored, unit},
		AskTopic("u-1"):             {ChannelAsk, unit},
		BirthTopic("u-1"):           {ChannelBirth, unit},
		GoneTopic("u-1"):            {ChannelGone, unit},
		HeartbeatTopic("u-1"):       {ChannelHeartbeat, unit},
		OnAirTopic("u-1"):           {ChannelOnAir, unit},
		HaveTopic("u-1"):            {ChannelHave, unit},
		ReportTopic("u-1"):          {ChannelReport, unit},
		DetailTopic("u-1"):          {ChannelDetail, unit},
		CommandTopic("u-1"):         {ChannelCommand, unit},
		AnswerTopic("u-1"):          {ChannelAnswer, unit},
		EchoTopic("u-1"):            {ChannelEcho, unit},
	}
	if len(want) != len(Topics()) {
		t.Fatalf("%d topics tried, the table has %d", len(want), len(Topics()))
	}
	for s, topic := range want {
		got, err := ParseTopic(s)
		if err != nil || got != topic || got.String() != s {
			t.Errorf("%s: parsed %+v, %v, built %s", s, got, err, got.String())
		}
		id := strings.NewReplacer("town.3", "{id}", "u-1", "{id}").Replace(s)
		if got.Spec().Pattern != id {
			t.Errorf("%s: its row is %+v", s, got.Spec())
		}
	}
	if got := SnapshotTopic(KindOrders, area) + " " + SnapshotTopic(KindBulletin, unit) + " " + SnapshotTopic(KindKeyRing, ""); got !=
		"vc/1/area/town.3/orders vc/1/unit/u-1/bulletin vc/1/keys" {
		t.Errorf("snapshots go to %s", got)
	}
}

func TestParseTopicRefuses(t *testing.T) {
	for _, s := range []string{
		"", "vc/1/", "vc/2/keys", "vc/1/keys/x", "vc/1/unit/u1", "vc/1/unit/u1/", "vc/1/unit/U1/birth", "vc/1/unit/+/birth", "vc/1/area/a/birth",
		"vc/1/area/a/stored", "vc/1/unit/a/b/birth", "vc/1/keys/bulletin", "vc/1/unit/a/keys", "vc/1/unit/a/centre", "vc/1/area/a/centre", "vc/1/unit/../orders",
	} {
		if got, err := ParseTopic(s); err == nil {
			t.Errorf("%q was taken as %+v", s, got)
		}
	}
}

func TestUnitAccess(t *testing.T) {
	a := UnitAccess("u1", []string{"county", "town"})
	for topic, may := range map[string]bool{
		"vc/1/unit/u1/birth": true, "vc/1/unit/u1/report": true, "vc/1/unit/u1/onair": true,
		"vc/1/unit/u1/orders": false, "vc/1/unit/u1/stored": false, "vc/1/unit/u2/birth": false, "vc/1/unit/+/birth": false,
		"vc/1/area/county/orders": false, "vc/1/keys": false, "vc/1/centre": false, "vc/1/unit/u1/birth/x": false, "$SYS/x": false,
	} {
		if a.MayPublish(topic) != may {
			t.Errorf("may publish on %s: %v", topic, !may)
		}
	}
	for filter, may := range map[string]bool{
		"vc/1/keys": true, "vc/1/centre": true, "vc/1/area/county/orders": true, "vc/1/area/town/bulletin": true, "vc/1/unit/u1/bulletin": true,
		"vc/1/unit/u1/stored": true, "vc/1/unit/u1/ask": true,
		"vc/1/area/other/bulletin": false, "vc/1/area/+/bulletin": false, "vc/1/#": false, "#": false, "vc/1/unit/u1/#": false,
		"vc/1/unit/u2/orders": false, "vc/1/unit/+/heartbeat": false, "vc/1/unit/u1/report": false, "$share/g/vc/1/keys": false,
	} {
		if a.MayRead(filter) != may {
			t.Errorf("may read %s: %v", filter, !may)
		}
	}
}

// Everything that one side subscribes to it may read, and every topic has one side that may write and one that hears it.
func TestAccessFitsTheTable(t *testing.T) {
	unit, centre := UnitAccess("u1", []string{"a1"}), CentreAccess()
	for _, s := range UnitSubscriptions("u1", []Address{"area/a1", "unit/u1"}, CentreFeatures()...) {
		if !unit.MayRead(s.Filter) {
			t.Errorf("a unit subscribes to %s and may not", s.Filter)
		}
	}
	for _, s := range CentreSubscriptions() {
		if !centre.MayRead(s.Filter) {
			t.Errorf("the centre subscribes to %s and may not", s.Filter)
		}
	}
	for _, s := range Topics() {
		id := "u1"
		if strings.Contains(s.Pattern, "area/") {
			id = "a1"
		}
		topic := strings.Replace(s.Pattern, "{id}", id, 1)
		if centre.MayPublish(topic) != (s.Publisher == SideCentre) || unit.MayPublish(topic) != (s.Publisher == SideUnit) {
			t.Errorf("%s: publisher %s; centre may %v, unit may %v", topic, s.Publisher, centre.MayPublish(topic), unit.MayPublish(topic))
		}
		subs, hearer := UnitSubscriptions("u1", []Address{"area/a1"}, CentreFeatures()...), unit
		if s.Reader == SideCentre {
			subs, hearer = CentreSubscriptions(), centre
		}
		if !hearer.MayRead(topic) || !slices.ContainsFunc(subs, func(x Subscription) bool { return matches(x.Filter, topic) && x.QoS == s.QoS }) {
			t.Errorf("%s: nobody hears it", topic)
		}
	}
}

// What a unit does with a centre of the first version is what the first version knew.
func TestWithoutFeatures(t *testing.T) {
	var want []Subscription
	for _, f := range []string{"keys", "centre", "unit/u1/bulletin", "unit/u1/orders", "unit/u1/stored", "unit/u1/ask"} {
		want = append(want, Subscription{Root + f, 1})
	}
	if got := UnitSubscriptions("u1", nil); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMosquitto(t *testing.T) {
	want := `user u1
topic read vc/1/keys
topic read vc/1/centre
topic read vc/1/unit/u1/bulletin
topic read vc/1/unit/u1/orders
topic read vc/1/unit/u1/stored
topic read vc/1/unit/u1/ask
topic read vc/1/unit/u1/command
topic read vc/1/unit/u1/echo
topic read vc/1/area/a1/bulletin
topic read vc/1/area/a1/orders
topic write vc/1/unit/u1/birth
topic write vc/1/unit/u1/gone
topic write vc/1/unit/u1/heartbeat
topic write vc/1/unit/u1/onair
topic write vc/1/unit/u1/have
topic write vc/1/unit/u1/report
topic write vc/1/unit/u1/detail
topic write vc/1/unit/u1/answer
topic write vc/1/unit/u1/echo
`
	if got := UnitAccess("u1", []string{"a1"}).Mosquitto("u1"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
