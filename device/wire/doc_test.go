package wire

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readDoc is docs/wire.md by headings: heading → rows of the tables under it.
func readDoc(t *testing.T) map[string][][]string {
	t.Helper()
	data, err := os.ReadFile("../../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	doc, heading := map[string][][]string{}, ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			heading = h
			doc[heading] = nil
			continue
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		var row []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			row = append(row, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		doc[heading] = append(doc[heading], row)
	}
	return doc
}

func TestDocHasTheTableOfTopics(t *testing.T) {
	want := [][]string{{"topic", "publisher", "reader", "QoS", "retained", "needs", "payload"}}
	for _, s := range Topics() {
		retained := map[bool]string{true: "yes", false: "no"}[s.Retain]
		want = append(want, []string{s.Pattern, string(s.Publisher), string(s.Reader), fmt.Sprint(s.QoS), retained, s.Needs, s.Payload})
	}
	if got := readDoc(t)["Topics"]; !reflect.DeepEqual(got, want) {
		t.Errorf("docs/wire.md says\n%v\nthe code\n%v", got, want)
	}
}

func TestDocNamesEveryField(t *testing.T) {
	doc := readDoc(t)
	types := map[string]reflect.Type{}
	collect(reflect.TypeFor[Envelope](), types)
	for _, s := range samples() {
		collect(reflect.TypeOf(s), types)
	}
	for name, typ := range types {
		want := jsonFields(typ)
		var got []string
		for _, row := range doc[name][min(1, len(doc[name])):] {
			got = append(got, row[0])
		}
		if !slices.Equal(got, want) {
			t.Errorf("docs/wire.md, %s: fields %v, the code has %v", name, got, want)
		}
	}
	for _, s := range Topics() {
		name := regexp.MustCompile(`\w+`).FindAllString(s.Payload, -1)
		if types[name[len(name)-1]] == nil {
			t.Errorf("%s carries %s, which no sample is", s.Pattern, s.Payload)
		}
	}
}

// collect finds every struct type that stands in typ.
func collect(typ reflect.Type, into map[string]reflect.Type) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(typ.Elem(), into)
	case reflect.Struct:
		into[typ.Name()] = typ
		for i := range typ.NumField() {
			collect(typ.Field(i).Type, into)
		}
	}
}

func jsonFields(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			names = append(names, jsonFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func TestDocNamesLimitsAndCodes(t *testing.T) {
	doc := readDoc(t)
	want := []string{
		fmt.Sprintf("%d bytes", MaxCompressed), fmt.Sprintf("%d bytes", MaxPayload), fmt.Sprintf("%d bytes", MaxEnvelope),
		fmt.Sprintf("%d bytes", MaxMessage), fmt.Sprint(MaxProgrammes), fmt.Sprint(MaxItems), fmt.Sprint(MaxInterrupts),
		fmt.Sprint(MaxEntries), fmt.Sprint(MaxRounds), fmt.Sprint(MaxCues),
	}
	var got []string
	for _, row := range doc["Reading a message"][1:] {
		got = append(got, row[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("limits: docs/wire.md says %v, the code %v", got, want)
	}
	want, got = nil, nil
	for _, r := range refusals {
		want = append(want, r.code)
	}
	for _, row := range doc["Refusals"][1:] {
		got = append(got, row[0])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("refusals: docs/wire.md says %v, the code %v", got, want)
	}
}
