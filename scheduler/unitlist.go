package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// unitColumns are the columns of a list of units.
var unitColumns = map[string]column{
	"id":       {Words{"终端编号", "unit"}, "终端编号 编号 终端 id unit unitid"},
	"name":     {Words{"名称", "name"}, "名称 终端名称 地点 安装地点 安装位置 位置名称 name place"},
	"area":     {Words{"村", "village"}, "村 村名 行政村 所在村 区域 地区 所属区域 area village"},
	"code":     peopleColumns["code"],
	"outputs":  {Words{"输出", "outputs"}, "输出 类型 终端类型 outputs output kind type"},
	"volume":   {Words{"音量", "volume"}, "音量 volume"},
	"position": {Words{"坐标", "position"}, "坐标 经纬度 纬经度 position"},
	"lat":      {Words{"纬度", "latitude"}, "纬度 lat latitude"},
	"lon":      {Words{"经度", "longitude"}, "经度 lon lng longitude"},
	"panel":    {Words{"屏尺寸", "panel"}, "屏尺寸 屏幕尺寸 点阵 panel size"},
}

// outputWords are what people call what a unit has.
var outputWords = map[string][]wire.Output{
	"喇叭": {wire.OutputSound}, "音柱": {wire.OutputSound}, "声音": {wire.OutputSound}, "sound": {wire.OutputSound}, "loudspeaker": {wire.OutputSound},
	"屏": {wire.OutputScreen}, "屏幕": {wire.OutputScreen}, "led屏": {wire.OutputScreen}, "screen": {wire.OutputScreen},
	"喇叭和屏": {wire.OutputSound, wire.OutputScreen}, "both": {wire.OutputSound, wire.OutputScreen},
}

// UnitList is what a list of units would change.
type UnitList struct {
	Units []Listed[Unit]
	// Ignored are headings of columns that are not read.
	Ignored []string
}

// ReadUnits reads a list of units and says what it would change. An empty cell
// leaves as it is what there is. A row without an id is the unit of that name in
// that village, or a new one with an id of ours; one without a village is a unit
// without a place. The error is a *TableError of all that is wrong.
func ReadUnits(t Table, lang string, tree *Tree, existing []Unit) (UnitList, error) {
	r := read(t, lang, unitColumns)
	r.need([]string{"id", "name"})
	if r.faults == nil {
		r.size()
	}
	if err := r.err(); err != nil {
		return UnitList{}, err
	}
	b := &unitList{reading: r, tree: tree, existing: map[string]Unit{}, own: r.ids(), rows: map[string]int{}, names: map[string]string{}}
	for _, u := range existing {
		b.existing[u.ID] = u
	}
	out := UnitList{Ignored: r.ignored}
	for _, row := range t.Rows {
		if l, ok := b.row(row); ok {
			out.Units = append(out.Units, l)
		}
	}
	return out, r.err()
}

// unitList is a list of units under way.
type unitList struct {
	*reading
	tree     *Tree
	existing map[string]Unit
	own      map[string]bool // ids that stand in the list
	rows     map[string]int  // of each unit
	names    map[string]string
}

func (b *unitList) row(row TableRow) (l Listed[Unit], ok bool) {
	before := len(b.faults)
	id, name, area := strings.ToLower(narrow(b.text(row, "id"))), b.text(row, "name"), b.where(b.tree, row)
	switch {
	case len(b.faults) > before:
	case id == "" && (name == "" || area == ""):
		b.fault(row.Number, "id", "", Words{"既没有终端编号，也没有村和名称", "there is neither an id nor a village with a name"},
			Words{"写编号；不写编号时要有村和名称", "give an id; without one the village and a name are needed"})
	case id != "" && !wire.ValidID(id):
		b.fault(row.Number, "id", b.text(row, "id"), Words{"终端编号只能用 1 到 64 个小写字母、数字、“-”“_”“.”", "an id is 1 to 64 of a-z, 0-9, '-', '_' and '.'"},
			Words{"改一个，或空着由系统取", "choose another, or leave it empty to have one made"})
	case id == "":
		id = b.named(name, area)
	}
	if first, twice := b.rows[id]; twice && id != "" {
		b.fault(row.Number, "id", id, Words{fmt.Sprintf("和第 %d 行是同一个终端", first), fmt.Sprintf("is the unit of row %d", first)}, Words{"删掉一行，或改编号、名称", "take one out, or change its id or name"})
	}
	old, known := b.existing[id]
	if old.State == UnitRemoved {
		b.fault(row.Number, "id", id, Words{"这个终端已拆除", "this unit is out of service"}, Words{"换一个编号", "choose another id"})
	}
	l = Listed[Unit]{Row: row.Number, Thing: old, Old: old, Change: Updated}
	if !known {
		l.Thing = Unit{ID: id, Name: id, Area: b.tree.Root(), State: UnitUnplaced, Outputs: []wire.Output{wire.OutputSound}, Volume: 80}
		l.Change = Created
	}
	u := &l.Thing
	u.Name = cmp.Or(name, u.Name)
	if u.Area = cmp.Or(area, u.Area); area != "" && u.State == UnitUnplaced {
		u.State = UnitPlanned
	}
	b.details(row, u)
	if len(b.faults) > before {
		return l, false
	}
	b.rows[id], b.names[u.Area+"\x00"+u.Name] = row.Number, id
	if err := u.Validate(b.tree); err != nil {
		b.refuse(row.Number, err)
	}
	if known && sameUnit(l.Thing, old) {
		l.Change = Unchanged
	}
	return l, true
}

// sameUnit tells whether a list leaves a unit as it is.
func sameUnit(a, b Unit) bool {
	at := func(p *Position) Position {
		if p == nil {
			return Position{Lat: 999}
		}
		return *p
	}
	size := func(p *wire.Panel) wire.Panel {
		if p == nil {
			return wire.Panel{}
		}
		return *p
	}
	return a.Name == b.Name && a.Area == b.Area && a.State == b.State && a.Volume == b.Volume && slices.Equal(a.Outputs, b.Outputs) &&
		at(a.Position) == at(b.Position) && size(a.Panel) == size(b.Panel)
}

// named is the unit of that name in that village, if the list does not name it by
// its id; a new id after the village's if there is none.
func (b *unitList) named(name, area string) string {
	found := b.names[area+"\x00"+name] // in an earlier row: one unit twice
	for id, u := range b.existing {
		if u.Name == name && u.Area == area && u.State != UnitRemoved && !b.own[id] && (found == "" || id < found) {
			found = id
		}
	}
	if found != "" {
		return found
	}
	return freeID(area, func(id string) bool { return b.existing[id].ID != "" || b.rows[id] > 0 || b.own[id] })
}

// details reads what a unit has besides its place.
func (b *unitList) details(row TableRow, u *Unit) {
	if text := b.text(row, "outputs"); text != "" {
		outputs, ok := outputWords[strings.ToLower(strings.NewReplacer("+", "和", "、", "和", "/", "和", "及", "和").Replace(narrow(text)))]
		if !ok {
			b.fault(row.Number, "outputs", text, Words{"没有这种终端", "there is no such kind of unit"}, Words{"写 喇叭、屏 或 喇叭和屏", "use sound, screen or both"})
		} else {
			u.Outputs = outputs
		}
	}
	if c := b.cell(row, "volume"); c.Text != "" {
		n, err := strconv.ParseFloat(strings.TrimSuffix(narrow(c.Text), "%"), 64)
		if c.Number && n > 0 && n < 1 { // a cell that shows 80 % holds 0.8
			n *= 100
		}
		if err != nil || n < 0 || n > 100 || n != float64(int(n+0.5)) && !c.Number {
			b.fault(row.Number, "volume", c.Text, Words{"音量要 0 到 100", "a volume is 0 to 100"}, Words{"写百分比的数字，如 80", "give it in per cent, such as 80"})
		} else {
			u.Volume = int(n + 0.5)
		}
	}
	b.position(row, u)
	if text := strings.ToLower(narrow(b.text(row, "panel"))); text != "" {
		p := wire.Panel{}
		if n, err := fmt.Sscanf(strings.NewReplacer("×", "x", "*", "x").Replace(text), "%dx%d", &p.Width, &p.Height); n != 2 || err != nil {
			b.fault(row.Number, "panel", text, Words{"这不是尺寸", "this is no size"}, Words{"写成 128x32（像素）", "write it as 128x32, in pixels"})
		} else {
			u.Panel = &p
		}
	}
}

// position reads latitude and longitude, from two columns or from one.
func (b *unitList) position(row TableRow, u *Unit) {
	lat, lon, key := b.text(row, "lat"), b.text(row, "lon"), "lat"
	if both := b.text(row, "position"); both != "" {
		lat, lon, _ = strings.Cut(narrow(strings.ReplaceAll(both, "，", ",")), ",")
		key = "position"
	}
	if lat == "" && lon == "" {
		return
	}
	var p Position
	var err, err2 error
	p.Lat, err = strconv.ParseFloat(narrow(lat), 64)
	p.Lon, err2 = strconv.ParseFloat(narrow(lon), 64)
	if err != nil || err2 != nil || !(p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180) {
		b.fault(row.Number, key, lat+", "+lon, Words{"这不是坐标", "this is no point on earth"},
			Words{"先纬度后经度，用度，如 30.123,120.456（WGS-84）", "latitude first, in degrees, such as 30.123,120.456 (WGS-84)"})
		return
	}
	u.Position = &p
}
