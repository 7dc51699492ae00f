package screen

import (
	"unicode"

	"github.com/hajimehoshi/bitmapfont/v3"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// Sizes of the glyphs in pixels, before enlargement.
const (
	glyphFull = 12 // width of a Chinese character
	glyphHalf = 6  // width of a Latin letter or digit
	lineRows  = 16 // height of a line
	baseline  = 12 // row of the baseline
)

// strip is one line of text as a bitmap, column by column from the left. Bit y
// of a column is its pixel in row y, row 0 on top.
type strip []uint16

// draw draws a line of text. A character that no font has becomes a box.
func draw(text string) strip {
	var s strip
	for _, r := range text {
		g, ok := lookup(r)
		if !ok {
			g = box(r)
		}
		s = append(s, g...)
	}
	return s
}

// trimmed is the strip without empty columns at its end.
func (s strip) trimmed() strip {
	for len(s) > 0 && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	return s
}

// lookup finds the character's glyph: Chinese marks as wide as Chinese
// characters, else as the font has them. ok is false if there is none.
func lookup(r rune) (strip, bool) {
	switch r {
	case ' ':
		return make(strip, glyphHalf), true
	case '\u3000':
		return make(strip, glyphFull), true
	}
	for _, face := range []font.Face{bitmapfont.FaceSCEA, bitmapfont.FaceSC} {
		if g, ok := rasterize(face, r); ok {
			return g, true
		}
	}
	return lookupRare(r)
}

// rasterize reads the character's bitmap out of the font. A blank glyph counts
// as none: the font has room for every character, and leaves the ones that it
// does not know empty.
func rasterize(face font.Face, r rune) (strip, bool) {
	dr, mask, at, _, ok := face.Glyph(fixed.P(0, baseline), r)
	if !ok || mask == nil {
		return nil, false
	}
	g := make(strip, dr.Dx())
	var ink uint16
	for x := range g {
		for y := 0; y < dr.Dy(); y++ {
			row := dr.Min.Y + y
			if _, _, _, a := mask.At(at.X+x, at.Y+y).RGBA(); a != 0 && row >= 0 && row < lineRows {
				g[x] |= 1 << row
			}
		}
		ink |= g[x]
	}
	return g, ink != 0
}

// box is what stands for a character without a glyph, so that a reader sees
// that something is missing, and where.
func box(r rune) strip {
	width := glyphFull
	if r < 0x1100 && !unicode.Is(unicode.Han, r) {
		width = glyphHalf
	}
	const top, bottom = 2, 12
	g := make(strip, width)
	for x := range width - 1 {
		g[x] = 1<<top | 1<<bottom
		if x == 0 || x == width-2 {
			for y := top; y <= bottom; y++ {
				g[x] |= 1 << y
			}
		}
	}
	return g
}
