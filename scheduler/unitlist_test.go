package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

func listed(l UnitList) (out []string) {
	for _, u := range l.Units {
		line := strings.TrimSpace(fmt.Sprintln(u.Row, u.Change, u.Thing.ID, u.Thing.Name, u.Thing.Area, u.Thing.State, u.Thing.Outputs, u.Thing.Volume))
		if p := u.Thing.Position; p != nil {
			line += fmt.Sprint(" at ", p.Lat, " ", p.Lon)
		}
		if p := u.Thing.Panel; p != nil {
			line += fmt.Sprint(" panel ", p.Width, "x", p.Height)
		}
		out = append(out, line)
	}
	return out
}

func TestReadUnits(t *testing.T) {
	tree := countyOfTwoNames()
	list := table(`
终端编号 | 名称 | 村 | 区划代码 | 类型 | 音量 | 坐标 | 屏尺寸 | 备注
h1 | 村口 | 东塘村 | 532301001200 | 喇叭 | 70% | 30.123，120.456 | |
 | 广场 | 柳树镇/新民村 | | 喇叭和屏 | | | 192×32 |
 | 学校 | xin1 | | 屏 | | | 128*32 |
spare-1 | | | | | | | | 备用
H1B | 村部 | 东塘村 | | | 55 | | |`)
	l, err := ReadUnits(list, "zh-CN", tree, nil)
	want := []string{
		"2 created h1 村口 dongtang planned [sound] 70 at 30.123 120.456",
		"3 created xin1-1 广场 xin1 planned [sound screen] 80 panel 192x32",
		"4 created xin1-2 学校 xin1 planned [screen] 80 panel 128x32",
		"5 created spare-1 spare-1 qinghe unplaced [sound] 80",
		"6 created h1b 村部 dongtang planned [sound] 55",
	}
	if got := listed(l); err != nil || !slices.Equal(got, want) || !slices.Equal(l.Ignored, []string{"备注"}) {
		t.Fatalf("%v\ngot  %q\nwant %q; ignored %q", err, got, want, l.Ignored)
	}
	var units []Unit
	for _, u := range l.Units {
		units = append(units, u.Thing)
	}
	if l, err = ReadUnits(list, "zh-CN", tree, units); err != nil || slices.ContainsFunc(l.Units, func(u Listed[Unit]) bool { return u.Change != Unchanged }) {
		t.Errorf("the same list again: %v %q", err, listed(l))
	}
	// What a list does not say stays; a device without a place gets it.
	l, err = ReadUnits(table("unit | village | volume\nspare-1 | dongtang |\nh1 | | 60"), "en", tree, units)
	if got := fmt.Sprint(listed(l)); err != nil || !strings.Contains(got, "spare-1 spare-1 dongtang planned") || !strings.Contains(got, "h1 村口 dongtang planned [sound] 60 at 30.123 120.456") {
		t.Errorf("%v %s", err, got)
	}
	// A cell that shows 80 % holds a number below one.
	percent := Table{Head: []string{"unit", "volume"}, Rows: []TableRow{{Number: 2, Cells: []Cell{{Text: "h1"}, {Text: "0.8", Number: true}}}}}
	if l, err = ReadUnits(percent, "en", tree, units); err != nil || l.Units[0].Thing.Volume != 80 {
		t.Errorf("%v %q", err, listed(l))
	}
}

func TestUnitListNamesEveryFault(t *testing.T) {
	tree := countyOfTwoNames()
	_, err := ReadUnits(table(`
unit | name | village | type | volume | latitude | longitude | panel
h1 | Gate | nowhere | horn | loud | 200 | x | big
 | Square | | | | | |
h2 | | dongtang | | 101 | | |
h3 | A | dongtang | | | | |
h3 | B | dongtang | | | | |
gone | | | | | | |
 | C | dongtang | | | | |
 | C | dongtang | | | | |
h?4 | | | | | | |
`), "en", tree, []Unit{{ID: "gone", Area: "dongtang", Name: "gone", State: UnitRemoved, Outputs: []wire.Output{wire.OutputSound}}})
	var places []string
	for line := range strings.SplitSeq(said(t, err), "\n") {
		place, _, _ := strings.Cut(line, ":")
		places = append(places, place)
	}
	want := []string{"row 2, village", "row 2, type", "row 2, volume", "row 2, latitude", "row 2, panel", "row 3, unit", "row 4, volume", "row 6, unit", "row 7, unit", "row 9, unit", "row 10, unit"}
	if !slices.Equal(places, want) {
		t.Errorf("got  %q\nwant %q\n%v", places, want, err)
	}
}
