package screen

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
)

//go:generate go run gen.go

// rare holds the glyphs that the bitmap font lacks, of characters that stand in
// names of places and people. They are 16 pixels wide and from GNU Unifont, under
// the licence in rare.LICENSE.
//
//go:embed rare.hex
var rare string

// lookupRare finds a glyph in rare: lines of one length, sorted.
func lookupRare(r rune) (strip, bool) {
	const key, width = 4, 16
	const line = key + len(":") + 2*2*width + len("\n")
	code := fmt.Sprintf("%04X", r)
	i, ok := sort.Find(len(rare)/line, func(i int) int { return strings.Compare(code, rare[i*line:i*line+key]) })
	if !ok {
		return nil, false
	}
	rows, err := hex.DecodeString(rare[i*line+key+1 : (i+1)*line-1])
	if err != nil {
		return nil, false
	}
	g := make(strip, width)
	for y := range lineRows {
		for x := range width {
			g[x] |= uint16(rows[2*y+x/8]>>(7-x%8)&1) << y
		}
	}
	return g, true
}
