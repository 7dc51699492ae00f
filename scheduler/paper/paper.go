// Package paper lays out what is printed and cut: sign-in cards for people and
// stickers for units, on A4, each with a QR code. A sheet is one HTML file that
// loads nothing.
package paper

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Card is a sign-in card as it is printed.
type Card struct {
	Name, Place string
	// Link is what the QR code holds; Code is to be typed in at Login.
	Link, Code, Login string
	// Ends is the last day on which it can be used.
	Ends string
}

// Sticker is what is stuck on a unit.
type Sticker struct {
	Unit string
	// Place is where it stands; empty while that is not known.
	Place string
	// Page is the address of the unit's own page, which the QR code holds.
	Page string
}

//go:embed sheet.html
var sheet string

var pages = template.Must(template.New("sheet").Funcs(template.FuncMap{"qr": code}).Parse(sheet))

// Cards writes a sheet of cards in a language, zh-CN or en.
func Cards(w io.Writer, lang string, cards []Card) error {
	return write(w, "cards", lang, struct{ Cards []Card }{cards})
}

// Stickers writes a sheet of stickers.
func Stickers(w io.Writer, lang string, stickers []Sticker) error {
	return write(w, "stickers", lang, struct{ Stickers []Sticker }{stickers})
}

func write(w io.Writer, kind, lang string, data any) error {
	// QR codes that cannot be drawn are found before anything is written.
	var out strings.Builder
	page := struct {
		ZH   bool
		Kind string
		Data any
	}{strings.HasPrefix(lang, "zh"), kind, data}
	if err := pages.Execute(&out, page); err != nil {
		return fmt.Errorf("lay out %s: %w", kind, err)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// quiet is the empty margin that a QR code needs, in modules (ISO/IEC 18004).
const quiet = 4

// code draws a QR code as SVG. Level M: it is read with a seventh of it dirty.
func code(text string) (template.HTML, error) {
	b, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	n := b.Bounds().Dx()
	var path strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			run := 0
			for x+run < n && dark(b.At(x+run, y)) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" shape-rendering="crispEdges" aria-hidden="true"><path fill="#000" d="%s"/></svg>`, n+2*quiet, n+2*quiet, path.String())), nil
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}
