package spool

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// How much proof waits in memory for a card that takes none.
const (
	overflowEntries = 4000
	overflowBytes   = 2 << 20
)

// overflow is the outbox of a card that takes nothing: entries in memory, under
// the name of a spool that lasts as long as the process. They can be sent and
// stored like any others. What was never sent moves to the card as soon as that
// takes it; what was sent stays here until the centre has it, since under
// another number it would be proved twice.
type overflow struct {
	id      string
	entries []wire.Entry
	sizes   []int
	bytes   int
	next    uint64
	sent    uint64 // no number above it was ever handed out
	acked   uint64
}

func newOverflow() *overflow { return &overflow{id: randomID(), next: 1} }

// add keeps entries, and answers which of the oldest had to go.
func (o *overflow) add(entries []wire.Entry) (gone []wire.Entry) {
	for _, e := range entries {
		e.Seq = o.next
		o.next++
		body, _ := json.Marshal(e) // for its size
		o.entries, o.sizes = append(o.entries, e), append(o.sizes, len(body))
		o.bytes += len(body)
	}
	n := 0
	for ; len(o.entries)-n > overflowEntries || o.bytes > overflowBytes; n++ {
		o.bytes -= o.sizes[n]
	}
	gone = slices.Clone(o.entries[:n])
	o.entries, o.sizes = slices.Delete(o.entries, 0, n), slices.Delete(o.sizes, 0, n)
	return gone
}

// unsent are the entries that were never handed out.
func (o *overflow) unsent() []wire.Entry { return o.entries[o.index(o.sent):] }

// index is that of the first entry after a number.
func (o *overflow) index(after uint64) int {
	i := slices.IndexFunc(o.entries, func(e wire.Entry) bool { return e.Seq > after })
	if i < 0 {
		return len(o.entries)
	}
	return i
}

// moved forgets what was never handed out: the card has it.
func (o *overflow) moved() {
	i := o.index(o.sent)
	for _, n := range o.sizes[i:] {
		o.bytes -= n
	}
	o.entries, o.sizes = o.entries[:i], o.sizes[:i]
}

// batch hands the oldest entries out.
func (o *overflow) batch(n, bytes int) Batch {
	b := Batch{Spool: o.id, After: o.acked}
	for i, e := range o.entries {
		if bytes -= o.sizes[i]; i == n || bytes < 0 && i > 0 {
			break
		}
		b.Entries = append(b.Entries, e)
		o.sent = max(o.sent, e.Seq)
	}
	return b
}

// ack forgets what the centre has. A number that falls is taken too, or the
// centre and we would wait for each other.
func (o *overflow) ack(seq uint64) {
	o.acked = seq
	i := o.index(o.acked)
	for _, n := range o.sizes[:i] {
		o.bytes -= n
	}
	o.entries, o.sizes = slices.Delete(o.entries, 0, i), slices.Delete(o.sizes, 0, i)
}

// lostProof makes an entry that says what had to be given up.
func lostProof(n int, from, to int64, where string) (wire.Entry, string) {
	text := fmt.Sprintf("%d entries from %s to %s were given up before the centre had them: %s", n,
		time.UnixMilli(from).UTC().Format(time.RFC3339), time.UnixMilli(to).UTC().Format(time.RFC3339), where)
	return wire.Entry{At: to, Event: &wire.Event{Code: CodeProofLost, Text: text}}, text
}
