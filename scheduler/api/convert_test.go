package api

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestCountyKeepsEveryField sets every field of the county's bulletin and looks
// whether each comes through the API and back: one that was forgotten would be
// lost at the next change of any other.
func TestCountyKeepsEveryField(t *testing.T) {
	var c scheduler.County
	fill(reflect.ValueOf(&c.County).Elem())
	c.Approval = []scheduler.ApprovalRule{{Area: "a", Level: "live", Steps: 2, Villages: true}}
	if n, m := reflect.TypeFor[client.County]().NumField(), reflect.TypeFor[wire.County]().NumField()+1; n != m {
		t.Errorf("the API has %d fields, the county %d", n, m)
	}
	want, _ := json.Marshal(c)
	if got, _ := json.Marshal(countyIn(countyOut(c))); string(got) != string(want) {
		t.Errorf("there and back:\n%s, was\n%s", got, want)
	}
}

// No grace at all is something else than none said.
func TestGraceThereAndBack(t *testing.T) {
	for said, want := range map[int]int{-1: 600, 0: 0, 90: 90} {
		var spec client.ProgrammeSpec
		if said >= 0 {
			spec.Grace = &said
		}
		p := programmeIn(spec).WithDefaults("qinghe")
		if got := *specOut(p).Grace; got != want {
			t.Errorf("grace %d: %d s, want %d", said, got, want)
		}
	}
}

// fill gives everything in a value something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		if v.CanInt() {
			v.SetInt(7)
		}
	}
}
