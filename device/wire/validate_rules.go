package wire

import (
	"fmt"
	"strings"
)

// Validate checks one exception.
func (e Exception) Validate() error {
	var c check
	c.id("id", e.ID)
	c.time("from", e.From)
	c.time("until", e.Until)
	c.that(e.Until > e.From, "until", e.Until, "use an end after its start")
	if e.Window != nil {
		c.within("window", e.Window.Validate())
	}
	c.text("why", e.Why, 0, MaxWords)
	c.count("loud", len(e.Loud), 4)
	for i, l := range e.Loud {
		c.that(l.Warning(), fmt.Sprintf("loud[%d]", i), l, "use blue, yellow, orange or red")
	}
	return c.err
}

// Validate checks one locked person.
func (l Locked) Validate() error {
	var c check
	c.id("id", l.ID)
	c.time("since", l.Since)
	return c.err
}

// Validate checks one revoked device.
func (r Revoked) Validate() error {
	var c check
	ok := len(r.Serial) == 32 && strings.Trim(r.Serial, "0123456789abcdef") == ""
	c.that(ok, "serial", r.Serial, "use a serial number in 32 lower-case hex digits")
	c.time("at", r.At)
	return c.err
}
