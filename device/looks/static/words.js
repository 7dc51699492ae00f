// The words that every page of ours shares, in Chinese and English, and the
// choice between the two. A page adds its own.

const words = {
	"close": ["关闭", "Close"],
	"on-air": ["播出中", "On air"], "idle": ["待播", "Idle"], "silent": ["无声", "Silent"], "offline": ["离线", "Offline"],
	"clock": ["时钟未校准", "Clock uncertain"], "unknown": ["未知", "Unknown"], "planned": ["未安装", "Not installed"],
	"paused": ["暂停", "Paused"], "removed": ["已拆除", "Removed"],
	"sound": ["喇叭", "loudspeaker"], "screen": ["屏", "screen"], "both": ["喇叭和屏", "loudspeaker and screen"],
	"on.sound": ["声音", "Sound"], "on.screen": ["屏幕", "Screen"],
	"nothing": ["现在没有节目", "Nothing to play now"],
	"silent.air": ["该播《{title}》，没有声音", "Should play “{title}”, makes no sound"],
	"slogan": ["显示常驻标语", "Shows its slogan"],
	"left": ["还有 {time}", "{time} left"],
	"cut": ["插播", "Cut-in"], "cut.next": ["下一个插播", "Next cut-in"],
	"warning": ["预警", "warning"],
	"red": ["红色预警", "Red warning"], "orange": ["橙色预警", "Orange warning"], "yellow": ["黄色预警", "Yellow warning"], "blue": ["蓝色预警", "Blue warning"],
	"level": ["音量电平", "Sound level"], "level.db": ["{n} 分贝", "{n} dB"],
	"listen": ["听", "Listen"], "listen.on": ["在听 · 停", "Stop listening"], "listen.wait": ["正在接通…", "Connecting…"],
	"listen.lost": ["声音断了，等它回来", "Sound lost, waiting for it"], "listen.of": ["听 {unit}", "Listen to {unit}"],
	"harm": ["弄坏试试", "Break it"], "harm.of": ["弄坏试试：{unit}", "Break {unit}"],
	"mend": ["马上修好", "Mend now"],
	"kill": ["断电", "Power cut"], "freeze": ["死机", "Freeze"], "cutlink": ["断网", "Cut the link"], "mute": ["静音", "Mute"],
	"hang": ["卡死", "Hang"], "hang.how": ["让播放循环停住，进程还在", "makes its playing loop stand still; the process lives"],
	"hang.watch": ["心跳停止；约 40 秒内中心应显示离线，并记一条中断。恢复后自动回来。",
		"Its heartbeats stop; within about 40 s the centre should show it as offline, with an outage on record. It comes back by itself."],
	"kill.how": ["杀死它的进程 {pid}", "kills its process {pid}"],
	"freeze.how": ["冻结它的进程 {pid}", "freezes its process {pid}"],
	"cutlink.how": ["切断它到中心的网络", "cuts its network to the centre"],
	"mute.how": ["关掉它的功放", "turns its amplifier off"],
	"kill.watch": ["约 40 秒内中心应显示离线，并记一条中断；再启动后自动回来，接上正在播的节目。",
		"Within about 40 s the centre should show it as offline, with an outage on record; it comes back by itself and rejoins what is on."],
	"freeze.watch": ["画面和声音停住；约 40 秒内中心应显示离线，并记一条中断。恢复后自动回来。",
		"Picture and sound stand still; within about 40 s the centre should show it as offline, with an outage on record. It comes back by itself."],
	"cutlink.watch": ["它自己照样播；约 40 秒内中心应显示离线，并记一条中断。网通后自动回来，并补交播出记录。",
		"It plays on by itself; within about 40 s the centre should show it as offline, with an outage on record. Once linked it is back and hands in its play log."],
	"mute.watch": ["电平落到零；约 10 秒内中心应显示无声，并记一条中断。恢复后自动变回播出中。",
		"The level drops to nothing; within about 10 s the centre should show it as silent, with an outage on record. It is on air again once mended."],
	"fault": ["{kind} · {time} 后自动恢复", "{kind} · mends itself in {time}"],
	"fault.soon": ["{kind} · 正在恢复", "{kind} · mending now"],
	"failed": ["没有成功：{why}", "That did not work: {why}"],
	"pid": ["进程 {pid}", "process {pid}"], "pid.none": ["进程不在", "no process"],
	"age": ["{age}前的数据", "data of {age} ago"], "age.fresh": ["实时", "live"],
	"c.refused": ["拒收了一份内容", "refused some content"], "c.output-lost": ["声卡没有反应", "sound output lost"], "c.output-back": ["声卡已恢复", "sound output back"], "c.amplifier": ["功放开关没有反应", "amplifier cannot be switched"],
	"c.no-sound": ["没有声音输出", "no sound output"], "c.panel-lost": ["屏没有反应", "panel lost"], "c.muted-here": ["本机静音", "muted at the unit"],
	"c.missing-asset": ["文件还没传到", "a file is missing"], "c.damaged-asset": ["文件损坏", "a file is damaged"], "c.fetch-failed": ["文件取不到", "a file cannot be fetched"],
	"c.clock-uncertain": ["时间不可信", "clock uncertain"], "c.stalled": ["刚才停住过", "it stood still"], "c.proof-unsaved": ["播出记录还没存盘", "play log not saved yet"],
	"c.flapping": ["时断时续，离线 {n} 次", "comes and goes: offline {n} times"], "c.two-devices": ["两台设备共用一个身份", "two devices with one identity"],
	"c.disk-full": ["磁盘满了", "disk full"], "c.disk-read-only": ["存储卡只能读，该换了", "card is read-only; replace it"], "c.disk-failing": ["存储卡出错", "card is failing"],
	"c.disk-missing": ["存储卡打不开", "card cannot be opened"], "c.spool-damaged": ["存储卡有损坏", "damage on the card"], "c.asset-damaged": ["文件损坏，正在重取", "damaged files, being fetched again"], "c.proof-lost": ["有播出记录丢失", "play log lost"],
	"s": ["{n} 秒", "{n} s"], "min": ["{n} 分钟", "{n} min"], "h": ["{n} 小时", "{n} h"],
};

// add takes a page's own words.
export function add(more) { Object.assign(words, more); }

// A unit says why something is on air in its own language; these are the
// sentences that it can say, with what stood in the way and how long it waited.
const ways = [["停机", "the time when the unit was off"], ["时钟未校准", "the time when the clock was not right"], ["更高级别的播出", "something higher"]];
const byEnglish = (by) => ways.find(([zh]) => zh === by)?.[1] ?? by.replace(/^《(.*)》$/, "“$1”");
const byChinese = (by) => ways.find(([, en]) => en === by)?.[0] ?? by.replace(/^“(.*)”$/, "《$1》");
const lateEnglish = (late) => late.replace("分", "min").replace("秒", "s");
const lateChinese = (late) => late.replace("min", "分").replace("s", "秒");
const reasons = [
	[/^循环播出 (.*)–(.*)$/, "loop $1–$2", /^loop (.*)–(.*)$/, "循环播出 $1–$2"],
	[/^(.*)–(.*) 每 (\d+) 分钟一次$/, "every $3 min, $1–$2", /^every (\d+) min, (.*)–(.*)$/, "$2–$3 每 $1 分钟一次"],
	[/^定时播出$/, "at its fixed time", /^at its fixed time$/, "定时播出"],
	[/^单次播出$/, "once, at its set time", /^once, at its set time$/, "单次播出"],
	[/^预警强切$/, "warning in force", /^warning in force$/, "预警强切"],
	[/^推迟 (.+)：等待(.+)播完$/, (_, late, by) => `${lateEnglish(late)} late: waited for ${byEnglish(by)}`,
		/^(.+) late: waited for (.+)$/, (_, late, by) => `推迟 ${lateChinese(late)}：等待${byChinese(by)}播完`],
	[/^推迟 (.+)：音频刚传到终端$/, (_, late) => `${lateEnglish(late)} late: its audio has only now arrived`,
		/^(.+) late: its audio has only now arrived$/, (_, late) => `推迟 ${lateChinese(late)}：音频刚传到终端`],
	[/^推迟 (.+)：终端未运行$/, (_, late) => `${lateEnglish(late)} late: the unit was off`,
		/^(.+) late: the unit was off$/, (_, late) => `推迟 ${lateChinese(late)}：终端未运行`],
	[/^推迟 (.+)：终端时钟未校准$/, (_, late) => `${lateEnglish(late)} late: the unit's clock was not right`,
		/^(.+) late: the unit's clock was not right$/, (_, late) => `推迟 ${lateChinese(late)}：终端时钟未校准`],
	[/^(.+)之后，按时间接着播$/, (_, by) => `goes on where the clock is, after ${byEnglish(by)}`,
		/^goes on where the clock is, after (.+)$/, (_, by) => `${byChinese(by)}之后，按时间接着播`],
	[/^(.+)之后，从中断处接着播$/, (_, by) => `goes on where it stopped, after ${byEnglish(by)}`,
		/^goes on where it stopped, after (.+)$/, (_, by) => `${byChinese(by)}之后，从中断处接着播`],
	[/^播完当前条目，随后播新版本$/, "finishes its item; a newer version follows", /^finishes its item; a newer version follows$/, "播完当前条目，随后播新版本"],
];

let language = "zh-CN";
const listeners = [];

export const lang = () => language;
export const english = () => language === "en";

// say gives a word in the page's language, with {name} filled in.
export function say(key, values = {}) {
	const pair = words[key];
	if (!pair) return key;
	return pair[english() ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const known = (key) => key in words;

// why puts a unit's reason into the page's language; one that is not known stays
// as it is.
export function why(text) {
	for (const [zh, toEnglish, en, toChinese] of reasons) {
		if (english() && zh.test(text)) return text.replace(zh, toEnglish);
		if (!english() && en.test(text)) return text.replace(en, toChinese);
	}
	return text;
}

// length says a time span in words, count as on a stopwatch.
export function length(ms) {
	const s = Math.max(0, Math.round(ms / 1000));
	if (s < 60) return say("s", { n: s });
	if (s < 3600) return say("min", { n: Math.floor(s / 60) });
	return say("h", { n: Math.floor(s / 3600) });
}

export function count(ms) {
	const s = Math.max(0, Math.ceil(ms / 1000));
	const two = (n) => String(n).padStart(2, "0");
	return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// onLanguage calls the function at each change of language.
export function onLanguage(fn) { listeners.push(fn); }

function change(to) {
	language = to === "en" ? "en" : "zh-CN";
	document.documentElement.lang = language;
	for (const e of document.querySelectorAll("[data-word]")) e.textContent = say(e.dataset.word);
	for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", say(e.dataset.label));
	for (const b of document.querySelectorAll("button[data-language]")) b.setAttribute("aria-pressed", String(b.dataset.language === language));
	for (const fn of listeners) fn();
}

// speak chooses the language: the address's ?lang=, else the one chosen last,
// else Chinese; and serves the switch.
export function speak() {
	let last = null;
	try { last = localStorage.getItem("language"); } catch { /* a browser that keeps nothing */ }
	for (const b of document.querySelectorAll("button[data-language]")) {
		b.addEventListener("click", () => {
			try { localStorage.setItem("language", b.dataset.language); } catch { /* as above */ }
			change(b.dataset.language);
		});
	}
	change(new URLSearchParams(location.search).get("lang") ?? last ?? "zh-CN");
}
