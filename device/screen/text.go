package screen

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxRunes is the greatest length of a text in characters; what follows is not
// shown. It bounds the memory of a layout to about half a megabyte.
const MaxRunes = 20000

// clean makes a text drawable: composed characters, no controls, no marks that
// steer other characters, no emoji, single spaces, and lines ended by '\n'.
func clean(body string) string {
	var b strings.Builder
	n, space := 0, true // spaces at the start of a line are dropped
	if len(body) > MaxRunes*8 {
		body = body[:MaxRunes*8]
	}
	for _, r := range norm.NFC.String(strings.ReplaceAll(body, "\r\n", "\n")) {
		if n == MaxRunes {
			break
		}
		switch {
		case r == '\n' || r == '\r' || r == '\v' || r == '\u2028' || r == '\u2029':
			r = '\n'
		case r == '\t' || r == '\u00a0':
			r = ' '
		}
		blank := r == ' ' || r == '\n'
		if !drawable(r) || r == ' ' && space {
			continue
		}
		b.WriteRune(r)
		space = blank
		n++
	}
	return strings.TrimSpace(b.String())
}

// drawable tells whether the character stands for something to be seen. A
// symbol without a glyph (an emoji) is left out rather than boxed: a notice is
// whole without it. A letter without one is not.
func drawable(r rune) bool {
	switch {
	case r == '\n' || r == ' ':
		return true
	case r == unicode.ReplacementChar:
		return false
	case unicode.In(r, unicode.C, unicode.M, unicode.Zl, unicode.Zp):
		return false
	case unicode.In(r, unicode.So, unicode.Sk):
		_, ok := lookup(r)
		return ok
	}
	return true
}

// oneLine joins lines for a text that scrolls, with room between them.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), "　")
}

// mayNotBegin holds the marks that a line must not begin with.
const mayNotBegin = "、，。．：；！？）》」』】〕〉”’…—,.:;!?)]}%％℃"

// wrap breaks a text into lines at most width pixels wide. It breaks between
// Chinese characters and at spaces, never within a Latin word or a number that
// fits a line, and hangs no closing mark on a line's start.
func wrap(text string, width int) []strip {
	var lines []strip
	for para := range strings.SplitSeq(text, "\n") {
		var line strip
		for _, w := range words(para) {
			s := draw(w)
			if len(line) > 0 && len(line)+len(s) > width {
				lines = append(lines, line.trimmed())
				line = nil
				w = strings.TrimLeft(w, " ")
				s = draw(w)
			}
			for len(s) > width { // a word longer than a line
				cut := max(width/glyphHalf*glyphHalf, 1)
				lines = append(lines, s[:cut])
				s = s[cut:]
			}
			line = append(line, s...)
		}
		if len(line) > 0 {
			lines = append(lines, line.trimmed())
		}
	}
	return lines
}

// words cuts a paragraph into the pieces between which a line may break.
func words(para string) []string {
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	for _, r := range para {
		latin := r < 0x2000 && r != ' '
		switch {
		case strings.ContainsRune(mayNotBegin, r) && word.Len() == 0 && len(out) > 0:
			out[len(out)-1] += string(r)
		case latin || strings.ContainsRune(mayNotBegin, r):
			word.WriteRune(r)
		default:
			flush()
			out = append(out, string(r))
		}
	}
	flush()
	return out
}
