package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of this version anew")

// goldenDir holds the messages of the version in the making; the folders of
// released versions are never changed.
const goldenDir = "testdata/v0.3.0"

func golden(t testing.TB, name string, fresh func() []byte) []byte {
	t.Helper()
	path := filepath.Join(goldenDir, name+".json")
	if *update {
		if err := os.WriteFile(path, fresh(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./device/wire -update writes it)", err)
	}
	return data
}

// decodeAs reads data into a payload of the sample's type, as the centre does.
func decodeAs(sample Payload, data []byte, strict bool) (Payload, error) {
	switch sample.(type) {
	case Bulletin:
		return asPayload[Bulletin](data, strict)
	case Orders:
		return asPayload[Orders](data, strict)
	case KeyRing:
		return asPayload[KeyRing](data, strict)
	case Centre:
		return asPayload[Centre](data, strict)
	case Stored:
		return asPayload[Stored](data, strict)
	case DetailRequest:
		return asPayload[DetailRequest](data, strict)
	case Birth:
		return asPayload[Birth](data, strict)
	case Will:
		return asPayload[Will](data, strict)
	case Heartbeat:
		return asPayload[Heartbeat](data, strict)
	case OnAirReport:
		return asPayload[OnAirReport](data, strict)
	case Have:
		return asPayload[Have](data, strict)
	case Report:
		return asPayload[Report](data, strict)
	case Command:
		return asPayload[Command](data, strict)
	case Answer:
		return asPayload[Answer](data, strict)
	case Echo:
		return asPayload[Echo](data, strict)
	case TimeRequest:
		return asPayload[TimeRequest](data, strict)
	case TimeAnswer:
		return asPayload[TimeAnswer](data, strict)
	case Enrolment:
		return asPayload[Enrolment](data, strict)
	case Certificate:
		return asPayload[Certificate](data, strict)
	case Time:
		return asPayload[Time](data, strict)
	}
	return asPayload[Detail](data, strict)
}

func asPayload[T Payload](data []byte, strict bool) (Payload, error) {
	if strict {
		return Decode[T](data)
	}
	return DecodeLenient[T](data)
}

// Messages of every released version are read for ever, by both sides, and say
// what they said: written again, they are what they were.
func TestReleasedMessages(t *testing.T) {
	dirs, err := filepath.Glob("testdata/v*")
	if err != nil || len(dirs) < 2 {
		t.Fatalf("released versions: %v, %v", dirs, err)
	}
	for _, dir := range dirs {
		for name, sample := range samples() {
			data, err := os.ReadFile(filepath.Join(dir, name+".json"))
			if os.IsNotExist(err) && dir != goldenDir {
				continue // it came with a later version
			} else if err != nil {
				t.Fatal(err)
			}
			for _, strict := range []bool{true, false} {
				got, err := decodeAs(sample, data, strict)
				if err != nil {
					t.Errorf("%s/%s, strict %v: %v", dir, name, strict, err)
					continue
				}
				again, err := json.MarshalIndent(got, "", "  ")
				if err != nil || !bytes.Equal(append(again, '\n'), data) {
					t.Errorf("%s/%s, strict %v: written again it is %s, %v", dir, name, strict, again, err)
				}
			}
		}
	}
}

// Envelopes of every released version are verified and read for ever.
func TestReleasedEnvelopes(t *testing.T) {
	dirs, err := filepath.Glob("testdata/v*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		for name, kind := range sealed(t) {
			data, err := os.ReadFile(filepath.Join(dir, name+".json"))
			if os.IsNotExist(err) && dir != goldenDir {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			if _, err := openAny(data, kind); err != nil {
				t.Errorf("%s/%s: %v", dir, name, err)
			}
		}
	}
}

// The messages of this version mean what the samples say.
func TestGoldenMessages(t *testing.T) {
	for name, sample := range samples() {
		t.Run(name, func(t *testing.T) {
			data := golden(t, name, func() []byte {
				text, err := json.MarshalIndent(sample, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				return append(text, '\n')
			})
			for _, strict := range []bool{true, false} {
				got, err := decodeAs(sample, data, strict)
				if err != nil {
					t.Fatalf("strict %v: %v", strict, err)
				}
				if !reflect.DeepEqual(got, sample) {
					t.Errorf("strict %v: read\n%+v\nwant\n%+v", strict, got, sample)
				}
			}
		})
	}
}

func TestEncodeThenDecode(t *testing.T) {
	for name, sample := range samples() {
		data, err := Encode(sample)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := decodeAs(sample, data, true); err != nil || !reflect.DeepEqual(got, sample) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// sealed are the golden envelopes: kind → payload.
func sealed(t testing.TB) map[string]snapshot {
	t.Helper()
	return map[string]snapshot{
		"envelope-bulletin": sampleBulletin(), "envelope-settings": sampleSettings(), "envelope-orders": sampleOrders(), "envelope-keyring": sampleRing(),
		"envelope-command": sampleCommand(), "envelope-time": sampleTime(),
	}
}

func seal(t testing.TB, p snapshot) []byte {
	t.Helper()
	kind, address, revision := p.subject()
	letter, id := "k", "k2"
	if kind == KindKeyRing {
		letter, id = "r", RootKey
	}
	data, err := Seal(testKey(letter), id, kind, address, revision, p)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openAny opens an envelope of any kind with the sample keys.
func openAny(data []byte, want snapshot) (snapshot, error) {
	_, address, _ := want.subject()
	switch want.(type) {
	case Bulletin:
		return OpenBulletin(data, address, sampleRing(), testPublic("r"))
	case Orders:
		return OpenOrders(data, address, sampleRing(), testPublic("r"))
	case Command:
		return OpenCommand(data, address, sampleRing(), testPublic("r"))
	case Time:
		e, err := ParseEnvelope(data)
		if err != nil {
			return nil, err
		}
		return OpenTime(e, address, sampleRing(), testPublic("r"))
	}
	return OpenKeyRing(data, testPublic("r"))
}

func TestGoldenEnvelopes(t *testing.T) {
	for name, want := range sealed(t) {
		data := golden(t, name, func() []byte { return append(seal(t, want), '\n') })
		got, err := openAny(data, want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read\n%+v\nwant\n%+v", name, got, want)
		}
		if again, more := seal(t, want), seal(t, want); !bytes.Equal(again, more) {
			t.Errorf("%s: sealed twice, the bytes differ", name)
		}
	}
}

// The samples set every field of every type, so that the golden files hold them all.
func TestSamplesSetEveryField(t *testing.T) {
	set := map[string]bool{}
	all := map[string]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				name := v.Type().Name() + "." + v.Type().Field(i).Name
				all[name] = true
				if !v.Field(i).IsZero() {
					set[name] = true
				}
				walk(v.Field(i))
			}
		}
	}
	for _, s := range samples() {
		walk(reflect.ValueOf(s))
	}
	for name := range all {
		if !set[name] {
			t.Errorf("no sample sets %s", name)
		}
	}
}
