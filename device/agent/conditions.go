package agent

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/villagecast/villagecast/device/wire"
)

// Codes of the conditions and events that an agent reports, beside the spool's.
const (
	CodeRefused      = "refused"             // a snapshot, programme or interrupt was not taken
	CodeOutputLost   = "output-lost"         // the sound output fails and is being opened again
	CodeOutputBack   = "output-back"         // it plays again
	CodeNoSound      = "no-sound"            // the unit should have sound, and this agent has no output for it
	CodePanelLost    = "panel-lost"          // the panel takes no picture
	CodeAmplifier    = "amplifier"           // the amplifier cannot be switched
	CodeMuted        = "muted-here"          // muted at the unit itself
	CodeMissing      = "missing-asset"       // an item could not be played: its file is not there
	CodeDamagedAsset = "damaged-asset"       // an item could not be played: its file is damaged
	CodeFetch        = "fetch-failed"        // a media file cannot be fetched
	CodeBroker       = "broker-outdated"     // the broker does not know a topic that the centre names
	CodeSettings     = "settings-unread"     // the settings file was changed into something that cannot be used
	CodeClock        = "clock-uncertain"     // the clock was right once, and may be off by more than usual
	CodeTone         = "test-tone"           // the centre asked for a test tone
	CodeStalled      = "stalled"             // the agent itself stood still
	CodeCertificate  = "certificate-refused" // the centre gives the device no certificate
	CodeRevoked      = "device-revoked"      // another device is that of the unit; nothing plays
	CodeUnsaved      = "proof-unsaved"       // entries wait in memory because the card takes none

	CodeClockUntrusted = "clock-untrusted" // nothing scheduled is begun: the time is not known
	CodeClockDiffers   = "clock-differs"   // the centre's clock, or the system's, contradicts what is known
	CodeClockSet       = "clock-set"       // event: air time was corrected by more than can pass unheard
)

// conditions are what the unit complains of now.
type conditions struct {
	now func() time.Time
	mu  sync.Mutex
	set map[string]wire.Condition
}

// raise notes a complaint; it answers whether it is new.
func (c *conditions) raise(code, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.set[code]
	if !known {
		old.Since = c.now().UnixMilli()
	}
	c.set[code] = wire.Condition{Code: code, Since: old.Since, Text: words(text, wire.MaxWords)}
	return !known
}

// clear takes a complaint back; it answers whether there was one.
func (c *conditions) clear(code string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.set[code]
	delete(c.set, code)
	return known
}

// when raises or clears.
func (c *conditions) when(on bool, code, text string) {
	if on {
		c.raise(code, text)
	} else {
		c.clear(code)
	}
}

// list is all of them by code.
func (c *conditions) list() []wire.Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.set), func(a, b wire.Condition) int { return strings.Compare(a.Code, b.Code) })
}

// sync takes the spool's complaints over.
func (c *conditions) sync(codes []string, now map[string]string) {
	for _, code := range codes {
		c.when(now[code] != "", code, now[code])
	}
}

// words makes text fit to travel: at most n bytes, no control characters.
func words(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) <= n {
		return text
	}
	cut := 0
	for i := range text {
		if i > n-len("…") {
			break
		}
		cut = i
	}
	return text[:cut] + "…"
}
