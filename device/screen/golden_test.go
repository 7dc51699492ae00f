package screen

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// Golden frames: what a panel shows of a notice at several instants, pixel by
// pixel and in its colour. After a change that is meant, look at the pictures
// that `go test ./device/screen -run Golden -update` writes.
func TestGoldenFrames(t *testing.T) {
	const notice = "各位村民：今天14:00停水，请提前储水。"
	const warning = "暴雨红色预警 请立即转移"
	scroll := span(notice, "", 20*time.Second)
	still := span(notice, "still", 12*time.Second)
	still.Text.Color = "green"
	red := span(warning, "", 15*time.Second)
	red.Level, red.Text.Color = wire.LevelRed, "green" // the warning's colour wins
	yellow := span(warning, "still", 12*time.Second)
	yellow.Level = wire.LevelYellow
	own := span(notice, "still", 12*time.Second)
	rare := span("溆浦濉溪潢川", "still", 12*time.Second) // 溆 and 濉 are of the second font
	for _, c := range []struct {
		name          string
		span          Span
		width, height int
		after         []time.Duration
	}{
		{"scroll", scroll, 128, 32, []time.Duration{0, 1500 * time.Millisecond, 5 * time.Second, 19 * time.Second}},
		{"still", still, 128, 32, []time.Duration{0, 7 * time.Second}},
		{"warning-red", red, 192, 32, []time.Duration{0, 4 * time.Second, 9123 * time.Millisecond}},
		{"warning-yellow", yellow, 160, 48, []time.Duration{0}},
		{"rare", rare, 96, 16, []time.Duration{0}},
		{"own-colour", own, 96, 16, []time.Duration{0, 11 * time.Second}},
	} {
		for _, after := range c.after {
			name := fmt.Sprintf("%s-%05d.png", c.name, after.Milliseconds())
			t.Run(name, func(t *testing.T) {
				golden(t, filepath.Join("testdata", "golden", name), Frame(c.width, c.height, c.span, start.Add(after)))
			})
		}
	}
}

// golden holds a frame against its picture.
func golden(t *testing.T, path string, got *image.Paletted) {
	t.Helper()
	if *update {
		var b bytes.Buffer
		if err := png.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Bounds() {
		t.Fatalf("frame is %v, want %v", got.Bounds(), want.Bounds())
	}
	wrong, lit := 0, 0
	var first image.Point
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			if r|g|b != 0 {
				lit++
			}
			if r != wr || g != wg || b != wb {
				if wrong++; wrong == 1 {
					first = image.Pt(x, y)
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels differ from %s, the first at %v: %v, want %v", wrong, path, first, got.At(first.X, first.Y), want.At(first.X, first.Y))
	}
	if lit == 0 {
		t.Error("the frame is black")
	}
}
