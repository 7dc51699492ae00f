package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// flagOf are the parts of a programme whose flag has another name, and those
// that are said elsewhere.
var flagOf = map[string]string{
	"id": "", "rule": "", "targets": "", // the argument; flags of their own
	"heard": "", // programmes correct
	"areas": "area", "groups": "group", "units": "unit",
	"kind": "", "window": "", // part of --loop and --every
	"times": "at", "onCut": "on-cut", "onBlock": "on-block", "maxPlay": "max-play", "silentAfter": "silent-after",
}

// What a programme may say can be said on the command line, and stands in the
// sample of a county, which is the manual.
func TestEveryPartOfAProgrammeCanBeSaid(t *testing.T) {
	put, _, err := newRoot(&shell{}).Find([]string{"programmes", "put"})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("../../configs/county.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []any{client.ProgrammeSpec{}, client.Targets{}, wire.Rule{}} {
		for i := range reflect.TypeOf(of).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(of).Field(i).Tag.Get("json"), ",")
			flag, other := flagOf[name]
			if !other {
				flag = name
			}
			if flag != "" && put.Flags().Lookup(flag) == nil {
				t.Errorf("programmes put cannot say %s", name)
			}
			if name != "heard" && !regexp.MustCompile(`\b`+name+`\b`).Match(sample) {
				t.Errorf("the sample of a county says nothing of %s", name)
			}
		}
	}
}
