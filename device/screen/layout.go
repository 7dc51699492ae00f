package screen

import (
	"image"
	"image/color"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// How a text moves.
const (
	// minFrame is the shortest time between two frames.
	minFrame = 20 * time.Millisecond
	// pace is the least speed of a scrolling text, in Chinese characters a second:
	// slow enough to be read by the old, fast enough to be followed.
	pace = 3
	// minPage is the shortest time that a still page stands, if the stay allows.
	minPage = 3 * time.Second
	// minColumns is how many Chinese characters a still line should hold.
	minColumns = 4
)

// Colours of the LEDs. Blue is lighter than the token of the web page: pure
// blue on black cannot be read from afar.
var (
	ledRed    = color.RGBA{0xff, 0x2a, 0x1a, 0xff}
	ledOrange = color.RGBA{0xff, 0x8c, 0x00, 0xff}
	ledYellow = color.RGBA{0xff, 0xd9, 0x00, 0xff}
	ledGreen  = color.RGBA{0x2e, 0xe5, 0x5a, 0xff}
	ledBlue   = color.RGBA{0x4d, 0x9d, 0xff, 0xff}
	ledWhite  = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

// Layout is one span laid out for one size of panel: all that is needed to draw
// its frame of any instant. It does not change after it is made.
type Layout struct {
	width, height int
	scale         int // LED pixels for one pixel of the font
	at            time.Time
	palette       color.Palette // black, then the text's colour

	// A scrolling text: after every beat it stands step pixels further left,
	// and it has left the panel after loop pixels.
	line strip
	step int
	loop int
	beat time.Duration // also the time of one page

	// A still text.
	pages [][]strip
}

// NewLayout lays the span out for a panel of width by height pixels. The time
// in which the text must pass is the span's, or the text's stay where that is
// longer: a span that begins in the middle of its text does not hurry.
func NewLayout(width, height int, span Span) *Layout {
	l := &Layout{
		width: width, height: height,
		scale:   max(height/lineRows, 1),
		at:      span.At,
		palette: color.Palette{color.Black, ink(span)},
	}
	stay := max(span.Until.Sub(span.At), time.Duration(span.Text.Stay)*time.Millisecond)
	text := clean(span.Text.Body)
	if span.Text.Effect == "still" {
		l.turnPages(text, stay)
	} else {
		l.scroll(text, stay)
	}
	return l
}

// Frame draws what the span's text looks like on a panel of that size at the
// instant. It depends on nothing else.
func Frame(width, height int, span Span, at time.Time) *image.Paletted {
	return NewLayout(width, height, span).Frame(at)
}

// ink is the colour of a span: a warning's is its level's, whatever the text
// asks for; an LED panel's own is red.
func ink(span Span) color.RGBA {
	switch span.Level {
	case wire.LevelRed:
		return ledRed
	case wire.LevelOrange:
		return ledOrange
	case wire.LevelYellow:
		return ledYellow
	case wire.LevelBlue:
		return ledBlue
	}
	switch span.Text.Color {
	case "green":
		return ledGreen
	case "yellow":
		return ledYellow
	case "white":
		return ledWhite
	}
	return ledRed
}

// scroll chooses the motion: as many whole passes as the stay allows at the
// least pace, at least one, of equal whole-pixel steps.
func (l *Layout) scroll(text string, stay time.Duration) {
	l.line = draw(oneLine(text)).trimmed()
	if len(l.line) == 0 {
		return
	}
	l.loop = l.width + len(l.line)*l.scale
	speed := pace * glyphFull * l.scale // pixels a second
	passes := max(1, int64(stay)*int64(speed)/int64(time.Second)/int64(l.loop))
	way := passes * int64(l.loop) // pixels in the stay
	// The smallest step whose frames are not too short; one more for what
	// the division drops, so that the last pass is whole.
	l.step = int((way*int64(minFrame)-1)/max(int64(stay), 1)) + 1
	beats := (way + int64(l.step) - 1) / int64(l.step)
	l.beat = max(stay/time.Duration(beats+1), time.Millisecond)
}

// turnPages chooses the largest size at which the text can be read page by page
// within the stay, and lets every page stand equally long.
func (l *Layout) turnPages(text string, stay time.Duration) {
	top := l.scale
	for l.scale = top; ; l.scale-- {
		columns := l.width / l.scale
		rows := max(l.height/(lineRows*l.scale), 1)
		lines := wrap(text, columns)
		fits := columns >= minColumns*glyphFull && time.Duration((len(lines)+rows-1)/rows)*minPage <= stay
		if len(lines) <= rows && columns >= minColumns*glyphFull || fits || l.scale == 1 {
			l.pages = paginate(lines, rows)
			break
		}
	}
	if n := len(l.pages); n > 1 {
		l.beat = max(stay/time.Duration(n), time.Millisecond)
	}
}

func paginate(lines []strip, rows int) [][]strip {
	var pages [][]strip
	for len(lines) > 0 {
		n := min(rows, len(lines))
		pages = append(pages, lines[:n])
		lines = lines[n:]
	}
	return pages
}

// beats is the number of whole beats since the span's start.
func (l *Layout) beats(at time.Time) int64 {
	if l.beat == 0 || at.Before(l.at) {
		return 0
	}
	return int64(at.Sub(l.at) / l.beat)
}

// wait is the time until the frame changes; a minute for one that never does.
func (l *Layout) wait(at time.Time) time.Duration {
	if l.beat == 0 {
		return time.Minute
	}
	return l.at.Add(time.Duration(l.beats(at)+1) * l.beat).Sub(at)
}

// Frame draws the instant. One before the span's start counts as its start; a
// motion goes on evenly past the span's end.
func (l *Layout) Frame(at time.Time) *image.Paletted {
	f := image.NewPaletted(image.Rect(0, 0, l.width, l.height), l.palette)
	switch {
	case l.step > 0:
		// The first frame already shows the first columns.
		gone := (l.beats(at) + 1) * int64(l.step) % int64(l.loop)
		l.put(f, l.line, l.width-int(gone), (l.height-lineRows*l.scale)/2)
	case len(l.pages) > 0:
		page := l.pages[l.beats(at)%int64(len(l.pages))]
		y := (l.height - len(page)*lineRows*l.scale) / 2
		for _, line := range page {
			l.put(f, line, (l.width-len(line)*l.scale)/2, y)
			y += lineRows * l.scale
		}
	}
	return f
}

// put draws a strip, enlarged, with its upper left corner at x, y.
func (l *Layout) put(f *image.Paletted, s strip, x, y int) {
	for px := max(x, 0); px < l.width; px++ {
		c := (px - x) / l.scale
		if c >= len(s) {
			break
		}
		for py := max(y, 0); py < l.height; py++ {
			row := (py - y) / l.scale
			if row >= lineRows {
				break
			}
			f.Pix[py*f.Stride+px] = byte(s[c] >> row & 1)
		}
	}
}

// blank is a black frame.
func blank(width, height int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black})
}

// sloganSpan is the span of the slogan, which runs as long as nothing else does:
// its end gives the pages their time, and they turn on past it.
func sloganSpan(slogan string, now time.Time) Span {
	stay := 10*time.Second + time.Duration(len(slogan))*150*time.Millisecond
	return Span{At: now, Until: now.Add(stay), Text: wire.Text{Body: slogan, Effect: "still"}}
}
