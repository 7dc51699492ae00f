package scheduler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// maxRoster is how many rows a list may have.
const maxRoster = 5000

// peopleColumns are the columns of a list of people.
var peopleColumns = map[string]column{
	"id":    {Words{"账号", "account"}, "账号 账户 帐号 登录名 id account login"},
	"name":  {Words{"姓名", "name"}, "姓名 名字 name fullname"},
	"phone": {Words{"电话", "phone"}, "电话 手机 手机号 手机号码 联系电话 phone mobile tel telephone"},
	"role":  {Words{"角色", "role"}, "角色 职务 岗位 role"},
	"area":  {Words{"区域", "area"}, "区域 地区 辖区 所属区域 村 村名 行政村 所在村 area village place"},
	"code":  {Words{"区划代码", "division code"}, "区划代码 区划码 行政区划代码 行政区划码 村代码 代码 code divisioncode areacode"},
}

// roleWords are what people call the roles.
var roleWords = map[string]Role{
	"管理员": RoleAdministrator, "县管理员": RoleAdministrator, "编辑": RoleEditor, "审核": RoleApprover, "审核员": RoleApprover, "值班": RoleDuty, "值班员": RoleDuty,
	"镇广播员": RoleTown, "乡镇广播员": RoleTown, "广播员": RoleTown, "村管理员": RoleVillage, "维修员": RoleCrew, "维修": RoleCrew, "查看": RoleViewer,
}

// Roster is what a list of people would change.
type Roster struct {
	// People are all that the list names, as they will be; Row is where, and
	// Change what becomes of them.
	People []Listed[Person]
	// Ignored are headings of columns that are not read.
	Ignored []string
}

// Listed is one thing of a list.
type Listed[T any] struct {
	Row    int
	Thing  T
	Old    T
	Change Change
}

// ReadRoster reads a list of people and says what it would change: it gives roles
// and never takes any. A row without an account is the person of that name and
// role there, or a new one with an id of ours. The error is a *TableError of all
// that is wrong.
func ReadRoster(t Table, lang string, w World, existing []Person) (Roster, error) {
	r := read(t, lang, peopleColumns)
	r.need([]string{"name"}, []string{"role"}, []string{"area", "code"})
	if r.faults == nil {
		r.size()
	}
	if err := r.err(); err != nil {
		return Roster{}, err
	}
	b := &roster{reading: r, world: w, people: map[string]*Listed[Person]{}, given: map[string]int{}, existing: existing, own: r.ids()}
	for _, row := range t.Rows {
		b.add(row)
	}
	out := Roster{Ignored: r.ignored}
	for _, id := range b.order {
		l := b.people[id]
		switch {
		case l.Change == Created:
		case l.Thing.Name == l.Old.Name && l.Thing.Phone == l.Old.Phone && slices.Equal(l.Thing.Grants, l.Old.Grants):
			l.Change = Unchanged
		}
		if err := l.Thing.Validate(w); err != nil {
			r.refuse(l.Row, err)
		}
		out.People = append(out.People, *l)
	}
	return out, r.err()
}

// size refuses a list without rows, or with too many.
func (r *reading) size() {
	switch n := len(r.table.Rows); {
	case n == 0:
		r.fault(0, "", "", Words{"表里没有内容", "the table has no rows"}, Words{"第一行是列名，从第二行起每行写一个", "give the columns' names in the first row, and one thing in each row below"})
	case n > maxRoster:
		r.fault(0, "", strconv.Itoa(n), Words{"一次最多 5000 行", "5,000 rows at most can be read at once"}, Words{"分成几份", "split the table"})
	}
}

// roster is a list of people under way.
type roster struct {
	*reading
	world    World
	existing []Person
	people   map[string]*Listed[Person]
	order    []string
	given    map[string]int  // row of each name, role and area
	own      map[string]bool // ids that stand in the list
}

func (b *roster) add(row TableRow) {
	before := len(b.faults)
	name, id := b.text(row, "name"), strings.ToLower(narrow(b.text(row, "id")))
	if name == "" {
		b.fault(row.Number, "name", "", Words{"没有姓名", "there is no name"}, Words{"填上姓名", "give the name"})
	}
	grant := Grant{Role: b.role(row), Area: b.where(b.world.Tree, row)}
	if len(b.faults) == before && grant.Area == "" && (grant.Role == RoleTown || grant.Role == RoleVillage) {
		b.fault(row.Number, "area", "", Words{"没写是哪个镇、哪个村的", "the town or village is missing"},
			Words{"写区域的名字、编号或 12 位区划代码", "give the name, id or 12-digit code of the area"})
	}
	if id != "" && !wire.ValidID(id) {
		b.fault(row.Number, "id", b.text(row, "id"), Words{"账号只能用 1 到 64 个小写字母、数字、“-”“_”“.”", "an account is 1 to 64 of a-z, 0-9, '-', '_' and '.'"},
			Words{"改一个，或空着由系统取", "choose another, or leave it empty to have one made"})
	}
	if len(b.faults) > before {
		return
	}
	key := strings.Join([]string{id, name, string(grant.Role), grant.Area}, "\x00")
	if first, twice := b.given[key]; twice {
		b.fault(row.Number, "name", name, Words{fmt.Sprintf("和第 %d 行重复", first), fmt.Sprintf("is the same as row %d", first)},
			Words{"删掉一行；若是同名的两个人，各写一个账号", "take one out; if they are two people of one name, give each an account"})
		return
	}
	b.given[key] = row.Number
	if id == "" {
		id = b.account(name, grant)
	}
	l := b.person(row.Number, id, name)
	if l == nil {
		return
	}
	if phone := b.phone(row); phone != "" {
		l.Thing.Phone = phone
	}
	if l.Thing.Name != name && l.Row != row.Number {
		b.fault(row.Number, "name", name, Words{fmt.Sprintf("账号 %s 在第 %d 行是“%s”", id, l.Row, l.Thing.Name), fmt.Sprintf("account %s is %q in row %d", id, l.Thing.Name, l.Row)},
			Words{"一个账号只能是一个人", "an account is one person"})
		return
	}
	if !slices.Contains(l.Thing.Grants, grant) {
		l.Thing.Grants = append(l.Thing.Grants[:len(l.Thing.Grants):len(l.Thing.Grants)], grant)
	}
}

// person is the one of an account, as it will be; nil if that cannot be.
func (b *roster) person(row int, id, name string) *Listed[Person] {
	if l := b.people[id]; l != nil {
		return l
	}
	l := &Listed[Person]{Row: row, Thing: Person{ID: id, Name: name, State: PersonActive}, Change: Created}
	if i := slices.IndexFunc(b.existing, func(p Person) bool { return p.ID == id }); i >= 0 {
		l.Old, l.Thing, l.Change = b.existing[i], b.existing[i], Updated
		l.Thing.Name = name
	}
	if l.Thing.State != PersonActive {
		b.fault(row, "id", id, Words{"这个人已经离开", "this person has left"}, Words{"换一个账号", "add an account under another id"})
		return nil
	}
	b.people[id] = l
	b.order = append(b.order, id)
	return l
}

// account is the one of the person who has this name and role there; a new one
// otherwise, called after the area.
func (b *roster) account(name string, g Grant) string {
	for _, p := range b.existing {
		if p.Name == name && p.State == PersonActive && !b.own[p.ID] && slices.Contains(p.Grants, g) {
			return p.ID
		}
	}
	stem := g.Area
	if stem == "" {
		stem = string(g.Role)
	}
	return freeID(stem, func(id string) bool {
		return b.own[id] || b.people[id] != nil || slices.ContainsFunc(b.existing, func(p Person) bool { return p.ID == id })
	})
}

// freeID is the first id of a stem and a number that is not taken.
func freeID(stem string, taken func(string) bool) string {
	stem = stem[:min(len(stem), 58)]
	for n := 1; ; n++ {
		if id := fmt.Sprintf("%s-%d", stem, n); !taken(id) {
			return id
		}
	}
}

// phone is a number as text; a spreadsheet may have made 1.39E+10 of it.
func (b *roster) phone(row TableRow) string {
	c := b.cell(row, "phone")
	if !strings.ContainsAny(narrow(c.Text), "eE.") {
		return c.Text
	}
	value, err := strconv.ParseFloat(narrow(c.Text), 64)
	if err != nil {
		return c.Text
	}
	number := strconv.FormatFloat(value, 'f', -1, 64)
	mantissa, _, scientific := strings.Cut(strings.ToLower(narrow(c.Text)), "e")
	if scientific && !c.Number && len(strings.ReplaceAll(mantissa, ".", "")) < len(number) {
		b.fault(row.Number, "phone", c.Text, Words{"表格软件把电话变成了科学计数，后面的数字丢了", "the spreadsheet turned the number into 1.39E+10, and its last digits are lost"},
			Words{"把这一列设成“文本”格式，重新填", "format the column as text, and type it again"})
	}
	return number
}

func (b *roster) role(row TableRow) Role {
	text := b.text(row, "role")
	word := strings.ToLower(narrow(text))
	if slices.Contains(Roles(), Role(word)) {
		return Role(word)
	}
	if role, ok := roleWords[word]; ok {
		return role
	}
	remedy := Words{"写 村管理员、镇广播员、维修员、编辑、审核、值班、查看 或 管理员", "use village, town, crew, editor, approver, duty, viewer or administrator"}
	if text == "" {
		b.fault(row.Number, "role", "", Words{"没有角色", "there is no role"}, remedy)
	} else {
		b.fault(row.Number, "role", text, Words{"没有这个角色", "there is no such role"}, remedy)
	}
	return ""
}

// where is the area that a row names, by its code, its name, or both; "" for the
// whole county where neither is given.
func (r *reading) where(t *Tree, row TableRow) string {
	var ids []string
	for _, key := range []string{"code", "area"} {
		c := r.cell(row, key)
		if c.Text == "" {
			continue
		}
		id, fault := t.FindArea(c)
		if fault != nil {
			r.fault(row.Number, key, fault.Value, fault.Message, fault.Remedy)
			return ""
		}
		ids = append(ids, id)
	}
	if len(ids) == 2 && ids[0] != ids[1] {
		one, _ := t.Area(ids[0])
		other, _ := t.Area(ids[1])
		r.fault(row.Number, "code", r.text(row, "code"), Words{"代码是“" + one.Name + "”的，名字却是“" + other.Name + "”", fmt.Sprintf("the code is that of %q, the name says %q", one.Name, other.Name)},
			Words{"改正其中一个，或只留一个", "correct one of them, or leave one out"})
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
