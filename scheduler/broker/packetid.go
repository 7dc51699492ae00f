package broker

import (
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// The packet ids of a client and those of the broker are two things (MQTT 3.1.1,
// 2.3.1). mochi keeps one table for both: while a message of the broker's own is
// on its way under the number of a client's packet, it refuses a subscription,
// and forgets its message when the client publishes, with a place less in the
// client's window ever after. On a slow line both happen. So what is under way is
// put aside while such a packet is looked at.

// OnPacketRead puts aside what is under way under the packet's number.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	switch pk.FixedHeader.Type {
	case packets.Publish, packets.Subscribe, packets.Unsubscribe:
	default:
		return pk, nil
	}
	if pk.PacketID == 0 {
		return pk, nil
	}
	if out, ok := cl.State.Inflight.Get(pk.PacketID); ok && out.FixedHeader.Type == packets.Publish {
		if v, ok := h.connections.Load(cl.Net.Conn); ok {
			v.(*login).aside = &out
			cl.State.Inflight.Delete(pk.PacketID)
		}
	}
	return pk, nil
}

// OnPacketProcessed takes it back.
func (h *hook) OnPacketProcessed(cl *mochi.Client, _ packets.Packet, _ error) {
	v, ok := h.connections.Load(cl.Net.Conn)
	if !ok {
		return
	}
	if l := v.(*login); l.aside != nil {
		cl.State.Inflight.Set(*l.aside)
		l.aside = nil
	}
}
