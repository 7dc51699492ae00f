package scheduler

import "strings"

// acts are the acts as they stand after "may not".
var acts = map[Act]Words{
	ActRead:     {"查看", "read anything"},
	ActDraft:    {"制作内容", "make content"},
	ActSubmit:   {"提交草稿", "submit drafts"},
	ActApprove:  {"审核播发任务", "approve programmes"},
	ActRelease:  {"签发播发任务", "release programmes"},
	ActWithdraw: {"撤播", "withdraw programmes"},
	ActWarn:     {"发预警", "send out warnings"},
	ActLift:     {"解除预警", "lift warnings"},
	ActStop:     {"立即停播", "stop what is on air"},
	ActMute:     {"让终端静音", "mute units"},
	ActPause:    {"暂停终端", "pause units"},
	ActCommand:  {"给终端下命令", "command units"},
	ActPlace:    {"改动终端和区域", "change units and areas"},
	ActEnrol:    {"让设备入网", "enrol devices"},
	ActInvite:   {"给村管理员和维修员开通登录", "give access to village admins and crews"},
	ActPeople:   {"改动人员的权限", "change people's access"},
	ActSettings: {"改动全县的设置", "change the settings of the county"},
	ActAudit:    {"查看审计记录", "read the audit"},
}

// said says the act after "may not".
func (a Act) said() Words {
	if w, ok := acts[a]; ok {
		return w
	}
	return Words{"做“" + string(a) + "”", string(a)}
}

var roleTitles = map[Role]Words{
	RoleAdministrator: {"管理员", "an administrator"},
	RoleEditor:        {"编辑", "an editor"},
	RoleApprover:      {"审核员", "an approver"},
	RoleDuty:          {"值班员", "a duty officer"},
	RoleTown:          {"镇广播员", "a town broadcaster"},
	RoleVillage:       {"村管理员", "a village admin"},
	RoleCrew:          {"维修员", "a repair crew"},
	RoleViewer:        {"查看者", "a viewer"},
}

// WhoMay says who may do it in an area: the roles there, and those of the areas
// above.
func WhoMay(t *Tree, act Act, area string) Words {
	var zh, en []string
	for _, r := range Roles() {
		if r.Allows(act) {
			zh, en = append(zh, roleTitles[r].ZH), append(en, roleTitles[r].EN)
		}
	}
	if n := len(en); n > 1 {
		en = append(en[:n-2], en[n-2]+" or "+en[n-1])
	}
	where, higher := t.called(area), Words{}
	if len(t.Chain(area)) > 1 {
		higher = Words{"或上级", " or of an area above it"}
	}
	return Words{where.ZH + higher.ZH + "的" + strings.Join(zh, "、"), strings.Join(en, ", ") + " of " + where.EN + higher.EN}
}

// called is an area as people say it; "" is the whole county.
func (t *Tree) called(area string) Words {
	if known, ok := t.Area(area); ok {
		return Words{known.Name, known.Name}
	}
	if area == "" {
		return Words{"全县", "the whole county"}
	}
	return Words{area, area}
}

// unwatched are the reasons why nobody watched, as they are kept.
var unwatched = map[string]string{
	"the centre has just started":                                   "中心刚启动",
	"the centre starts":                                             "中心正在启动",
	"the centre stops":                                              "中心正在停下",
	"the centre does not hear its units":                            "中心听不到终端",
	"the centre stopped without a word":                             "中心突然停了",
	"the centre's machine slept, stood still, or its clock was set": "中心的电脑睡眠、停顿，或时钟被改过",
}

// WhyNotWatched says a reason that is kept of a time in which nobody watched. What
// the link to the broker said is said as it stands.
func WhyNotWatched(why string) Words {
	if zh, ok := unwatched[why]; ok {
		return Words{zh, why}
	}
	return Words{"中心和消息服务器断了：" + why, why}
}

// nouns are the things that have ids.
var nouns = map[string]string{
	"county": "全县设置", "area": "区域", "unit": "终端", "group": "分组", "asset": "媒资", "playlist": "节目单", "calendar": "日历", "programme": "播发任务",
	"version of this programme": "版本", "submission of this version": "提交", "warning": "预警", "warning that waits": "待确认的预警",
	"mute": "静音", "exception": "例外", "freeze": "重保期", "stop": "立即停播", "person": "人员", "token": "令牌", "session": "登录",
	"certificate": "证书", "bundle": "诊断包", "command": "命令", "draft": "草稿",
}

// Noun is the word for a thing that has an id, such as "unit", in both languages.
func Noun(what string) Words {
	if zh, ok := nouns[what]; ok {
		return Words{zh, what}
	}
	return Words{what, what}
}
