package broker_test

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/villagecast/villagecast/device/wire"
)

// TestAnIdleBrokerDoesNothing: what is retained for thousands of units costs
// nothing as long as nobody asks for it.
func TestAnIdleBrokerDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		for range 100 {
			for _, topic := range []string{wire.BulletinTopic("area/liushu"), wire.OrdersTopic("area/liushu"), wire.BulletinTopic("unit/u1"), wire.OrdersTopic("unit/u1")} {
				if !centre.says(topic, "some words", true) {
					t.Fatal("the centre may not publish")
				}
			}
		}
		centre.bye()
		synctest.Wait()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		time.Sleep(time.Hour)
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > 1000 {
			t.Errorf("in an hour without a message the broker allocates %d times", n)
		}
	})
}

// TestASessionEndsWithItsConnection: a client of MQTT 5 that asks for a session
// that lasts, and for a will that waits, gets neither.
func TestASessionEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		defer w.close()
		centre := w.centre()
		defer centre.bye()
		for range 2 {
			conn, err := w.lis.Dial(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			pk := packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: 5,
				Properties: packets.Properties{SessionExpiryInterval: 3600, SessionExpiryIntervalFlag: true},
				Connect: packets.ConnectParams{
					ProtocolName: []byte("MQTT"), ClientIdentifier: "u1", Keepalive: 30,
					UsernameFlag: true, Username: []byte("u1"), PasswordFlag: true, Password: []byte("secret of u1"),
					WillFlag: true, WillTopic: wire.GoneTopic("u1"), WillPayload: []byte("gone"),
					WillProperties: packets.Properties{WillDelayInterval: 3600},
				},
			}
			var raw bytes.Buffer
			if err := pk.ConnectEncode(&raw); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(raw.Bytes()); err != nil {
				t.Fatal(err)
			}
			var head [4]byte
			if _, err := io.ReadFull(conn, head[:]); err != nil || head[2]&1 != 0 || head[3] != 0 {
				t.Errorf("the broker answers % x, %v; want a new session", head, err)
			}
			_ = conn.Close()
			time.Sleep(time.Minute)
		}
		if got, want := centre.heard(), wire.GoneTopic("u1")+" gone"; !slices.Equal(got, []string{want, want}) {
			t.Errorf("the centre heard %q, want the will twice", got)
		}
	})
}
