package timetabletest

import (
	"fmt"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Describe tells what an output does in few words: one line for each stretch of
// one item, with civil times of zone (UTC where that is nil).
func Describe(r Result, o wire.Output, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	var b strings.Builder
	at := func(i int) string { return r.From.Add(time.Duration(i) * time.Second).In(zone).Format("15:04:05") }
	slots := r.Slots[o]
	for i := 0; i < len(slots); {
		j := i + 1
		for j < len(slots) && follows(slots[j-1], slots[j]) {
			j++
		}
		s := slots[i]
		switch {
		case s == Slot{}:
		case s.Item < 0:
			fmt.Fprintf(&b, "%s–%s %s pause\n", at(i), at(j), s.Programme+s.Interrupt)
		default:
			fmt.Fprintf(&b, "%s–%s %s item %d from %d s\n", at(i), at(j), s.Programme+s.Interrupt, s.Item, s.Offset)
		}
		i = j
	}
	for _, s := range r.Skips {
		if s.Output == o {
			fmt.Fprintf(&b, "skip %s of %s\n", s.Programme, time.Unix(s.Start, 0).In(zone).Format("15:04:05"))
		}
	}
	return b.String()
}

// follows tells whether b goes on where a was.
func follows(a, b Slot) bool {
	if a != (Slot{}) {
		a.Offset++
	}
	return a == b
}
