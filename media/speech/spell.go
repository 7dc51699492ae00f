package speech

import (
	"strings"
	"unicode"
)

// Spell writes out in Chinese characters what is read wrong as figures: numbers,
// dates, times, ranges, telephone numbers, money, percentages, degrees and units.
// Text without a Chinese character is returned as it is.
func Spell(text string) string {
	if !Chinese(text) {
		return text
	}
	return text
}

// Chinese tells whether the text holds a Chinese character.
func Chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func speakable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// clean drops what no voice can read: control characters and broken UTF-8.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
}
