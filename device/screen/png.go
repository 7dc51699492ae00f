package screen

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// PNG is a panel that keeps what an LED panel of its size would show, and writes
// it to a picture file.
type PNG struct {
	width, height int
	path          string
	every         time.Duration

	mu      sync.Mutex
	latest  *image.Paletted
	written *image.Paletted
	last    time.Time
}

// NewPNG makes a panel of width by height pixels, 1 to 4096 each. The file at path
// is replaced at once as a whole, so that a reader never sees half a picture, and
// at most once in every; an empty path writes no file.
func NewPNG(path string, width, height int, every time.Duration) (*PNG, error) {
	const most = 4096
	if width < 1 || width > most || height < 1 || height > most {
		return nil, fmt.Errorf("panel size %d×%d: each side must be 1 to %d pixels; set it in the unit's settings", width, height, most)
	}
	return &PNG{width: width, height: height, path: path, every: every}, nil
}

// Size is what NewPNG was given.
func (p *PNG) Size() (width, height int) { return p.width, p.height }

// Latest is the frame drawn last, nil before the first.
func (p *PNG) Latest() image.Image {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest == nil {
		return nil
	}
	return p.latest
}

// Draw keeps the frame, and writes the file if it is due and has changed.
func (p *PNG) Draw(frame *image.Paletted) error {
	if got, want := frame.Bounds(), image.Rect(0, 0, p.width, p.height); got != want {
		return fmt.Errorf("draw frame: it is %v, the panel %v", got, want)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest = frame
	now := time.Now()
	if p.path == "" || equal(frame, p.written) || now.Sub(p.last) < p.every && !now.Before(p.last) {
		return nil
	}
	if err := replace(p.path, frame); err != nil {
		return err
	}
	p.written, p.last = frame, now
	return nil
}

// replace writes the picture aside and renames it over the file.
func replace(path string, frame image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, frame); err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	aside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(aside, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if err := os.Rename(aside, path); err != nil {
		return fmt.Errorf("replace frame: %w", err)
	}
	return nil
}

// Dots enlarges a frame to what a person in front of the panel sees: a round dot
// for every LED, pitch pixels apart, with those that are off just visible. A
// pitch below 3 leaves no room for dots and gives squares.
func Dots(frame image.Image, pitch int) *image.RGBA {
	pitch = max(pitch, 1)
	b := frame.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()*pitch, b.Dy()*pitch))
	off := color.RGBA{0x1c, 0x1d, 0x20, 0xff}
	ground := color.RGBA{0x08, 0x09, 0x0b, 0xff}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			c := ground
			if pitch < 3 || inDot(x%pitch, y%pitch, pitch) {
				c = off
				r, g, bl, _ := frame.At(b.Min.X+x/pitch, b.Min.Y+y/pitch).RGBA()
				if r|g|bl != 0 {
					c = color.RGBA{byte(r >> 8), byte(g >> 8), byte(bl >> 8), 0xff}
				}
			}
			out.SetRGBA(x, y, c)
		}
	}
	return out
}

// inDot tells whether a pixel of an LED's square cell lies in its disc of 0.45
// of the pitch, counted in half pixels.
func inDot(x, y, pitch int) bool {
	dx, dy := 2*x+1-pitch, 2*y+1-pitch
	return 100*(dx*dx+dy*dy) <= 81*pitch*pitch
}
