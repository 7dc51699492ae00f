//go:build !(linux && cgo && alsa)

package player

// NewALSA returns ErrNoSound: this program was built without the tag alsa.
func NewALSA(ALSASettings) (Output, error) { return nil, ErrNoSound }
