package screen

import (
	"image"
)

// Panel is what frames are drawn on. Draw is called from one goroutine at a time.
//
// In cases:
//   - Size is constant. A panel without pixels (0, 0) is never drawn on: what is
//     planned is only counted as shown.
//   - Draw gets a frame of exactly that size at every change, and the same one
//     again at least once a second, so that a panel may limit how often it
//     really writes. The frame must not be changed, and may be kept.
//   - Draw returns nil when the panel took the frame. After an error it is called
//     again with the next frame: a panel that comes back needs no other call.
type Panel interface {
	Size() (width, height int)
	Draw(frame *image.Paletted) error
}

// Counting is a panel without pixels, for units that are simulated: the plan
// costs one wake-up for every change and no frame is ever drawn.
type Counting struct{}

// Size is zero.
func (Counting) Size() (width, height int) { return 0, 0 }

// Draw takes anything.
func (Counting) Draw(*image.Paletted) error { return nil }
