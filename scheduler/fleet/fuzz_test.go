package fleet_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/fleet"
)

// FuzzHear: whatever is said on whatever topic, nothing is taken that is not
// said in the unit's own name.
func FuzzHear(f *testing.F) {
	for c, payload := range map[wire.Channel]any{
		wire.ChannelBirth: birth("u1", 1), wire.ChannelHeartbeat: beat("u1", 1), wire.ChannelReport: report("u1", 1),
		wire.ChannelGone: wire.Will{Unit: "u1", Session: 1}, wire.ChannelHave: wire.Have{Unit: "u1", Session: 1},
		wire.ChannelDetail: wire.Detail{ID: "q"}, wire.ChannelOnAir: wire.OnAirReport{Unit: "u1", Session: 1},
	} {
		b, _ := json.Marshal(payload)
		f.Add(wire.UnitTopic("u1", c), b)
		f.Add(wire.UnitTopic("u2", c), b)
	}
	f.Add("vc/1/centre", []byte("{}"))
	f.Add("", []byte(nil))
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		b := newBook()
		fl, err := fleet.New(options(b, nil, nothing))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		fl.Hear(topic, payload)
		wg.Go(func() { fl.Run(ctx) })
		cancel()
		wg.Wait()
		for _, call := range b.said() {
			if unit, _, _ := strings.Cut(call, " "); !strings.HasPrefix(topic, "vc/1/unit/"+unit+"/") {
				t.Errorf("on %q %q was taken: %s", topic, payload, call)
			}
		}
	})
}
