package main

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler/client"
)

// TestWhatPeopleReadInTrouble prints what the crew reads when most units fall, in
// both languages.
func TestWhatPeopleReadInTrouble(t *testing.T) {
	at := time.Date(2026, 11, 24, 7, 0, 0, 0, time.Local)
	calls := []client.Call{
		{Town: "liushu", TownName: "柳树镇", Area: "dongtang", AreaName: "东塘村", Unit: "a", Name: "村部", Kind: "unreachable", Since: at, Contact: "王 139 0000 0001"},
		{Town: "liushu", TownName: "柳树镇", Area: "liushu", AreaName: "柳树镇", Unit: "b", Name: "广场", Kind: "silent", Since: at},
		{Town: "shiqiao", TownName: "石桥镇", Area: "shi1", AreaName: "石一村", Unit: "c", Name: "喇叭", Kind: "unreachable", Since: at, Contact: "李 139 0000 0002"},
	}
	status := client.Status{County: "青禾县", Incident: &client.Incident{From: at, There: 40, Fell: 30, Left: 12},
		Paused:   []client.Mute{{MuteSpec: client.MuteSpec{Unit: "a", Until: at, Why: "修屋顶"}}},
		Troubled: []client.Trouble{{Unit: "b", Name: "广场", Code: "flapping", Since: at, Count: 9}, {Unit: "c", Name: "喇叭", Code: "two-devices", Since: at}},
		Delivery: client.DeliveryCounts{Units: 40, Delivered: 38, Ready: 30, Pending: 1, TooOld: 1}}
	for lang, want := range map[string][]string{
		"zh-CN": {"柳树镇  2 个终端\n[ ]  村      终端  状况      自                   联系人\n[ ]  东塘村  村部  联系不上  2026-11-24 07:00:00  王 139 0000 0001\n[ ]  柳树镇  广场  无声      2026-11-24 07:00:00  -\n",
			"\n石桥镇  1 个终端\n", "*** 中心事故：自 2026-11-24 07:00:00 起，40 个终端中有 30 个同时失联，仍有 12 个没有回来。", "a 暂停到 2026-11-24 07:00:00：修屋顶",
			"b（广场）时断时续：自 2026-11-24 07:00:00 起离线 9 次", "c（喇叭）有两台设备共用一个身份", "已送达 38/40，已备好 30；等待 1；版本过旧 1"},
		"en": {"柳树镇  2 units\n", "东塘村   村部  unreachable  2026-11-24 07:00:00  王 139 0000 0001\n", "*** INCIDENT OF THE CENTRE: since 2026-11-24 07:00:00 30 of 40 units fell at once, 12 are still gone.",
			"a paused until 2026-11-24 07:00:00: 修屋顶", "b (广场) is flapping: offline 9 times since", "c (喇叭) has two devices with one identity", "delivered to 38 of 40 units, ready on 30; 1 pending; 1 too old"},
	} {
		var out strings.Builder
		s := &shell{out: &out, lang: lang}
		s.calls(calls)
		s.status(status)
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: it does not say %q:\n%s", lang, w, out.String())
			}
		}
	}
}
