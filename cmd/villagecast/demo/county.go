package demo

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/client/countyfile"
)

// The demonstration county is invented: one county, three towns, nine villages,
// twelve units.

const zone = "Asia/Shanghai"

// place is one area of the demonstration.
type place struct{ id, parent, name string }

var places = []place{
	{"qinghe", "", "青禾县"},
	{"liushu", "qinghe", "柳树镇"}, {"shiqiao", "qinghe", "石桥镇"}, {"yunfeng", "qinghe", "云峰镇"},
	{"dongtang", "liushu", "东塘村"}, {"xiling", "liushu", "西岭村"}, {"xiaohe", "liushu", "小河村"},
	{"dawan", "shiqiao", "大湾村"}, {"xinmin", "shiqiao", "新民村"}, {"gujing", "shiqiao", "古井村"},
	{"shangping", "yunfeng", "上坪村"}, {"zhuyuan", "yunfeng", "竹园村"}, {"hongtu", "yunfeng", "红土村"},
}

// cutTown is the town whose notice cuts into the county's loop.
const cutTown = "liushu"

// cutEvery is the distance of the town's notices.
const cutEvery = 4 * time.Minute

// voices are what the demonstration says. Each is spoken where speech is at
// hand, else a melody of our own stands in for it.
var voices = []struct{ key, title, text, shown string }{
	{"flood", "防汛提醒", "各位村民请注意。汛期已到，请不要在河边逗留，夜间留意转移通知。值班电话 12379。", "汛期已到，请勿在河边逗留，夜间留意转移通知。值班电话 12379"},
	{"fire", "森林防火", "森林防火，人人有责。10 月 1 日至次年 5 月 31 日，进山不带火种，野外不用火。", "森林防火，人人有责：进山不带火种，野外不用火"},
	{"water", "停水通知", "柳树镇通知。今天 18:30 到 20:00 检修水管，请提前储水。", "柳树镇通知：今天 18:30–20:00 检修水管，请提前储水"},
}

// county is the demonstration county, its hours laid round now: the loop runs,
// the quiet hours are far, and the town's notice comes within two minutes.
func county(now time.Time, spoken bool, melodies string) (countyfile.File, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return countyfile.File{}, fmt.Errorf("load zone: %w", err)
	}
	local := now.In(loc)
	clock := func(after time.Duration) wire.Clock { return wire.Clock(local.Add(after).Format("15:04")) }
	f := countyfile.File{
		County: &client.County{Name: "青禾县", Zone: zone, Slogan: "青禾县融媒体中心",
			Quiet: []wire.Window{{From: clock(12 * time.Hour), To: clock(16 * time.Hour)}},
			Loud:  []wire.Level{wire.LevelRed, wire.LevelOrange}},
	}
	for i, p := range places {
		f.Areas = append(f.Areas, client.Area{ID: p.id, Parent: p.parent, Name: p.name, Code: fmt.Sprintf("9901%08d", i), Contact: "演示"})
	}
	f.Units = units()
	f.Assets = assets(spoken, melodies)
	f.Playlists = []countyfile.Playlist{
		{ID: "county-loop", Title: "全县循环", Items: []countyfile.Item{
			{Title: "防汛提醒", Audio: "flood-voice", Text: "flood-text"},
			{Title: "音乐", Audio: "music", Text: "music-text"},
			{Title: "森林防火", Audio: "fire-voice", Text: "fire-text"},
		}},
		{ID: "town-water", Title: "停水通知", Items: []countyfile.Item{{Title: "停水通知", Audio: "water-voice", Text: "water-text"}}},
	}
	until := wire.DateTime(local.Add(7 * 24 * time.Hour).Format("2006-01-02T15:04:00"))
	window := &wire.Window{From: clock(-2 * time.Hour), To: clock(10 * time.Hour)}
	first := firstCut(local)
	f.Programmes = []countyfile.Programme{
		{ProgrammeSpec: client.ProgrammeSpec{ID: "county-loop", Title: "全县循环：防汛、防火", Playlist: "county-loop",
			Targets: client.Targets{Areas: []string{"qinghe"}}, Issuer: "qinghe", Category: "防灾", Campaign: "汛期宣传",
			Rule: wire.Rule{Kind: wire.RuleLoop, Window: window, Pause: 3, Until: until}}},
		{ProgrammeSpec: client.ProgrammeSpec{ID: "town-water", Title: "柳树镇停水通知", Playlist: "town-water",
			Targets: client.Targets{Areas: []string{cutTown}}, Issuer: cutTown, Category: "民生",
			Rule: wire.Rule{Kind: wire.RuleEvery, Every: int(cutEvery / time.Minute), Until: until,
				Window: &wire.Window{From: wire.Clock(first.Format("15:04")), To: clock(10 * time.Hour)}}}},
	}
	return f, nil
}

// firstCut is the whole minute at which the town's notice first cuts in: 50 to
// 110 s from now, so that there is time to look before it comes.
func firstCut(now time.Time) time.Time {
	return now.Add(50 * time.Second).Truncate(time.Minute).Add(time.Minute)
}

// units are nine loudspeakers, one of which has a screen too, and three screens.
func units() []client.UnitSpec {
	var all []client.UnitSpec
	panel := &wire.Panel{Width: 192, Height: 32}
	volume := 80
	for i, p := range places[4:] {
		u := client.UnitSpec{ID: p.id + "-horn", Area: p.id, Name: p.name + "村部", Outputs: []wire.Output{wire.OutputSound}, Volume: &volume,
			Position: &client.Position{Lat: 30.10 + float64(i%3)*0.04, Lon: 108.20 + float64(i/3)*0.06}}
		if p.id == "dawan" {
			u.ID, u.Name, u.Panel = "dawan-square", p.name+"文化广场", panel
			u.Outputs = append(u.Outputs, wire.OutputScreen)
		}
		all = append(all, u)
	}
	for i, p := range places[1:4] {
		all = append(all, client.UnitSpec{ID: p.id + "-screen", Area: p.id, Name: p.name + "集市屏", Outputs: []wire.Output{wire.OutputScreen},
			Volume: &volume, Panel: panel, Position: &client.Position{Lat: 30.14, Lon: 108.22 + float64(i)*0.06}})
	}
	return all
}

// assets are spoken by the centre, or melodies that lie in a directory.
func assets(spoken bool, melodies string) []countyfile.Asset {
	all := []countyfile.Asset{
		{Key: "music", Title: "村口小调", Audio: filepath.Join(melodies, "music.wav")},
		{Key: "music-text", Title: "村口小调", Text: "青禾县广播 ♪ 村口小调", Color: "green"},
	}
	for _, v := range voices {
		a := countyfile.Asset{Key: v.key + "-voice", Title: v.title, Speak: v.text}
		if !spoken {
			a.Speak, a.Audio = "", filepath.Join(melodies, v.key+".wav")
		}
		all = append(all, a, countyfile.Asset{Key: v.key + "-text", Title: v.title, Text: v.shown})
	}
	return all
}
