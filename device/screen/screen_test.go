package screen

import (
	"context"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var start = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func span(body, effect string, stay time.Duration) Span {
	return Span{ID: "a", At: start, Until: start.Add(stay), Text: wire.Text{Body: body, Effect: effect, Stay: stay.Milliseconds()}}
}

// The reference was drawn once by FreeType from the outline font that the bitmap
// font descends from (testdata/draw.py), so neither the program nor the data's
// form is ours. Our line may stand elsewhere by a pixel or two: the best of the
// small shifts counts, one shift for the whole notice.
func TestGlyphs(t *testing.T) {
	const notice = "各位村民请注意今天下午有大到暴雨山洪沟边住户提前转移听从村干部指挥"
	f, err := os.Open(filepath.Join("testdata", "notice.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	width := want.Bounds().Dx()
	got := Frame(width, 16, span(notice, "still", time.Minute), start)
	lit := func(m image.Image, x, y int) bool {
		if !(image.Point{x, y}).In(m.Bounds()) {
			return false
		}
		r, g, b, _ := m.At(x, y).RGBA()
		return r|g|b != 0
	}
	best := 0.0
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			both, either := 0, 0
			for y := range 16 {
				for x := range width {
					a, b := lit(got, x, y), lit(want, x+dx, y+dy)
					if a && b {
						both++
					}
					if a || b {
						either++
					}
				}
			}
			best = max(best, float64(both)/float64(either))
		}
	}
	t.Logf("overlap %.2f %%", best*100)
	if best < 0.95 {
		t.Errorf("overlap with the reference is %.1f %%, want at least 95 %%", best*100)
	}
}

// The bitmap font leaves 313 rare characters of GB 2312 blank; rare.hex has them.
func TestEveryCharacterIsSeen(t *testing.T) {
	boxes, all := 0, 0
	for a := 0xB0; a <= 0xF7; a++ {
		for b := 0xA1; b <= 0xFE; b++ {
			s, err := simplifiedchinese.GBK.NewDecoder().String(string([]byte{byte(a), byte(b)}))
			r := []rune(s)[0]
			if err != nil || r < 0x4e00 || r > 0x9fff {
				continue
			}
			all++
			if len(draw(s).trimmed()) < 2 {
				t.Errorf("%s leaves nothing to see", s)
			}
			if _, ok := lookup(r); !ok {
				boxes++
			}
		}
	}
	if all != 6763 || boxes > 0 {
		t.Errorf("%d characters, %d of them boxes; want 6763 and none", all, boxes)
	}
}

func TestScrollIsEvenAndWhole(t *testing.T) {
	for _, c := range []struct {
		name          string
		body          string
		width, height int
		stay          time.Duration
	}{
		{"short", "停水通知", 192, 32, 20 * time.Second},
		{"one character", "汛", 64, 16, 15 * time.Second},
		{"long in little time", strings.Repeat("防汛", 400), 128, 48, 10 * time.Second},
		{"odd sizes", "请锁好门窗,注意防盗", 97, 37, 7777 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := span(c.body, "", c.stay)
			l := NewLayout(c.width, c.height, s)
			text := len(l.line) * l.scale
			left, travelled, frames := 0, 0, 0
			for at := start; at.Before(s.Until); at = at.Add(l.wait(at)) {
				x := edge(l, at)
				if frames > 0 {
					step := (left - x + l.loop) % l.loop
					if step != l.step%l.loop {
						t.Fatalf("frame %d moved by %d pixels, the others by %d", frames, step, l.step)
					}
				}
				left, travelled, frames = x, travelled+l.step, frames+1
			}
			if travelled < text+c.width {
				t.Errorf("moved %d pixels in its stay, needs %d to pass wholly", travelled, text+c.width)
			}
			if l.beat < minFrame/2 {
				t.Errorf("a frame lasts only %v", l.beat)
			}
			if p := l.Frame(start).Pix; len(p) != c.width*c.height {
				t.Errorf("frame has %d pixels", len(p))
			}
		})
	}
}

// edge is where the text's left edge stands, checked against the drawn frame.
func edge(l *Layout, at time.Time) int {
	x := l.width - int((l.beats(at)+1)*int64(l.step)%int64(l.loop))
	f := l.Frame(at)
	top := (l.height - lineRows*l.scale) / 2
	for c, bits := range l.line {
		for k := range l.scale {
			px := x + c*l.scale + k
			if px < 0 || px >= l.width {
				continue
			}
			for row := range lineRows {
				if y := top + row*l.scale; y >= 0 && y < l.height && f.Pix[y*f.Stride+px] != byte(bits>>row&1) {
					return -1 << 30
				}
			}
		}
	}
	return x
}

func TestStillPagesStandEquallyLong(t *testing.T) {
	s := span(strings.Repeat("今日天气晴转多云，", 12), "still", 60*time.Second)
	l := NewLayout(128, 32, s)
	if len(l.pages) < 2 || l.beat != 60*time.Second/time.Duration(len(l.pages)) {
		t.Fatalf("%d pages of %v", len(l.pages), l.beat)
	}
	if equal(l.Frame(start), l.Frame(start.Add(l.beat))) {
		t.Error("the second page looks like the first")
	}
	if !equal(l.Frame(start), l.Frame(start.Add(l.beat-1))) {
		t.Error("the first page does not stand its whole time")
	}
}

func TestHostileTexts(t *testing.T) {
	for name, body := range map[string]string{
		"empty":    "",
		"spaces":   " \t\n ",
		"controls": "\x00\x07\x1b[31m\u202eabc\u2066\ufeff",
		"emoji":    "🚨🔥👨‍👩‍👧⚡️",
		"marks":    "a" + strings.Repeat("\u0301", 5000),
		"bad":      "\xff\xfe\x80",
		"rtl":      "مرحبا שלום",
		"long":     strings.Repeat("雨", 10000),
		"longer":   strings.Repeat("a", 1<<20),
		"beyond":   "𠮷野家",
	} {
		for _, effect := range []string{"", "still"} {
			for _, size := range [][2]int{{1, 1}, {7, 12}, {192, 32}, {64, 64}} {
				f := Frame(size[0], size[1], span(body, effect, time.Second), start.Add(300*time.Millisecond))
				if f.Bounds() != image.Rect(0, 0, size[0], size[1]) {
					t.Errorf("%s: frame %v", name, f.Bounds())
				}
			}
		}
	}
	if got := clean("红\u202e\x00🚨色\u200b预警"); got != "红色预警" {
		t.Errorf("cleaned to %q", got)
	}
	if got := clean(strings.Repeat("雨", 2*MaxRunes)); len([]rune(got)) != MaxRunes {
		t.Errorf("kept %d characters", len([]rune(got)))
	}
}

// failing is a panel that refuses frames while broken.
type failing struct {
	broken atomic.Bool
}

func (f *failing) Size() (int, int) { return 32, 16 }
func (f *failing) Draw(*image.Paletted) error {
	if f.broken.Load() {
		return errors.New("cable out")
	}
	return nil
}

func run(t *testing.T, s *Screen) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

var quiet = Options{Logger: slog.New(slog.DiscardHandler)}

func TestShownFromTo(t *testing.T) {
	for name, panel := range map[string]Panel{"counting": Counting{}, "pixels": &failing{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(panel, quiet)
				run(t, s)
				zero := time.Now()
				at := func(sec int) time.Time { return zero.Add(time.Duration(sec) * time.Second) }
				text := wire.Text{Body: "停水", Stay: 10000}
				s.SetPlan([]Span{{ID: "a", At: at(5), Until: at(15), Text: text}, {ID: "b", At: at(15), Until: at(25), Text: text}, {ID: "never", At: at(30), Until: at(30)}})
				time.Sleep(8 * time.Second)
				s.SetPlan([]Span{{ID: "a", At: at(5), Until: at(15), Text: text}, {ID: "b", At: at(15), Until: at(25), Text: text}})
				time.Sleep(10 * time.Second)
				s.SetPlan([]Span{{ID: "warning", At: at(18), Until: at(100), Text: text, Level: wire.LevelRed}})
				time.Sleep(2 * time.Second)
				synctest.Wait()
				open, ok := s.Open()
				if !ok || open.ID != "warning" || !open.From.Equal(at(18)) || !open.To.Equal(at(20)) {
					t.Errorf("open is %+v", open)
				}
				s.SetPlan(nil)
				synctest.Wait()
				want := []Shown{{"a", at(5), at(15), nil}, {"b", at(15), at(18), nil}, {"warning", at(18), at(20), nil}}
				got := s.Drain()
				if len(got) != len(want) {
					t.Fatalf("shown %+v", got)
				}
				for i, g := range got {
					if g.ID != want[i].ID || !g.From.Equal(want[i].From) || !g.To.Equal(want[i].To) || g.Err != nil {
						t.Errorf("shown %+v, want %+v", g, want[i])
					}
				}
				if more := s.Drain(); len(more) != 0 {
					t.Errorf("drained twice: %+v", more)
				}
			})
		})
	}
}

func TestBrokenPanelProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &failing{}
		p.broken.Store(true)
		s := New(p, quiet)
		zero := time.Now()
		s.SetPlan([]Span{{ID: "a", At: zero, Until: zero.Add(10 * time.Second), Text: wire.Text{Body: "停", Effect: "still"}}})
		run(t, s)
		time.Sleep(3*time.Second + time.Millisecond)
		p.broken.Store(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		got := s.Drain()
		if len(got) != 2 || got[0].Err == nil || got[1].Err != nil || !got[0].To.Equal(got[1].From) || got[1].To.Sub(zero) != 10*time.Second {
			t.Errorf("shown %+v", got)
		}
	})
}

func TestPNGPanelReplacesItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "panel.png")
	p, err := NewPNG(path, 64, 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	frame := Frame(64, 16, span("汛情", "still", time.Minute), start)
	if err := p.Draw(frame); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 16 {
		for x := range 64 {
			r, _, _, _ := got.At(x, y).RGBA()
			if (r != 0) != (frame.Pix[y*frame.Stride+x] == 1) {
				t.Fatalf("pixel %d,%d differs", x, y)
			}
		}
	}
	if err := p.Draw(blank(3, 3)); err == nil {
		t.Error("a frame of a wrong size was taken")
	}
	if _, err := NewPNG("", 0, 16, 0); err == nil {
		t.Error("a panel without width was made")
	}
	if d := Dots(frame, 4); d.Bounds() != image.Rect(0, 0, 256, 64) {
		t.Errorf("dots %v", d.Bounds())
	}
}

func FuzzFrame(f *testing.F) {
	f.Add("红色预警 Red 14:00", true, uint8(64), uint8(16), int64(1000))
	f.Fuzz(func(t *testing.T, body string, still bool, w, h uint8, ms int64) {
		s := span(body, "", time.Duration(ms%100000)*time.Millisecond)
		if still {
			s.Text.Effect = "still"
		}
		Frame(int(w), int(h), s, start.Add(time.Second))
	})
}
