package sheet

import (
	"os"
	"testing"

	"github.com/villagecast/villagecast/scheduler"
)

// sampleCounty is the tree of configs/county.yaml.
var sampleCounty = scheduler.NewTree([]scheduler.Area{{ID: "qinghe", Name: "青禾县"}, {ID: "liushu", Parent: "qinghe", Name: "柳树镇"},
	{ID: "dongtang", Parent: "liushu", Name: "东塘村", Code: "990100000004"}, {ID: "xiling", Parent: "liushu", Name: "西岭村", Code: "990100000005"}})

func sample(t *testing.T, name string) scheduler.Table {
	t.Helper()
	data, err := os.ReadFile("../../configs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Read(data, "zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestSamplePeople: the sample is a list as it should be.
func TestSamplePeople(t *testing.T) {
	r, err := scheduler.ReadRoster(sample(t, "people.csv"), "zh-CN", scheduler.World{Tree: sampleCounty}, nil)
	if err != nil || len(r.People) != 4 || len(r.Ignored) != 0 || r.People[0].Thing.ID != "dongtang-1" || len(r.People[2].Thing.Grants) != 2 {
		t.Errorf("%+v (%v)", r, err)
	}
}

// TestSampleUnits: and so is this one.
func TestSampleUnits(t *testing.T) {
	l, err := scheduler.ReadUnits(sample(t, "units.csv"), "zh-CN", sampleCounty, nil)
	if err != nil || len(l.Units) != 3 || len(l.Ignored) != 0 || l.Units[1].Thing.ID != "xiling-1" || l.Units[0].Thing.Position == nil || l.Units[2].Thing.State != scheduler.UnitUnplaced {
		t.Errorf("%+v (%v)", l, err)
	}
}
