package wire

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// seedGolden gives the fuzzer every golden file.
func seedGolden(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "v*", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// What the centre takes, a unit's reading takes too, and it survives being
// written and read again.
func FuzzDecode(f *testing.F) {
	seedGolden(f)
	kinds := samples()
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, sample := range kinds {
			got, err := decodeAs(sample, data, true)
			if err != nil {
				continue
			}
			if _, err := decodeAs(sample, data, false); err != nil {
				t.Fatalf("%s: strict takes it, lenient does not: %v", name, err)
			}
			text, err := Encode(got)
			if err != nil {
				continue // escapes may make it longer than the limit
			}
			again, err := decodeAs(sample, text, true)
			if err != nil {
				t.Fatalf("%s: written and not read again: %v\n%s", name, err, text)
			}
			more, err := Encode(again)
			if err != nil || !bytes.Equal(text, more) {
				t.Fatalf("%s: written twice, it differs: %v\n%s\n%s", name, err, text, more)
			}
		}
	})
}

// No bytes crash the opening of an envelope, and nothing opens but what the
// sample keys signed.
func FuzzOpen(f *testing.F) {
	seedGolden(f)
	known := map[string]snapshot{}
	for _, p := range []snapshot{sampleBulletin(), sampleSettings(), sampleOrders(), sampleRing()} {
		kind, address, _ := p.subject()
		known[string(kind)+" "+string(address)] = p
	}
	signed := signedOnce(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEnvelope(data)
		if err != nil {
			return
		}
		_, _ = e.Bulletin()
		_, _ = e.Orders()
		_, _ = e.KeyRing()
		want, ok := known[string(e.Kind)+" "+string(e.Address)]
		if !ok {
			want = sampleRing()
		}
		if got, err := openAny(data, want); err == nil && !reflect.DeepEqual(got, want) && !signed[string(e.Payload)] {
			t.Fatalf("opened what was never signed: %+v", got)
		}
	})
}

// signedOnce are the payloads of all golden envelopes: those of former versions
// were signed with the same keys.
func signedOnce(t testing.TB) map[string]bool {
	files, err := filepath.Glob("testdata/v*/envelope-*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden envelopes: %v, %v", files, err)
	}
	signed := map[string]bool{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseEnvelope(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		signed[string(e.Payload)] = true
	}
	return signed
}

// A topic that parses is written back as it was.
func FuzzParseTopic(f *testing.F) {
	for _, s := range Topics() {
		f.Add(s.Pattern)
		f.Add(withID(s.Pattern))
	}
	f.Fuzz(func(t *testing.T, s string) {
		topic, err := ParseTopic(s)
		if err == nil && (topic.String() != s || topic.Spec().Pattern == "") {
			t.Fatalf("%q became %q, row %+v", s, topic.String(), topic.Spec())
		}
	})
}

func withID(pattern string) string {
	return strings.ReplaceAll(pattern, "{id}", "a-1")
}

// A civil time that is taken lies within the day.
func FuzzClock(f *testing.F) {
	for _, s := range []string{"07:00", "07:00:30", "24:00", "99:99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Clock(s).Seconds(); err == nil && (n < 0 || n > 86400) {
			t.Fatalf("%q is second %d", s, n)
		}
		_, _ = Date(s).Time()
		_, _ = DateTime(s).Time()
	})
}
