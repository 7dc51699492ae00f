package agent

import (
	"testing"
	"time"
	"unicode/utf8"
)

func TestBackoff(t *testing.T) {
	cases := []struct {
		n      int
		chance float64
		want   time.Duration
	}{
		{0, 1, time.Second}, {0, 0, 0}, {1, 1, 2 * time.Second}, {4, 0.5, 8 * time.Second},
		{5, 1, 30 * time.Second}, {1000, 1, 30 * time.Second},
	}
	for _, c := range cases {
		if got := backoff(c.n, time.Second, 30*time.Second, c.chance); got != c.want {
			t.Errorf("attempt %d, chance %v: %v, want %v", c.n, c.chance, got, c.want)
		}
	}
}

func TestWordsAreCutBetweenCharacters(t *testing.T) {
	for n := 3; n < 20; n++ {
		got := words("县\x00广播站停电通知", n)
		if len(got) > n || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q", n, got)
		}
	}
	if got := words("a\x07b", 9); got != "ab" {
		t.Errorf("got %q", got)
	}
}
