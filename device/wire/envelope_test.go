package wire

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// reseal signs an envelope whose fields a test has changed.
func reseal(t *testing.T, e Envelope, letter string) []byte {
	t.Helper()
	e.Sig = ed25519.Sign(testKey(letter), e.SignedBytes())
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func deflate(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, err1 := w.Write(text)
	if err := errors.Join(err1, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSignedBytes(t *testing.T) {
	e := Envelope{Key: "k", Kind: "orders", Address: "unit/a", Revision: 258, Payload: []byte{9, 8}}
	want := "villagecast/1\x00" + "\x00\x00\x00\x01k" + "\x00\x00\x00\x06orders" + "\x00\x00\x00\x06unit/a" +
		"\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x00\x02\x09\x08"
	if got := string(e.SignedBytes()); got != want {
		t.Errorf("signed bytes\n%q\nwant\n%q", got, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	want := sampleBulletin()
	good, err := ParseEnvelope(seal(t, want))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		change func(e *Envelope)
		signer string // empty leaves the signature
		err    error
		code   string
	}{
		{"no signature", func(e *Envelope) { e.Sig = nil }, "", ErrUnsigned, "unsigned"},
		{"payload changed", func(e *Envelope) { e.Payload[3]++ }, "", ErrAltered, "altered"},
		{"revision raised", func(e *Envelope) { e.Revision++ }, "", ErrAltered, "altered"},
		{"signature of another length", func(e *Envelope) { e.Sig = e.Sig[:40] }, "", ErrAltered, "altered"},
		{"signed by a stranger under our id", func(*Envelope) {}, "x", ErrAltered, "altered"},
		{"key out of the ring", func(e *Envelope) { e.Key = "k1" }, "k", ErrUnknownKey, "unknown-key"},
		{"the root signs no bulletin", func(e *Envelope) { e.Key = RootKey }, "r", ErrUnknownKey, "unknown-key"},
		{"another address", func(e *Envelope) { e.Address = "area/town" }, "k", ErrWrongAddress, "wrong-address"},
		{"another kind", func(e *Envelope) { e.Kind = KindOrders }, "k", ErrWrongAddress, "wrong-address"},
		{"payload names another revision", func(e *Envelope) { e.Revision++ }, "k", ErrWrongAddress, "wrong-address"},
		{"revision 0", func(e *Envelope) { e.Revision = 0 }, "k", ErrMalformed, "malformed"},
		{"no DEFLATE", func(e *Envelope) { e.Payload = []byte("hello") }, "k", ErrMalformed, "malformed"},
		{"cut short", func(e *Envelope) { e.Payload = e.Payload[:len(e.Payload)-4] }, "k", ErrMalformed, "malformed"},
		{"bytes after the payload", func(e *Envelope) { e.Payload = append(e.Payload, 0) }, "k", ErrMalformed, "malformed"},
		{"a bomb", func(e *Envelope) { e.Payload = deflate(t, make([]byte, 64<<20)) }, "k", ErrTooBig, "too-big"},
		{"too big compressed", func(e *Envelope) { e.Payload = make([]byte, MaxCompressed+1) }, "k", ErrTooBig, "too-big"},
		{"payload is no object", func(e *Envelope) { e.Payload = deflate(t, []byte(`null`)) }, "k", ErrMalformed, "malformed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := good
			e.Payload = slices.Clone(e.Payload)
			c.change(&e)
			data, err := json.Marshal(e)
			if c.signer != "" {
				data = reseal(t, e, c.signer)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = OpenBulletin(data, want.Address, sampleRing(), testPublic("r"))
			if !errors.Is(err, c.err) || RefusalCode(err) != c.code {
				t.Errorf("got %v (%s), want %v (%s)", err, RefusalCode(err), c.err, c.code)
			}
		})
	}
}

func TestKeyRingOnlyFromRoot(t *testing.T) {
	e, err := ParseEnvelope(seal(t, sampleRing()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyRing(reseal(t, e, "k"), testPublic("r")); !errors.Is(err, ErrAltered) {
		t.Errorf("a ring signed by a signing key: %v", err)
	}
	e.Key = "k2"
	if _, err := OpenKeyRing(reseal(t, e, "k"), testPublic("r")); !errors.Is(err, ErrWrongAddress) {
		t.Errorf("a ring that names a signing key: %v", err)
	}
}

// Whatever single byte of a message is changed, it is not taken for another content.
func TestAlteredAnywhere(t *testing.T) {
	want := sampleOrders()
	data := seal(t, want)
	text, _ := json.Marshal(want)
	for i := range data {
		changed := slices.Clone(data)
		changed[i] ^= 1 << rand.IntN(7)
		got, err := OpenOrders(changed, want.Address, sampleRing(), testPublic("r"))
		if again, _ := json.Marshal(got); err == nil && !bytes.Equal(again, text) {
			t.Fatalf("byte %d changed from %q to %q: read %s", i, data[i], changed[i], again)
		}
	}
}

func TestSealNamesTheBiggestProgramme(t *testing.T) {
	b := sampleBulletin()
	big := b.Programmes[0]
	big.ID, big.Title = "flood-story", "防汛故事"
	for i := range 60 {
		noise := make([]byte, 4000)
		for j := range noise {
			noise[j] = byte('!' + rand.IntN(90))
		}
		item := sampleItem()
		item.Title = fmt.Sprint("part ", i)
		item.Text = &Text{Body: string(noise), Stay: 1000}
		big.Items = append(slices.Clone(big.Items), item)
	}
	b.Programmes = append(b.Programmes, big)
	_, err := Seal(testKey("k"), "k2", KindBulletin, b.Address, b.Revision, b)
	if !errors.Is(err, ErrTooBig) || !strings.Contains(fmt.Sprint(err), `"防汛故事" (flood-story version 3)`) {
		t.Errorf("got %v", err)
	}
	_, err = Seal(testKey("k"), "k2", KindBulletin, b.Address, b.Revision, &b)
	if !errors.Is(err, ErrTooBig) || !strings.Contains(fmt.Sprint(err), "flood-story") {
		t.Errorf("by pointer: got %v", err)
	}
}

func TestSealRefuses(t *testing.T) {
	b := sampleBulletin()
	broken := sampleBulletin()
	broken.Programmes[2].Rule.Times = []Clock{"25:00"}
	cases := []struct {
		name    string
		key     ed25519.PrivateKey
		kind    Kind
		address Address
		rev     uint64
		payload any
		says    string
	}{
		{"other address", testKey("k"), KindBulletin, "area/town", b.Revision, b, "wrong address"},
		{"other revision", testKey("k"), KindBulletin, b.Address, 5, b, "wrong address"},
		{"other kind", testKey("k"), KindOrders, b.Address, b.Revision, b, "wrong address"},
		{"no snapshot", testKey("k"), KindOrders, b.Address, b.Revision, Centre{}, "no snapshot"},
		{"no key", nil, KindBulletin, b.Address, b.Revision, b, "wrong length"},
		{"bad field", testKey("k"), KindBulletin, b.Address, b.Revision, broken, `programmes[2].rule.times[0] is "25:00": use a time of day`},
	}
	for _, c := range cases {
		if _, err := Seal(c.key, "k2", c.kind, c.address, c.rev, c.payload); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want it to say %q", c.name, err, c.says)
		}
	}
}

// A newer centre may send an older unit a programme that it cannot understand:
// that costs it neither the bulletin nor the other programmes.
func TestOneStrangeProgrammeCostsNothingElse(t *testing.T) {
	b := sampleBulletin()
	text, _ := json.Marshal(b)
	strange := strings.Replace(string(text), `"kind":"every"`, `"kind":"tide","moon":{"phase":1}`, 1)
	e := Envelope{Key: "k2", Kind: KindBulletin, Address: b.Address, Revision: b.Revision, Payload: deflate(t, []byte(strange))}
	got, err := OpenBulletin(reseal(t, e, "k"), b.Address, sampleRing(), testPublic("r"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got.Programmes {
		if err := p.Validate(); (err != nil) != (i == 1) {
			t.Errorf("programme %s: %v", p.ID, err)
		}
	}
}

func TestSupersedes(t *testing.T) {
	b := sampleBulletin()
	held, _ := ParseEnvelope(seal(t, b))
	same := held
	b.Revision++
	newer, _ := ParseEnvelope(seal(t, b))
	other := newer
	b.Programmes = b.Programmes[:1]
	conflict, _ := ParseEnvelope(seal(t, b))
	// The same text in another compression, as another build of the centre may make it.
	text, _ := unpack(held.Payload)
	var loose bytes.Buffer
	w, _ := flate.NewWriter(&loose, flate.NoCompression)
	_, _ = w.Write(text)
	_ = w.Close()
	same.Payload = loose.Bytes()
	for _, c := range []struct {
		name string
		e    Envelope
		held *Envelope
		err  error
	}{
		{"nothing held", held, nil, nil},
		{"newer", newer, &held, nil},
		{"same again", held, &held, nil},
		{"same, otherwise compressed", same, &held, nil},
		{"older", held, &newer, ErrOlder},
		{"conflict", conflict, &other, ErrConflict},
	} {
		if err := c.e.Supersedes(c.held); !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
	}
}
