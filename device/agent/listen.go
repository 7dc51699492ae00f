package agent

import (
	"encoding/binary"
	"net/http"

	"github.com/villagecast/villagecast/device/wire"
)

// wavHead is the head of an endless WAV stream: 16 bit, mono, 48 kHz, with the
// greatest length that the format can state.
func wavHead() []byte {
	b := []byte("RIFF\xff\xff\xff\xffWAVEfmt ")
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // mono
	b = binary.LittleEndian.AppendUint32(b, wire.Rate)
	b = binary.LittleEndian.AppendUint32(b, wire.Rate*2)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	return append(b, "data\xff\xff\xff\xff"...)
}

// pcm appends frames as 16-bit samples; what is beyond full scale is clipped.
func pcm(b []byte, frames []float32) []byte {
	for _, f := range frames {
		v := int16(max(-32768, min(32767, f*32768)))
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// serveSound streams what the output takes, from now on, until the listener
// leaves.
func (a *agent) serveSound(w http.ResponseWriter, r *http.Request) {
	if a.player == nil {
		http.Error(w, "this unit has no sound output", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-store")
	flow := http.NewResponseController(w)
	if _, err := w.Write(wavHead()); err != nil || flow.Flush() != nil {
		return
	}
	var b []byte
	for frames := range a.player.Tap(r.Context()) {
		b = pcm(b[:0], frames)
		if _, err := w.Write(b); err != nil || flow.Flush() != nil {
			return
		}
	}
}
