package api

import "testing"

func TestShortWarningsAreCalledThrice(t *testing.T) {
	for text, want := range map[string]string{
		"撤离":    "撤离。撤离。撤离。",
		"撤离！":   "撤离。撤离。撤离。",
		"Fire!": "Fire。Fire。Fire。",
		"山洪预警，请立即转移到高处。": "山洪预警，请立即转移到高处。",
	} {
		if got := called(text); got != want {
			t.Errorf("%q is spoken as %q, want %q", text, got, want)
		}
	}
}
