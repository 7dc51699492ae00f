package main

import "github.com/villagecast/villagecast/device/wire"

// word says in the operator's language what a word of the centre's or a unit's
// means. In English they are such words already.
func word[K ~string](s *shell, chinese map[K]string, k K) string {
	if zh := chinese[k]; zh != "" {
		return s.say(zh, string(k))
	}
	return string(k)
}

// What people see of the words with which the centre and its units answer, in
// Chinese. A test holds that none of theirs is left out.
var (
	// stateWords are the states of a programme's version.
	stateWords = map[string]string{"draft": "草稿", "submitted": "待审", "returned": "退回", "releasing": "已签发，待生效", "released": "已签发", "ended": "已到期",
		"superseded": "已被新版本代替", "withdrawn": "已撤播", "stopped": "已停播"}

	// onwardWords are what a programme does when it is cut or blocked.
	onwardWords = map[string]string{"rejoin": "播完后按时间接回", "resume": "播完后从断处续播", "skip": "跳过", "wait": "等待"}

	levelWords = map[wire.Level]string{wire.LevelRed: "红色", wire.LevelOrange: "橙色", wire.LevelYellow: "黄色", wire.LevelBlue: "蓝色",
		wire.LevelLive: "直播", wire.LevelTimed: "定时通知", wire.LevelBackground: "背景节目"}

	outputWords = map[wire.Output]string{wire.OutputSound: "声音", wire.OutputScreen: "屏幕"}

	assetWords = map[string]string{"audio": "音频", "text": "文字"}

	// lookWords are how a text is shown.
	lookWords = map[string]string{"scroll": "滚动", "still": "静止", "red": "红色", "green": "绿色", "yellow": "黄色", "white": "白色"}

	// shownWords are what a unit shows.
	shownWords = map[string]string{"on-air": "播出中", "idle": "待播", "silent": "无声", "offline": "离线", "unknown": "未知", "unplaced": "未定位置", "planned": "未安装",
		"paused": "暂停", "removed": "已拆除"}

	// deliveryWords are how far a unit is with what was sent to it.
	deliveryWords = map[string]string{"ready": "已备好", "delivered": "已送达", "pending": "等待", "refused": "拒收", "too-old": "版本过旧"}

	// gradeWords are the grades of proof.
	gradeWords = map[string]string{"played": "已播", "heard": "已听到", "part": "未播满", "failed": "失败", "skipped": "未播", "no-power": "停机", "no-proof": "无记录",
		"playing": "播出中", "ready": "已备好", "delivered": "已送达", "pending": "等待"}

	outageWords = map[string]string{"unreachable": "联系不上", "silent": "无声"}

	clockWords = map[string]string{wire.ClockTrusted: "准", wire.ClockUncertain: "大致准", wire.ClockUntrusted: "未校准"}

	// snapshotWords are what is addressed to areas and units.
	snapshotWords = map[wire.Kind]string{wire.KindBulletin: "节目", wire.KindOrders: "指令", wire.KindKeyRing: "密钥"}

	// refusalWords are why a unit did not take what was sent to it.
	refusalWords = map[string]string{wire.RefusedUnsigned: "没有签名", wire.RefusedAltered: "内容被改动", wire.RefusedUnknownKey: "签名密钥不认识", wire.RefusedWrongAddress: "地址不对",
		wire.RefusedOlder: "比手里的旧", wire.RefusedConflict: "同一版本号，内容不同", wire.RefusedOutOfScope: "签发人管不到这里", wire.RefusedMalformed: "格式不对", wire.RefusedTooBig: "太大"}

	// conditionWords are what a unit reports beside its state, and what the centre
	// finds in it.
	conditionWords = map[string]string{"flapping": "时断时续", "two-devices": "两台设备共用一个身份",
		"refused": "拒收", "output-lost": "声音输出断了", "output-back": "声音输出恢复", "no-sound": "没有声音输出", "panel-lost": "屏幕收不到画面", "amplifier": "功放控制不了",
		"muted-here": "设备上被人静音", "missing-asset": "媒资还没有传到", "damaged-asset": "媒资文件损坏", "fetch-failed": "媒资取不到", "broker-outdated": "消息服务器太旧",
		"settings-unread": "设置文件读不了", "clock-uncertain": "时钟可能不准", "clock-untrusted": "时钟未校准", "clock-differs": "时钟对不上", "clock-set": "时钟已校正",
		"test-tone": "试音", "stalled": "程序停顿过", "certificate-refused": "领不到证书", "device-revoked": "设备已吊销", "proof-unsaved": "播出记录存不下",
		"disk-full": "存储卡满了", "disk-read-only": "存储卡只能读", "disk-failing": "存储卡出错", "disk-missing": "没有存储卡",
		"spool-damaged": "存储内容损坏", "asset-damaged": "媒资文件损坏", "proof-lost": "播出记录丢失"}

	// deviceWords are sound outputs that are no sound card's.
	deviceWords = map[string]string{"silent": "不出声", "counting": "只计时"}

	// commandWords are what a unit can be told to do once, and how far it is.
	commandWords = map[string]string{"tone": "试音", "restart": "重启", "bundle": "诊断包", "sent": "已发出", "accepted": "已收到", "refused": "拒收", "done": "完成", "failed": "失败"}

	// viaWords are the ways by which somebody came.
	viaWords = map[string]string{"card": "登录卡", "password": "密码", "link": "链接", "session": "浏览器", "token": "令牌", "token file": "令牌文件", "centre": "中心"}

	// tableWords are what a spreadsheet does.
	tableWords = map[string]string{"created": "新增", "updated": "修改", "unchanged": "没变"}

	// planWords are what a county file does.
	planWords = map[string]string{"add": "新增", "change": "修改", "release": "签发"}

	// wholeWords are what is wrong with a media file.
	wholeWords = map[string]string{"missing": "不见了", "damaged": "损坏"}

	// checkWords are what doctor looks at.
	checkWords = map[string]string{"centre": "中心", "clock": "时钟", "disk": "磁盘", "broker": "消息服务器", "database": "数据库", "backup": "备份", "public": "公开网址",
		"cards": "登录卡", "name": "域名", "port": "端口", "certificate": "证书", "door": "入口", "proxy": "代理", "host": "域名传递", "hsts": "只用 https", "stream": "事件流", "units": "终端入口"}

	// roles are those of people.
	roles = map[string]string{"administrator": "管理员", "editor": "编辑", "approver": "审核", "duty": "值班", "town": "镇广播员", "village": "村管理员", "crew": "维修员", "viewer": "查看"}

	// auditWords are the acts of which the audit and a programme's record tell.
	auditWords = map[string]string{
		"add asset": "添加媒资", "remove asset": "删除媒资", "put playlist": "保存节目单", "remove playlist": "删除节目单", "put calendar": "保存日历", "remove calendar": "删除日历",
		"put group": "保存分组", "remove group": "删除分组", "put area": "保存区域", "remove area": "删除区域", "set county": "改全县设置",
		"draft programme": "拟稿", "remove draft": "删除草稿", "submit programme": "送审", "approve programme": "审核通过", "return programme": "退回", "undo release": "撤销签发",
		"release programme": "签发", "release takes effect": "签发生效", "release failed": "签发未成", "withdraw programme": "撤播", "not approved in time": "未按时审核",
		"ask for warning": "提出预警", "confirm warning": "确认预警", "issue warning": "发预警", "lift warning": "解除预警", "stop": "立即停播",
		"mute": "静音", "unmute": "结束静音", "add exception": "设例外", "end exception": "结束例外", "set freeze": "设重保期", "lift freeze": "解除重保期",
		"add unit": "添加终端", "update unit": "修改终端", "remove unit": "拆除终端", "issue claim": "发入网码", "enrol device": "设备入网", "renew certificate": "换证书", "revoke device": "吊销设备",
		"new secret":   "发新密码",
		"command tone": "试音", "command restart": "重启终端", "command bundle": "取诊断包",
		"put person": "保存人员", "leave": "离开", "name deputy": "指定代审", "remove deputies": "取消代审", "set password": "设密码", "give card": "发登录卡", "hold back": "暂停登录",
		"sign in": "登录", "end session": "结束登录", "add token": "发令牌", "revoke token": "吊销令牌", "set token": "写令牌文件", "sign with key": "启用密钥", "take key out": "停用密钥",
	}
)

// haltWords are what ends or bars sound, in Chinese and in English.
var haltWords = map[string][2]string{"stop": {"立即停播", "STOP"}, "mute": {"静音", "mute"}, "pause": {"暂停", "pause"}, "withdraw": {"撤播", "withdrawal"},
	"exception": {"例外", "exception"}, "freeze": {"重保期", "change freeze"}, "revoked": {"设备已吊销", "device shut out"}}

func (s *shell) haltWord(kind string) string {
	w, ok := haltWords[kind]
	if !ok {
		return kind
	}
	return s.say(w[0], w[1])
}
