package screen

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"strconv"
)

// maxPitch bounds the size of an enlarged picture.
const maxPitch = 12

// panel answers with the current frame as PNG. With ?dots=3 to 12 it is enlarged
// by that factor, a round dot for every LED.
func (k *kiosk) panel(w http.ResponseWriter, r *http.Request) {
	frame := k.screen.Latest()
	if frame == nil {
		http.Error(w, "this screen has no LED panel", http.StatusNotFound)
		return
	}
	if q := r.URL.Query().Get("dots"); q != "" {
		pitch, err := strconv.Atoi(q)
		if err != nil || pitch < 1 || pitch > maxPitch {
			http.Error(w, "dots: must be 1 to 12, the pixels for one LED", http.StatusBadRequest)
			return
		}
		frame = Dots(frame, pitch)
	}
	var b bytes.Buffer
	// A live view is asked for often and kept never: speed before size.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, frame); err != nil {
		http.Error(w, "the frame could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // the viewer may have gone
}

// state answers with the screen's State as JSON.
func (k *kiosk) state(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(k.screen.State())
	if err != nil {
		http.Error(w, "the state could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}
