//go:build ignore

// This program writes rare.hex: the glyphs of GNU Unifont for those Chinese
// characters of GB 2312 that the bitmap font leaves blank. A line is one glyph,
// sorted: code point, colon, 16 rows of 16 pixels, in hexadecimal digits. It reads
// unifont.hex of Debian's package unifont.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/hajimehoshi/bitmapfont/v3"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func main() {
	rare := map[string]bool{}
	for a := 0xB0; a <= 0xF7; a++ {
		for b := 0xA1; b <= 0xFE; b++ {
			s, err := simplifiedchinese.GBK.NewDecoder().String(string([]byte{byte(a), byte(b)}))
			if r := []rune(s)[0]; err == nil && r >= 0x4e00 && r <= 0x9fff && blank(r) {
				rare[fmt.Sprintf("%04X:", r)] = true
			}
		}
	}
	f, err := os.Open("/usr/share/unifont/unifont.hex")
	if err != nil {
		log.Fatal(err)
	}
	var lines []string
	in := bufio.NewScanner(f)
	for in.Scan() {
		if line := in.Text(); rare[line[:5]] && len(line) == 5+64 {
			lines = append(lines, line+"\n")
		}
	}
	if in.Err() != nil || len(lines) != len(rare) {
		log.Fatalf("%d of %d glyphs found: %v", len(lines), len(rare), in.Err())
	}
	slices.Sort(lines)
	if err := os.WriteFile("rare.hex", []byte(strings.Join(lines, "")), 0o644); err != nil {
		log.Fatal(err)
	}
}

func blank(r rune) bool {
	dr, mask, at, _, ok := bitmapfont.FaceSC.Glyph(fixed.P(0, 0), r)
	for y := 0; ok && y < dr.Dy(); y++ {
		for x := 0; x < dr.Dx(); x++ {
			if _, _, _, a := mask.At(at.X+x, at.Y+y).RGBA(); a != 0 {
				return false
			}
		}
	}
	return true
}
