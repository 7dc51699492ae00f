package spool_test

import (
	"testing"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// Acknowledgements that nobody signed, and that contradict each other, neither fill
// the card nor lift the numbers above what a centre can store.
func TestForgedAcknowledgementsDoNotFillTheCard(t *testing.T) {
	disk := spool.Memory()
	s := spool.Open(disk)
	for i := range 20 {
		if err := s.Append(wire.Entry{At: int64(i + 1), Event: &wire.Event{Code: "e", Text: "one"}}); err != nil {
			t.Fatal(err)
		}
	}
	id, before := s.Batch(1, 1<<20).Spool, disk.Size()
	for i := uint64(1); i <= 14; i++ {
		_ = s.Ack(id, 0) // an error says that it is not believed
		_ = s.Ack(id, i*100_000)
	}
	_ = s.Ack(id, 1<<63)
	if more := disk.Size() - before; more > 64<<10 {
		t.Errorf("the card holds %d kB more", more>>10)
	}
	if err := s.Ack(id, 0); err != nil {
		t.Fatal(err)
	}
	for i, e := range s.Batch(200, 1<<20).Entries {
		if e.Seq > 1<<40 {
			t.Errorf("entry %d has number %d", i, e.Seq)
		}
	}
}
