package paper

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

func card(i int) Card {
	code := fmt.Sprintf("ABCD-EFGH-IJKL-MN%02d", i)
	return Card{Name: "张三 <b>", Place: "柳树镇东塘村 村管理员", Link: "https://village.example.gov.cn:8520/login/" + code, Code: code, Login: "https://village.example.gov.cn:8520/login", Ends: "2026-12-24"}
}

// TestSheets: every card is there, in its language, nothing is loaded from outside,
// and nobody's name becomes markup.
func TestSheets(t *testing.T) {
	for lang, words := range map[string][]string{"zh-CN": {`lang="zh-CN"`, "在这部手机上登录", "2026-12-24 前用一次", "打印后请删除"}, "en": {`lang="en"`, "Sign in on this phone", "Works once, until 2026-12-24", "delete it when it is printed"}} {
		var out strings.Builder
		if err := Cards(&out, lang, []Card{card(1), card(2), card(3)}); err != nil {
			t.Fatal(err)
		}
		page := out.String()
		for _, want := range append(words, "张三 &lt;b&gt;", "柳树镇东塘村", "ABCD-EFGH-IJKL-MN02") {
			if !strings.Contains(page, want) {
				t.Errorf("%s: it does not say %q", lang, want)
			}
		}
		if n := strings.Count(page, `<svg class="qr"`); n != 3 {
			t.Errorf("%s: %d QR codes", lang, n)
		}
		if found := regexp.MustCompile(`(?i)<(script|img|link|iframe|object)|src=|href=|url\(|@import`).FindString(page); found != "" {
			t.Errorf("%s: it loads something: %s", lang, found)
		}
	}
	var out strings.Builder
	if err := Stickers(&out, "zh-CN", []Sticker{{Unit: "h0042", Page: "https://village.example.gov.cn:8520/here/h0042"}, {Unit: "dongtang-1", Place: "东塘村 村口", Page: "https://x/here/dongtang-1"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<p class="unit">h0042</p>`, "地点：＿", `<p class="unit long">dongtang-1</p>`, "东塘村 村口", "https://village.example.gov.cn:8520/here/h0042"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the stickers do not say %q", want)
		}
	}
	// What cannot be drawn leaves nothing behind that could be taken for a sheet.
	var none strings.Builder
	if err := Stickers(&none, "en", []Sticker{{Unit: "x", Page: strings.Repeat("x", 5000)}}); err == nil || none.Len() != 0 {
		t.Errorf("%d bytes, %v", none.Len(), err)
	}
}

// TestDrawing: the drawing of a code has the three corners by which readers find it,
// and the margin round them.
func TestDrawing(t *testing.T) {
	drawn, err := code("https://village.example.gov.cn:8520/here/h0042")
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		Path    struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.NewDecoder(strings.NewReader(string(drawn))).Decode(&svg); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscanf(svg.ViewBox, "0 0 %d", &n); err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(svg.Path.D, -1) {
		var x, y, run int
		fmt.Sscan(m[1], &x)
		fmt.Sscan(m[2], &y)
		fmt.Sscan(m[3], &run)
		for i := range run {
			dark[[2]int{x + i, y}] = true
		}
	}
	for _, corner := range [][2]int{{4, 4}, {n - 11, 4}, {4, n - 11}} {
		for y := range 7 {
			for x := range 7 {
				ring := max(abs(x-3), abs(y-3))
				if want := ring != 2; dark[[2]int{corner[0] + x, corner[1] + y}] != want {
					t.Fatalf("corner %v: module %d, %d is not as ISO/IEC 18004 draws it", corner, x, y)
				}
			}
		}
	}
	for i := range n {
		for edge := range 4 {
			for _, at := range [][2]int{{i, edge}, {edge, i}, {i, n - 1 - edge}, {n - 1 - edge, i}} {
				if dark[at] {
					t.Fatalf("%v is in the margin", at)
				}
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }
