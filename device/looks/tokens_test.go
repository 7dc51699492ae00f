package looks

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// contrast is that of two colours by WCAG 2, 1 to 21.
func contrast(a, b string) float64 {
	light := func(hex string) float64 {
		n, _ := strconv.ParseUint(hex[1:], 16, 32)
		var sum float64
		for i, weight := range []float64{.0722, .7152, .2126} {
			c := float64(n>>(8*i)&0xff) / 255
			if c <= .04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+.055)/1.055, 2.4)
			}
			sum += weight * c
		}
		return sum
	}
	x, y := light(a), light(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func TestContrast(t *testing.T) {
	css, err := static.ReadFile("static/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("tokens.css has no dark theme")
	}
	token := regexp.MustCompile(`--([a-z-]+): (#[0-9A-F]{6});`)
	tokens := map[string]string{}
	for _, theme := range []struct{ name, css string }{{"light", light}, {"dark", dark}} {
		for _, m := range token.FindAllStringSubmatch(theme.css, -1) {
			tokens[m[1]] = m[2]
		}
		check := func(front, ground string, least float64) {
			if c := contrast(tokens[front], tokens[ground]); c < least {
				t.Errorf("%s: --%s on --%s has a contrast of %.2f, want %.1f", theme.name, front, ground, c, least)
			}
		}
		for _, ground := range []string{"ground", "raised"} {
			for _, front := range []string{"text", "quiet", "accent", "on-air", "silent", "offline", "clock", "unknown"} {
				check(front, ground, 4.5)
			}
			check("edge", ground, 3)
		}
		check("on-accent", "accent", 4.5)
		check("on-dark-warning", "warn-red", 4.5)
		check("on-dark-warning", "warn-blue", 4.5)
		check("on-light-warning", "warn-orange", 4.5)
		check("on-light-warning", "warn-yellow", 4.5)
	}
}
