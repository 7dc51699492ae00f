package scheduler

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// table makes one of lines with | between the cells; a row's number is its line.
func table(lines string) (t Table) {
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		var cells []Cell
		for text := range strings.SplitSeq(line, "|") {
			cells = append(cells, Cell{Text: strings.TrimSpace(text)})
		}
		if i > 0 {
			t.Rows = append(t.Rows, TableRow{Number: i + 1, Cells: cells})
			continue
		}
		for _, c := range cells {
			t.Head = append(t.Head, c.Text)
		}
	}
	return t
}

func said(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[*TableError](err); !ok {
		t.Fatalf("%T: %v", err, err)
	}
	return err.Error()
}

func TestReadRoster(t *testing.T) {
	w := World{Tree: countyOfTwoNames()}
	list := table(`
账号 | 姓名（必填） | 角色 | 所属区域 | 备注 | 手机
zhang | 张三 | 村管理员 | 东塘村 | 139 | 13900000000.0
 | 李四 | village | 柳树镇新民村
 | 王五 | 维修员 | 柳树镇
zhang | 张三 | 维修员 | liushu
 | 赵六 | 值班 |`)
	r, err := ReadRoster(list, "zh-CN", w, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var people []Person
	for _, l := range r.People {
		people = append(people, l.Thing)
		for _, g := range l.Thing.Grants {
			got = append(got, strings.Join([]string{l.Thing.ID, l.Thing.Name, string(g.Role), g.Area, string(l.Change)}, " "))
		}
	}
	want := []string{"zhang 张三 village dongtang created", "zhang 张三 crew liushu created", "xin1-1 李四 village xin1 created", "liushu-1 王五 crew liushu created", "duty-1 赵六 duty  created"}
	if !slices.Equal(got, want) || !slices.Equal(r.Ignored, []string{"备注"}) {
		t.Errorf("got  %q\nwant %q; ignored %q", got, want, r.Ignored)
	}
	if people[0].Phone != "13900000000" {
		t.Errorf("the phone is %q", people[0].Phone)
	}
	// The same list again changes nothing: those without an account are found by
	// name, role and place. Roles given since stay.
	people[1].Grants = append(people[1].Grants, Grant{RoleCrew, "liushu"})
	if r, err = ReadRoster(list, "zh-CN", w, people); err != nil || len(r.People) != 4 {
		t.Fatal(len(r.People), err)
	}
	for _, l := range r.People {
		if l.Change != Unchanged {
			t.Errorf("%s is %s", l.Thing.ID, l.Change)
		}
	}
}

// TestRosterNamesEveryFault: all of them at once, with row, column, value and
// remedy, in both languages.
func TestRosterNamesEveryFault(t *testing.T) {
	w := World{Tree: countyOfTwoNames()}
	list := table(`
账号 | 姓名 | 角色 | 区域 | 区划代码 | 电话
zhang | 张三 | 村管理员 | 东塘村 | 532301001200 | 1.39E+10
Z hang! | 李四 | 村长 | 东塘村 |
 |  | 维修员 | 东塘 |
 | 王五 | 镇广播员 |  |
 | 赵六 | 村管理员 | | 5.323E+11
 | 钱七 | 村管理员 | 柳树镇 | 532301001200
zhang | 张三丰 | 维修员 | 柳树镇 |
left | 孙八 | 查看 | |
zhang | 张三 | 村管理员 | 东塘村 |
`)
	_, err := ReadRoster(list, "zh-CN", w, []Person{{ID: "left", State: PersonLeft}})
	got := strings.Split(said(t, err), "\n")
	want := []string{
		"第 2 行「电话」: 表格软件把电话变成了科学计数，后面的数字丢了（给的是“1.39E+10”）；把这一列设成“文本”格式，重新填",
		"第 3 行「角色」: 没有这个角色（给的是“村长”）；写 村管理员、镇广播员、维修员、编辑、审核、值班、查看 或 管理员",
		"第 3 行「账号」: 账号只能用 1 到 64 个小写字母、数字、“-”“_”“.”（给的是“Z hang!”）；改一个，或空着由系统取",
		"第 4 行「姓名」: 没有姓名；填上姓名",
		"第 4 行「区域」: 没有这个区域（给的是“东塘”）；最接近的是“东塘村”；写区域的名字、编号或 12 位区划代码；没有的先添加",
		"第 5 行「区域」: 没写是哪个镇、哪个村的；写区域的名字、编号或 12 位区划代码",
		"第 6 行「区划代码」: 表格软件把区划代码变成了科学计数，后面的数字丢了（给的是“5.323E+11”）；把这一列设成“文本”格式，重新填 12 位数字，再另存",
		"第 7 行「区划代码」: 代码是“东塘村”的，名字却是“柳树镇”（给的是“532301001200”）；改正其中一个，或只留一个",
		"第 8 行「姓名」: 账号 zhang 在第 2 行是“张三”（给的是“张三丰”）；一个账号只能是一个人",
		"第 9 行「账号」: 这个人已经离开（给的是“left”）；换一个账号",
		"第 10 行「姓名」: 和第 2 行重复（给的是“张三”）；删掉一行；若是同名的两个人，各写一个账号",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err = ReadRoster(table("Name | Village\nZhang | dongtang"), "en", w, nil); said(t, err) != "there is no column role; give the columns' names in the first row, this one among them" {
		t.Error(err)
	}
	if _, err = ReadRoster(table("Name | Role | Village"), "en", w, nil); !strings.HasPrefix(said(t, err), "the table has no rows") {
		t.Error(err)
	}
	if _, err = ReadRoster(table("Name | Role | role | Village\nZhang | crew | crew | dongtang"), "en", w, nil); !strings.HasPrefix(said(t, err), "Role: is the same as the column Role") {
		t.Error(err)
	}
}
