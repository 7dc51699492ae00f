package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// table lines up columns, counting a Chinese character as two cells.
type table struct {
	rows [][]string
}

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) {
	var wide []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], cells(c))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(c)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", wide[i]-cells(c)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// padded fills a text up to a number of terminal cells.
func padded(text string, wide int) string {
	return text + strings.Repeat(" ", max(wide-cells(text), 0))
}

// cells is the number of terminal cells that a text takes.
func cells(s string) (n int) {
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// clock is a time as the county's clocks show it, wherever the command runs.
func (s *shell) clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(s.location()).Format("2006-01-02 15:04:05")
}

func (s *shell) clockOf(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return s.clock(*t)
}

// many says a number of things: "1 village", "2 villages".
func many(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// span is a length of seconds as m:ss.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	}
	return fmt.Sprintf("%d:%02d", d/time.Minute, d/time.Second%60)
}

func short(id string) string {
	if len(id) == 64 {
		return id[:12]
	}
	return id
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
