package spool

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// seeds are those to try: VILLAGECAST_SEED=n alone, or 1 to n, twenty times as
// many with VILLAGECAST_SOAK=1.
func seeds(t *testing.T, n uint64) (list []uint64) {
	if text := os.Getenv("VILLAGECAST_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	if os.Getenv("VILLAGECAST_SOAK") != "" {
		n *= 20
	}
	for seed := range n {
		list = append(list, seed+1)
	}
	t.Logf("seeds 1 to %d; VILLAGECAST_SEED=n tries one alone", n)
	return list
}

// memory is what a spool gives back, as text by name.
func memoryOf(s *Spool) map[string]string {
	m := map[string]string{"id": s.ID()}
	for _, e := range s.AllHeld() {
		m["held "+string(e.Address)+" "+string(e.Kind)] = fmt.Sprint(e.Revision, e.Key, e.Sig, e.Payload)
	}
	for _, e := range s.Batch(1<<20, 1<<30).Entries {
		m[fmt.Sprint("entry ", e.Seq)] = fmt.Sprint(e.At, e.Event)
	}
	runs, _, _ := s.Detail(0, 1<<60, "", 1<<20)
	for _, r := range runs {
		m[fmt.Sprint("detail ", r.Item)] = fmt.Sprint(r)
	}
	for _, b := range s.Barred() {
		m["bar "+b.ID] = fmt.Sprint(b)
	}
	for _, h := range s.Assets() {
		f, err := s.OpenAsset(h)
		if err != nil {
			continue
		}
		var b bytes.Buffer
		_, _ = b.ReadFrom(f)
		m["media "+string(h)] = b.String()
		_ = f.Close()
	}
	return m
}

// furnished is the disk of a unit that has lived for a while, and what its spool
// should give back.
func furnished(t *testing.T) (*Mem, map[string]string) {
	_, key, _ := ed25519.GenerateKey(nil)
	disk := Memory()
	s := Open(disk)
	for i, a := range []wire.Address{"area/county", "area/town", "area/village"} {
		for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
			var payload any = wire.Bulletin{Address: a, Revision: 7, County: &wire.County{Name: strings.Repeat("x", 90*i), Zone: "Asia/Shanghai"}}
			if kind == wire.KindOrders {
				payload = wire.Orders{Address: a, Revision: 7}
			}
			raw, err := wire.Seal(key, "k1", kind, a, 7, payload)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Hold(raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 500 {
		if err := s.Append(event(int64(1000+i), fmt.Sprint(i, strings.Repeat("y", 1200)))); err != nil {
			t.Fatal(err)
		}
		if err := s.AddDetail(wire.CueRun{Item: i, From: int64(1000 + i), To: int64(1001 + i), Programme: "p"}); err != nil {
			t.Fatal(err)
		}
		_, _ = s.Bar([]wire.Bar{{ID: fmt.Sprint("b", i%5)}})
	}
	if err := stored(s, 100); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.Session()
		if err := s.MarkAlive(Alive{At: 2200, State: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		content := bytes.Repeat([]byte{byte(i)}, 20000)
		h, _, _ := media.Sum(bytes.NewReader(content))
		d, err := s.Download(h, int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = d.Write(content)
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	want := memoryOf(s)
	return disk.Cut(0), want
}

// harm damages a file as cards do, and says how.
func harm(m *Mem, name string, rnd *rand.Rand) (how string) {
	f := m.files[name]
	b := f.data
	at := rnd.IntN(len(b))
	switch rnd.IntN(6) {
	case 0:
		how = fmt.Sprintf("bit at %d", at)
		b[at] ^= 1 << rnd.IntN(8)
	case 1:
		how = fmt.Sprintf("cut at %d", at)
		b = b[:at]
	case 2: // a page reads as zeros
		at &^= 511
		how = fmt.Sprintf("zeros from %d", at)
		clear(b[at:min(len(b), at+4096)])
	case 3: // or as erased flash
		at &^= 511
		how = fmt.Sprintf("ones from %d", at)
		for i := at; i < min(len(b), at+4096); i++ {
			b[i] = 0xff
		}
	case 4: // or as another page
		from := rnd.IntN(len(b))
		how = fmt.Sprintf("%d copied to %d", from, at)
		copy(b[at:], slices.Clone(b[from:min(len(b), from+4096)]))
	case 5: // or as another file
		names := slices.Sorted(maps.Keys(m.files))
		other := names[rnd.IntN(len(names))]
		if strings.TrimSuffix(name, ".copy") == strings.TrimSuffix(other, ".copy") {
			other = "session" // both copies at once would be two damages
		}
		how = "swapped with " + other
		m.files[name], m.files[other] = m.files[other], m.files[name]
		m.kept = maps.Clone(m.files)
		return how
	}
	f.data, f.synced = b, slices.Clone(b)
	return how
}

// TestEveryDamageIsSetAside damages every file of a spool in many ways. Nothing
// that was not so before may come out; what does not come out any more is
// reported; and the spool goes on.
func TestEveryDamageIsSetAside(t *testing.T) {
	disk, want := furnished(t)
	names := slices.Sorted(maps.Keys(disk.files))
	kinds := map[string]int{}
	for _, seed := range seeds(t, 8) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		for _, name := range names {
			m := disk.Copy()
			how := fmt.Sprintf("seed %d: %s: %s", seed, name, harm(m, name, rnd))
			lost := survives(t, how, m, want)
			for _, what := range lost {
				kinds[strings.Fields(what)[0]]++
			}
			if t.Failed() {
				return
			}
		}
	}
	for _, kind := range []string{"held", "entry", "detail", "bar", "media"} {
		if kinds[kind] == 0 {
			t.Errorf("no damage cost any %s: the test does not reach it", kind)
		}
	}
}

func survives(t *testing.T, how string, m *Mem, want map[string]string) (lost []string) {
	s := Open(m)
	got := memoryOf(s)
	for what, text := range got {
		if want[what] != text && !(strings.HasPrefix(what, "entry ") && want[what] == "") { // acknowledged before
			t.Fatalf("%s: %s is not what it was: %.200s", how, what, text)
		}
	}
	tail := false // the newest of a journal, which looks like torn
	for what := range want {
		if _, still := got[what]; !still {
			lost = append(lost, what)
			tail = tail || what == "entry 500" || what == "detail 499"
		}
	}
	if news := s.News(); len(lost) > 0 && len(news) == 0 && !tail {
		t.Errorf("%s: lost %q, and nobody is told", how, lost)
	}
	// It goes on, and gives no number twice.
	appendText(t, s, "after")
	b := s.Batch(1<<20, 1<<30)
	if last := b.Entries[len(b.Entries)-1]; last.Event.Text != "after" || last.Seq <= 500 {
		t.Errorf("%s: goes on with %d %s", how, last.Seq, last.Event.Text)
	}
	if name, n := s.Session(); name != s.ID() || n < 2 && !strings.Contains(how, "session") {
		t.Errorf("%s: session %d of %s", how, n, name)
	}
	if _, err := s.Bar([]wire.Bar{{ID: "after"}}); err != nil {
		t.Errorf("%s: %v", how, err)
	}
	if err := s.MarkAlive(Alive{At: 9999}); err != nil {
		t.Errorf("%s: %v", how, err)
	}
	again := Open(m.Cut(0))
	if c, news := again.Conditions(), again.News(); len(c)+len(news) > 0 {
		t.Errorf("%s: complains again of %v %v", how, c, news)
	}
	return lost
}

// TestQuarantineIsBounded damages a card again and again.
func TestQuarantineIsBounded(t *testing.T) {
	disk, _ := furnished(t)
	for range 100 {
		disk.Damage("held/area-county.bulletin", 40)
		whole := disk.files["outbox/00000000000000000001.seg"].data
		disk.Damage("outbox/00000000000000000001.seg", len(whole)/2)
		s := Open(disk)
		raw := appendRecord(nil, record{seq: 1, body: []byte("x")})
		if err := writeFile(disk, "held/area-county.bulletin", append(raw, bytes.Repeat([]byte{1}, 100)...)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	list, _ := disk.List("bad")
	var total int64
	for _, info := range list {
		total += info.Size
	}
	if len(list) != badFiles || total > badBytes {
		t.Errorf("%d files and %d bytes in quarantine, want the newest %d", len(list), total, badFiles)
	}
}
