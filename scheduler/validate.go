package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/villagecast/villagecast/device/wire"
)

// Known answers whether an id exists, and which there are, for the nearest one.
type Known struct {
	Has func(id string) bool
	All func() []string
}

// World is what exists, as far as validation asks.
type World struct {
	Tree      *Tree
	Groups    Known
	Units     Known
	Calendars Known
	Playlists Known
	Assets    Known
}

func (k Known) check(field, what, id string) error {
	if k.Has != nil && k.Has(id) {
		return nil
	}
	return unknown(field, what, id, k.All)
}

func (w World) area(field, id string) error {
	if _, ok := w.Tree.Area(id); ok {
		return nil
	}
	return unknown(field, "area", id, w.Tree.IDs)
}

// CheckID tells what is wrong with an id.
func CheckID(field, id string) error {
	switch {
	case wire.ValidID(id):
		return nil
	case id == "":
		return invalid(field, "", Words{"要有编号", "an id is needed"}, Words{"用 1 到 64 个 a-z、0-9、“-”“_”“.”", "use 1 to 64 of a-z, 0-9, '-', '_' and '.'"})
	}
	return invalid(field, id,
		Words{"这不能做编号", "this cannot be an id"},
		Words{"用 1 到 64 个 a-z、0-9、“-”“_”“.”，以字母或数字开头", "use 1 to 64 of a-z, 0-9, '-', '_' and '.', a letter or digit first"})
}

// maxName is how many bytes of UTF-8 a name or title may have on the wire.
const maxName = 200

func checkName(field, name string, limit int) error {
	switch {
	case !utf8.ValidString(name):
		return invalid(field, fmt.Sprintf("%+q", name), Words{"不是 UTF-8 文字", "this is not UTF-8 text"}, Words{"另存为 UTF-8 再试", "save the input as UTF-8"})
	case strings.ContainsAny(name, "\x00\n\r\t"):
		return invalid(field, name, Words{"名称只能是一行", "a name is one line"}, Words{"去掉换行和制表符", "take out line breaks and tabs"})
	case len(name) > limit:
		return invalid(field, name,
			Words{"太长", "too long"},
			Words{fmt.Sprintf("最多 %d 个汉字或 %d 个字母", limit/3, limit), fmt.Sprintf("use at most %d Chinese characters or %d letters", limit/3, limit)})
	}
	return nil
}

// Validate tells what is wrong with an area that is to be put into the tree: an
// impossible id, an unknown parent, a second county, a circle.
func (a Area) Validate(t *Tree) error {
	if err := first(CheckID("id", a.ID), checkName("name", a.Name, maxName), checkName("contact", a.Contact, maxName)); err != nil {
		return err
	}
	if strings.TrimSpace(a.Name) == "" {
		return invalid("name", a.Name, Words{"区域要有名称", "an area needs a name"}, Words{"写大家叫的名字", "give the name that people use"})
	}
	if a.Code != "" && (len(a.Code) != 12 || strings.Trim(a.Code, "0123456789") != "") {
		return invalid("code", a.Code, Words{"区划代码是 12 位数字", "a division code has 12 digits"}, Words{"写满 12 位，或不写", "give all 12, or none"})
	}
	if a.Parent == "" {
		if t.Root() != "" && t.Root() != a.ID {
			return invalid("parent", "",
				Words{"只有一个县，就是 " + t.Root(), "there is one county, and it is " + t.Root()},
				Words{fmt.Sprintf("把这个区域放在它下面：上级写 %q", t.Root()), fmt.Sprintf("put this area under it: parent %q", t.Root())})
		}
		return nil
	}
	if _, ok := t.Area(a.Parent); !ok {
		if t.Root() == "" {
			return invalid("parent", a.Parent,
				Words{"还没有县", "there is no county yet"},
				Words{"先添加县：没有上级的区域", "add the county first: an area without a parent"})
		}
		return unknown("parent", "area", a.Parent, t.IDs)
	}
	if a.ID == a.Parent || t.Within(a.Parent, a.ID) {
		return invalid("parent", a.Parent,
			Words{"区域不能在自己下面", "an area cannot stand under itself"},
			Words{"选一个不在它下面的上级", "choose a parent that is not below it"})
	}
	return nil
}

// Validate tells what is wrong with a unit.
func (u Unit) Validate(t *Tree) error {
	err := first(CheckID("id", u.ID), World{Tree: t}.area("area", u.Area), checkName("name", u.Name, maxName),
		word("state", u.State, UnitUnplaced, UnitPlanned, UnitInstalled, UnitRemoved), between("volume", u.Volume, 0, 100), checkWindows("quiet", u.Quiet))
	if err != nil {
		return err
	}
	if len(u.Outputs) == 0 {
		return invalid("outputs", "", Words{"终端要有输出", "a unit needs an output"}, Words{"写 sound（声音）、screen（屏），或两样都写", "give sound, screen, or both"})
	}
	for i, o := range u.Outputs {
		if err := word(fmt.Sprintf("outputs[%d]", i), o, wire.OutputSound, wire.OutputScreen); err != nil {
			return err
		}
		if slices.Contains(u.Outputs[:i], o) {
			return invalid(fmt.Sprintf("outputs[%d]", i), string(o), Words{"写了两次", "given twice"}, Words{"每种输出只写一次", "name each output once"})
		}
	}
	if p := u.Position; p != nil && !(p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180) {
		return invalid("position", fmt.Sprintf("%g, %g", p.Lat, p.Lon),
			Words{"地球上没有这个点", "this is no point on earth"},
			Words{"纬度 -90 到 90，经度 -180 到 180，以度为单位", "latitude -90 to 90, longitude -180 to 180, in degrees"})
	}
	if p := u.Panel; p != nil {
		return first(between("panel.width", p.Width, 8, 8192), between("panel.height", p.Height, 8, 8192))
	}
	return nil
}

// Has tells whether the unit has the output.
func (u Unit) Has(o wire.Output) bool { return slices.Contains(u.Outputs, o) }

// Validate tells what is wrong with a group: a member that does not exist.
func (g Group) Validate(w World) error {
	if err := first(CheckID("id", g.ID), checkName("name", g.Name, maxName)); err != nil {
		return err
	}
	for i, a := range g.Areas {
		if err := w.area(fmt.Sprintf("areas[%d]", i), a); err != nil {
			return err
		}
	}
	for i, u := range g.Units {
		if err := w.Units.check(fmt.Sprintf("units[%d]", i), "unit", u); err != nil {
			return err
		}
	}
	return nil
}

// Validate tells what is wrong with the county: a zone that is none, an empty
// window, a level that is no warning.
func (c County) Validate() error {
	if err := first(checkName("name", c.Name, maxName), checkName("slogan", c.Slogan, maxName), checkWindows("quiet", c.Quiet), checkWindows("dark", c.Dark)); err != nil {
		return err
	}
	if _, err := Zone(c.Zone); err != nil {
		return err
	}
	for i, v := range c.Caps {
		field := fmt.Sprintf("caps[%d]", i)
		if err := first(CheckWindow(field, v.Window), between(field+".volume", v.Volume, 0, 100)); err != nil {
			return err
		}
	}
	for i, l := range c.Loud {
		if err := word(fmt.Sprintf("loud[%d]", i), l, wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed); err != nil {
			return err
		}
	}
	for i, l := range c.Highest {
		if err := mayWarn(fmt.Sprintf("highest[%d]", i), l); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.HighestIn)) {
		if err := first(CheckID("highestIn", id), mayWarn("highestIn."+id, c.HighestIn[id])); err != nil {
			return err
		}
	}
	return validateApproval(c.Approval)
}

func mayWarn(field string, l wire.Level) error {
	return word(field, l, wire.LevelNone, wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed)
}

// Zone finds a time zone by its IANA name.
func Zone(name string) (*time.Location, error) {
	if name != "" && name != "Local" {
		if z, err := time.LoadLocation(name); err == nil {
			return z, nil
		}
	}
	return nil, invalid("zone", name,
		Words{"没有这个时区", "this is no time zone"},
		Words{"用 IANA 名称，如 “Asia/Shanghai”", `use an IANA name such as "Asia/Shanghai"`})
}

// Validate tells what is wrong with a calendar: a date that is none.
func (c Calendar) Validate() error {
	if err := first(CheckID("id", c.ID), checkName("name", c.Name, maxName)); err != nil {
		return err
	}
	for i, d := range c.Dates {
		if err := checkDate(fmt.Sprintf("dates[%d]", i), d); err != nil {
			return err
		}
	}
	return nil
}

// Validate tells what is wrong with a playlist: an entry without content, or
// with an asset that does not exist or is of the other kind.
func (p Playlist) Validate(asset func(id string) (Asset, bool), w World) error {
	if err := first(CheckID("id", p.ID), checkName("title", p.Title, maxName)); err != nil {
		return err
	}
	if p.Area != "" {
		if err := w.area("area", p.Area); err != nil {
			return err
		}
	}
	check := func(field, id string, kind AssetKind) error {
		if id == "" {
			return nil
		}
		a, ok := asset(id)
		if !ok {
			return unknown(field, "asset", id, w.Assets.All)
		}
		if a.Kind != kind {
			return invalid(field, id,
				Words{fmt.Sprintf("这条媒资是 %s，不是 %s", a.Kind, kind), fmt.Sprintf("this asset is %s, not %s", a.Kind, kind)},
				Words{fmt.Sprintf("写在条目的 %s 里", a.Kind), fmt.Sprintf("name it as the entry's %s", a.Kind)})
		}
		return nil
	}
	for i, it := range p.Items {
		field := fmt.Sprintf("items[%d]", i)
		if it.Audio == "" && it.Text == "" {
			return invalid(field, it.Title,
				Words{"条目要有内容", "an entry needs content"},
				Words{"给一条音频、一条文字，或两样都给", "give an audio asset, a text asset, or both"})
		}
		err := first(checkName(field+".title", it.Title, maxName), check(field+".audio", it.Audio, AssetAudio), check(field+".text", it.Text, AssetText))
		if err != nil {
			return err
		}
	}
	return nil
}

// Validate tells what is wrong with an asset.
func (a Asset) Validate() error {
	if err := first(word("kind", a.Kind, AssetAudio, AssetText), checkName("title", a.Title, maxName), checkName("name", a.Name, 255)); err != nil {
		return err
	}
	if len(a.ID) != 64 || strings.Trim(a.ID, "0123456789abcdef") != "" {
		return invalid("id", a.ID,
			Words{"媒资的编号是它内容的 SHA-256", "an asset's id is the SHA-256 of its bytes"},
			Words{"写 64 位小写十六进制数", "give 64 lower-case hex digits"})
	}
	if a.Kind == AssetAudio {
		return nil
	}
	switch n := utf8.RuneCountInString(a.Text); {
	case strings.TrimSpace(a.Text) == "":
		return invalid("text", a.Text, Words{"通知是空的", "the notice is empty"}, Words{"写屏上要显示的字", "write what the screens shall show"})
	case !utf8.ValidString(a.Text):
		return invalid("text", "", Words{"不是 UTF-8 文字", "this is not UTF-8 text"}, Words{"另存为 UTF-8 再试", "save the input as UTF-8"})
	case n > 2000:
		return invalid("text", a.Text,
			Words{fmt.Sprintf("太长：%d 个字", n), fmt.Sprintf("too long: %d characters", n)},
			Words{"最多 2000 字，或分成几条", "use at most 2000, or several notices"})
	case a.Stay < 1000 || a.Stay > 3600_000:
		return invalid("stay", fmt.Sprint(a.Stay), Words{"超出范围", "out of range"}, Words{"写 1,000 到 3,600,000 毫秒", "use 1,000 to 3,600,000 milliseconds"})
	}
	return first(word("effect", a.Effect, "", "scroll", "still"), word("color", a.Color, "", "red", "green", "yellow", "white"))
}

// StayFor is how long a notice is shown when nobody said: time to read it at
// four characters a second, at least 6 s, in milliseconds.
func StayFor(text string) int64 {
	return min(max(6000, int64(utf8.RuneCountInString(text))*250+2000), 3600_000)
}
