package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/scheduler/client"
)

// TestStickers: the sheet has one for each claim that waits; where the unit is to
// hang stands on it, if that is known.
func TestStickers(t *testing.T) {
	centre := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := map[string]string{
			"/api/v1/units": `{"items":[{"id":"h7","area":"dongtang","name":"学校","state":"planned"},{"id":"u-1","area":"qinghe","name":"u-1","state":"unplaced"}]}`,
			"/api/v1/areas": `{"items":[{"id":"qinghe","name":"青禾县"},{"id":"liushu","parent":"qinghe","name":"柳树镇"},{"id":"dongtang","parent":"liushu","name":"东塘村"}]}`,
		}[r.URL.Path]
		_, _ = w.Write([]byte(body))
	}))
	defer centre.Close()
	out := filepath.Join(t.TempDir(), "stickers.html")
	s := &shell{lang: "zh-CN"}
	claims := []client.Claim{{Unit: "h7", Here: "https://centre/here/h7"}, {Unit: "u-1", Here: "https://centre/here/u-1"}}
	if err := s.printedStickers(t.Context(), &client.Client{Base: centre.URL}, claims, out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<p class="unit">h7</p>`, "柳树镇东塘村 学校", "https://centre/here/h7", `<p class="unit">u-1</p>`, "地点：＿＿"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if n := strings.Count(string(page), "<svg"); n != 2 || strings.Contains(string(page), "青禾县") {
		t.Errorf("%d codes", n)
	}
}
