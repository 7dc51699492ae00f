package scheduler

import "testing"

// TestDivisionCodes reads codes as spreadsheets leave them.
func TestDivisionCodes(t *testing.T) {
	for _, c := range []struct {
		text   string
		number bool
		want   string // "" for none
		looks  bool
		faulty bool
	}{
		{text: "532301001200", want: "532301001200", looks: true},
		{text: "532301001200", number: true, want: "532301001200", looks: true},
		{text: " 532301 001200　", want: "532301001200", looks: true},
		{text: "'532301001200", want: "532301001200", looks: true},
		{text: "５３２３０１００１２００", want: "532301001200", looks: true},
		{text: "532301001200.0", want: "532301001200", looks: true},
		{text: "532301001200.00", want: "532301001200", looks: true},
		{text: "5.32301001200E11", number: true, want: "532301001200", looks: true},
		{text: "5.323010012E11", number: true, want: "532301001200", looks: true}, // held in full
		{text: "5.32301001200E+11", want: "532301001200", looks: true},            // shown in full
		{text: "5.323E+11", looks: true, faulty: true},
		{text: "5.32301E+11", looks: true, faulty: true},
		{text: "5E+11", looks: true, faulty: true},
		{text: "5.3E11", number: true, want: "530000000000", looks: true}, // a province's own
		{text: "5.323010012E+10", number: true, looks: true, faulty: true},
		{text: "532301001200.5", number: true, looks: true, faulty: true},
		{text: "532301", looks: true, faulty: true},
		{text: "53230100120", looks: true, faulty: true},
		{text: "5323010012000", looks: true, faulty: true},
		{text: "东塘村"}, {text: ""}, {text: "3"}, {text: "dongtang"}, {text: "1e"}, {text: "Inf"}, {text: "0x1p9"}, {text: "-5"},
	} {
		code, looks, fault := DivisionCode(Cell{Text: c.text, Number: c.number})
		if code != c.want || looks != c.looks || (fault != nil) != c.faulty {
			t.Errorf("%q (number %v): %q, looks like one %v, fault %+v", c.text, c.number, code, looks, fault)
		}
	}
}

func countyOfTwoNames() *Tree {
	return NewTree([]Area{{ID: "qinghe", Name: "青禾县", Code: "532301000000"},
		{ID: "liushu", Parent: "qinghe", Name: "柳树镇", Code: "532301001000"}, {ID: "shiqiao", Parent: "qinghe", Name: "石桥镇"},
		{ID: "dongtang", Parent: "liushu", Name: "东塘村", Code: "532301001200"}, {ID: "xin1", Parent: "liushu", Name: "新民村"}, {ID: "xin2", Parent: "shiqiao", Name: "新民村"}})
}

func TestFindArea(t *testing.T) {
	tree := countyOfTwoNames()
	for text, want := range map[string]string{"dongtang": "dongtang", "东塘村": "dongtang", "532301001200": "dongtang", "柳树镇/新民村": "xin1", "石桥镇新民村": "xin2",
		"青禾县 石桥镇 新民村": "xin2", "柳树镇": "liushu", "532301000000": "qinghe"} {
		if got, fault := tree.FindArea(Cell{Text: text}); got != want || fault != nil {
			t.Errorf("%s is %q (%+v), want %q", text, got, fault, want)
		}
	}
	for text, want := range map[string][2]string{
		"新民村":          {"2 个区域叫这个名字", "put the name of the area above before it, or give the 12-digit code"},
		"东塘":           {"没有这个区域", `the nearest is "东塘村"; give the name, id or 12-digit code of an area; add the area first`},
		"532301009999": {"没有区划代码是这个的区域", "compare with villagecast areas list, or give the area its code first"},
		"5.3E+11":      {"表格软件把区划代码变成了科学计数，后面的数字丢了", "format the column as text, type the 12 digits again, and save"},
	} {
		if got, fault := tree.FindArea(Cell{Text: text}); got != "" || fault == nil || fault.Message.ZH != want[0] || fault.Remedy.EN != want[1] {
			t.Errorf("%s is %q: %+v", text, got, fault)
		}
	}
}
