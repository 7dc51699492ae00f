package main

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/villagecast/villagecast/configs"
)

var commented = regexp.MustCompile(`(?m)^# ( *(?:[a-z_]+:( .*)?|- .*))$`)

// TestTheSampleIsTheManual: as it stands the sample says the defaults, and every
// key that it only mentions is one that is read.
func TestTheSampleIsTheManual(t *testing.T) {
	text, err := os.ReadFile("../../configs/centre.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set := settings{}
	if err := configs.Decode(text, &set); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(set, defaults()) {
		t.Errorf("the sample says %+v, the defaults are %+v", set, defaults())
	}
	full := commented.ReplaceAll(text, []byte("$1"))
	if err := configs.Decode(full, &set); err != nil {
		t.Fatalf("%v\n%s", err, full)
	}
	for v, i := reflect.ValueOf(set), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the sample does not mention %s", v.Type().Field(i).Tag.Get("json"))
		}
	}
}
