package wire

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Limits of counts and lengths. Lengths are in bytes of UTF-8.
const (
	MaxProgrammes = 2000
	MaxItems      = 500
	MaxInterrupts = 200
	MaxEntries    = 500
	MaxRounds     = 1000 // round parts of one as-run entry; rounds of a chain
	MaxCues       = 1000 // of one page of detail
	MaxTitle      = 200
	MaxBody       = 8000
	MaxWords      = 500 // reasons and descriptions
	MaxAddresses  = 32
	MaxItemFrames = 24 * 3600 * Rate
	MaxGrace      = 24 * 3600
	MaxExceptions = 500
	MaxLocked     = 1000
	// MaxSilentAfter is in hours.
	MaxSilentAfter = 24 * 366
)

const (
	remedyID      = "use 1 to 64 characters of a–z, 0–9, '-', '_' and '.', the first a letter or digit"
	remedyPercent = "use 0 to 100 per cent"
	remedyTime    = "use unix milliseconds between 1970 and 2200"
	// A unit whose clock is lost counts from 1970 and must be heard all the same.
	minTime, maxTime = 0, 7258118400000
)

// check collects the first fault of a payload.
type check struct{ err error }

func bad(field string, value any, remedy string) error {
	text := fmt.Sprintf("%#v", value)
	if s, ok := value.(fmt.Stringer); ok {
		text = s.String()
	}
	switch value.(type) {
	case int, int64, uint64, uint32:
		text = fmt.Sprintf("%d", value)
	case string, Address, Kind, Level, Output, RuleKind, Clock, Date, DateTime:
		text = fmt.Sprintf("%.60q", value)
	}
	return &FieldError{Field: field, Value: text, Remedy: remedy}
}

func (c *check) that(ok bool, field string, value any, remedy string) {
	if !ok && c.err == nil {
		c.err = bad(field, value, remedy)
	}
}

func (c *check) id(field, id string)    { c.that(ValidID(id), field, id, remedyID) }
func (c *check) optID(field, id string) { c.that(id == "" || ValidID(id), field, id, remedyID) }

// text checks a string that people read: UTF-8 without control characters but
// line feed and tab.
func (c *check) text(field, s string, least, most int) {
	if len(s) < least || len(s) > most { // the remedy is written only where it is needed
		c.that(false, field, s, fmt.Sprintf("use %d to %d bytes of UTF-8", least, most))
	}
	c.that(utf8.ValidString(s), field, s, "use UTF-8")
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			c.that(false, field, s, "remove the control characters")
			return
		}
	}
}

func (c *check) number(field string, n, least, most int64) {
	if n < least || n > most {
		c.that(false, field, n, fmt.Sprintf("use %d to %d", least, most))
	}
}

func (c *check) count(field string, n, most int) {
	if n > most {
		c.that(false, field, n, fmt.Sprintf("use at most %d", most))
	}
}

func (c *check) time(field string, ms int64) {
	c.that(ms >= minTime && ms <= maxTime, field, ms, remedyTime)
}

func (c *check) optTime(field string, ms int64) {
	if ms != 0 {
		c.time(field, ms)
	}
}

func (c *check) span(from, to int64) {
	c.time("from", from)
	c.time("to", to)
	c.that(to >= from, "to", to, "use an end that is not before the start")
}

func (c *check) address(field string, a Address) {
	kind, _ := a.Split()
	c.that(kind != "", field, a, `use "area/<id>" or "unit/<id>"`)
}

func (c *check) level(field string, l Level) {
	c.that(l.Rank() > 0, field, l, "use background, timed, live, blue, yellow, orange or red")
}

func (c *check) output(field string, o Output) {
	c.that(o == OutputSound || o == OutputScreen, field, o, "use sound or screen")
}

func (c *check) oneOf(field, s string, words ...string) {
	for _, w := range words {
		if s == w {
			return
		}
	}
	c.that(false, field, s, fmt.Sprintf("use one of %q", words))
}

// within takes over the fault of a part, under the part's path.
func (c *check) within(path string, err error) {
	if c.err != nil || err == nil {
		return
	}
	if f, ok := err.(*FieldError); ok {
		if path != "" {
			path += "."
		}
		err = &FieldError{Field: path + f.Field, Value: f.Value, Remedy: f.Remedy}
	}
	c.err = err
}

// each validates a list's parts in order.
func each[T Payload](c *check, path string, list []T) {
	for i, v := range list {
		if c.err != nil {
			return
		}
		if err := v.Validate(); err != nil {
			c.within(fmt.Sprintf("%s[%d]", path, i), err)
		}
	}
}
