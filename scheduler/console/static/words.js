// Every word of the pages, in Chinese and English, and the choice between them.

const words = {
	"demo": ["演示", "demonstration"],
	"answers": ["全县现在", "The county now"],
	"answer.on-air": ["正在播（终端）", "units on air"],
	"answer.missing": ["没播到的村", "villages missing it"],
	"answer.offline": ["离线（终端）", "units offline"],
	"waiting": ["正在等待第一批数据…", "Waiting for the first data…"],
	"legend": ["图例", "Legend"],
	"log": ["刚才发生", "What just happened"],
	"log.empty": ["还没有变化。弄坏一个终端试试。", "No change yet. Break a unit and see."],
	"about": ["县名、村名都是编的；十二个终端是这台机器上的十二个进程，声音和画面由它们自己产生。",
		"The county and its villages are invented. The twelve units are twelve processes on this machine; they make the sound and the pictures themselves."],
	"close": ["关闭", "Close"],
	"on-air": ["播出中", "On air"], "idle": ["待播", "Idle"], "silent": ["无声", "Silent"], "offline": ["离线", "Offline"],
	"clock": ["时钟未校准", "Clock uncertain"], "unknown": ["未知", "Unknown"], "planned": ["未安装", "Not installed"],
	"paused": ["暂停", "Paused"], "removed": ["已拆除", "Removed"],
	"legend.on-air": ["喇叭或屏正在播", "the loudspeaker or screen is playing"],
	"legend.idle": ["在线，现在没有要播的", "online, nothing to play now"],
	"legend.silent": ["在线，该响却没有响", "online, but it should sound and does not"],
	"legend.offline": ["40 秒没有消息", "no sign of life for 40 s"],
	"legend.clock": ["时间不可信，先不播", "its time cannot be trusted, so it waits"],
	"legend.unknown": ["中心现在无法判断", "the centre cannot judge now"],
	"legend.planned": ["已登记，还没装", "listed, not installed yet"],
	"legend.paused": ["检修中，不算中断", "under work, counted as no outage"],
	"sound": ["喇叭", "loudspeaker"], "screen": ["屏", "screen"], "both": ["喇叭和屏", "loudspeaker and screen"],
	"on.sound": ["声音", "Sound"], "on.screen": ["屏幕", "Screen"],
	"nothing": ["现在没有节目", "Nothing to play now"],
	"slogan": ["显示常驻标语", "Shows its slogan"],
	"silent.air": ["该播《{title}》，没有声音", "Should play “{title}”, makes no sound"],
	"gone": ["最后一次消息 {time}（{age}前）", "Last heard {time} ({age} ago)"],
	"never": ["还没有收到过消息", "Never heard yet"],
	"alone": ["中心收不到它；它自己还在播《{title}》", "The centre cannot hear it; it still plays “{title}” by itself"],
	"alone.nothing": ["中心收不到它；它自己还在运行", "The centre cannot hear it; it still runs by itself"],
	"left": ["还有 {time}", "{time} left"],
	"cut": ["插播", "Cut-in"], "cut.next": ["下一个插播", "Next cut-in"],
	"warning": ["预警", "warning"],
	"red": ["红色预警", "Red warning"], "orange": ["橙色预警", "Orange warning"], "yellow": ["黄色预警", "Yellow warning"], "blue": ["蓝色预警", "Blue warning"],
	"next.what": ["{town}插播《{title}》", "{town} cuts in with “{title}”"],
	"next.now": ["{town}正在插播《{title}》", "{town} is on with “{title}”"],
	"next.whom": ["{n} 个终端会从全县节目切到它，播完接回：{names}", "{n} units leave the county's programme for it and rejoin after: {names}"],
	"next.soon": ["马上", "now"],
	"town.now": ["正在插播《{title}》", "Cut-in: “{title}”"],
	"level": ["音量电平", "Sound level"], "level.db": ["{n} 分贝", "{n} dB"],
	"listen": ["听", "Listen"], "listen.on": ["在听 · 停", "Stop listening"], "listen.wait": ["正在接通…", "Connecting…"],
	"listen.lost": ["声音断了，等它回来", "Sound lost, waiting for it"], "listen.of": ["听 {unit}", "Listen to {unit}"],
	"harm": ["弄坏试试", "Break it"], "harm.of": ["弄坏试试：{unit}", "Break {unit}"],
	"mend": ["马上修好", "Mend now"],
	"kill": ["断电", "Power cut"], "freeze": ["死机", "Freeze"], "cutlink": ["断网", "Cut the link"], "mute": ["静音", "Mute"],
	"kill.how": ["杀死它的进程 {pid}", "kills its process {pid}"],
	"freeze.how": ["冻结它的进程 {pid}", "freezes its process {pid}"],
	"cutlink.how": ["切断它到中心的网络", "cuts its network to the centre"],
	"mute.how": ["关掉它的功放", "turns its amplifier off"],
	"kill.watch": ["约 40 秒内这里应显示离线，并记一条中断；再启动后自动回来，接上正在播的节目。",
		"Within about 40 s it should show as offline here, with an outage on record; it comes back by itself and rejoins what is on."],
	"freeze.watch": ["画面和声音停住；约 40 秒内这里应显示离线，并记一条中断。恢复后自动回来。",
		"Picture and sound stand still; within about 40 s it should show as offline, with an outage on record. It comes back by itself."],
	"cutlink.watch": ["它自己照样播；约 40 秒内这里应显示离线，并记一条中断。网通后自动回来，并补交播出记录。",
		"It plays on by itself; within about 40 s it should show as offline, with an outage on record. Once linked it is back and hands in its play log."],
	"mute.watch": ["电平落到零；约 10 秒内这里应显示无声。恢复后自动变回播出中。",
		"The level drops to nothing; within about 10 s it should show as silent. It is on air again once mended."],
	"fault": ["{kind} · {time} 后自动恢复", "{kind} · mends itself in {time}"],
	"fault.soon": ["{kind} · 正在恢复", "{kind} · mending now"],
	"broken": ["{unit}：{kind}。{watch}", "{unit}: {kind}. {watch}"],
	"mended": ["{unit}：已叫它恢复", "{unit}: told to mend"],
	"failed": ["没有成功：{why}", "That did not work: {why}"],
	"unreached": ["中心没有回答", "the centre does not answer"],
	"login": ["登录已过期，请重新打开中心启动时显示的链接", "the login has ended: open the link that the centre printed at its start"],
	"pid": ["进程 {pid}", "process {pid}"], "pid.none": ["进程不在", "no process"],
	"age": ["{age}前的数据", "data of {age} ago"], "age.fresh": ["实时", "live"],
	"stale": ["{time} 的数据。与中心的连接断了，正在重连；下面保持当时的样子。", "Data of {time}. The link to the centre is lost and being tried again; what stands below is as it was then."],
	"stale.login": ["{time} 的数据。登录已过期，请重新打开中心启动时显示的链接。", "Data of {time}. The login has ended: open the link that the centre printed at its start."],
	"none": ["现在一个也没有。", "None now."], "none.missing": ["每个村都播到了。", "Every village has it."], "none.offline": ["全部在线。", "All are online."],
	"all": ["再点一次看全部", "press again for all"],
	"incident": ["中心事故：自 {time} 起，{there} 个终端中有 {fell} 个同时失联，仍有 {left} 个没有回来。先查中心的电源和网络。",
		"Incident of the centre: since {time} {fell} of {there} units fell at once, {left} are still gone. Look at the centre's own power and network first."],
	"paused.until": ["检修到 {time}：{why}", "Under work until {time}: {why}"],
	"pending": ["{n} 份内容还没送到", "{n} snapshots not confirmed yet"], "files": ["文件 {a}/{b} 已备好", "{a} of {b} files ready"],
	"changed": ["{unit}：{from} → {to}", "{unit}: {from} → {to}"],
	"c.refused": ["拒收了一份内容", "refused some content"], "c.output-lost": ["声卡没有反应", "sound output lost"], "c.output-back": ["声卡已恢复", "sound output back"],
	"c.no-sound": ["没有声音输出", "no sound output"], "c.panel-lost": ["屏没有反应", "panel lost"], "c.muted-here": ["本机静音", "muted at the unit"],
	"c.missing-asset": ["文件还没传到", "a file is missing"], "c.damaged-asset": ["文件损坏", "a file is damaged"], "c.fetch-failed": ["文件取不到", "a file cannot be fetched"],
	"c.clock-uncertain": ["时间不可信", "clock uncertain"], "c.stalled": ["刚才停住过", "it stood still"], "c.proof-unsaved": ["播出记录还没存盘", "play log not saved yet"],
	"c.flapping": ["时断时续，离线 {n} 次", "comes and goes: offline {n} times"], "c.two-devices": ["两台设备共用一个身份", "two devices with one identity"],
	"c.disk-full": ["磁盘满了", "disk full"],
	"s": ["{n} 秒", "{n} s"], "min": ["{n} 分钟", "{n} min"], "h": ["{n} 小时", "{n} h"],
	"home.title": ["播控中心正在运行", "The centre is running"],
	"home.lead": ["县里录一条通知、写一行字，这里把它按时送到各村的喇叭和屏，并逐条记下播出记录。",
		"The county records a notice and writes a line; the centre brings both to the loudspeakers and screens of its villages at their time, and keeps the log of what really played."],
	"home.demo": ["演示正在进行", "The demonstration is on"],
	"home.demo.text": ["十二个终端在这台机器上各自运行：看它们播什么、听它们、弄坏一个试试。", "Twelve units run on this machine: see what they play, listen to them, break one."],
	"home.demo.open": ["打开演示", "Open the demonstration"],
	"home.nodemo": ["这里没有演示", "No demonstration here"],
	"home.nodemo.text": ["想先看看它怎样工作，在另一台机器上运行：", "To see how it works first, run on another machine:"],
	"home.command": ["用命令行操作", "From the command line"], "home.command.text": ["全县一览：", "The county at a glance:"],
	"home.api": ["用程序操作", "From a program"], "home.api.text": ["命令行能做的，HTTP 接口都能做。", "Whatever the command line does, the HTTP API does too."],
	"home.api.open": ["接口说明（OpenAPI）", "Description (OpenAPI)"],
	"login.title": ["请先登录", "Log in first"],
	"login.lead": ["管理员：请打开中心启动时在终端窗口里显示的链接。链接 15 分钟内有效，只能用一次；登录后这个浏览器 30 天内不用再登录。",
		"Administrators: open the link that the centre printed where it was started. It works once, within 15 minutes; this browser then stays logged in for 30 days."],
	"login.again": ["链接用过了或过期了：停下中心再启动一次，它会显示新的链接。", "Was the link used, or too old? Stop the centre and start it again: it prints a new one."],
	"login.wrong": ["账号或密码不对，请再试一次。", "Account or password is wrong. Try again."],
	"login.wait": ["输错太多次了，请过一会儿再试，或请镇里给一张登录卡。", "Too many wrong passwords. Wait a while, or ask your town for a sign-in card."],
	"login.badcard": ["这张卡用过了、过期了，或者输错了。请对一下字母，或请镇里再给一张。", "This card was used, is too old, or is mistyped. Look at its letters again, or ask your town for another."],
	"login.card": ["有登录卡", "With a sign-in card"], "login.code": ["卡上的 16 位字母和数字", "The 16 letters and digits on the card"],
	"login.password": ["有账号和密码", "With account and password"], "login.account": ["账号", "Account"], "login.secret": ["密码", "Password"],
	"login.enter": ["登录", "Sign in"],
	"card.title": ["登录卡", "Sign-in card"], "card.for": ["这张卡是给谁的：", "This card is for: "], "card.enter": ["在这部手机上登录", "Sign in on this phone"],
	"card.once": ["卡只能用一次。登录后这部手机会一直保持登录；手机丢了，请马上告诉镇里。", "A card works once. This phone then stays signed in; if it is lost, tell your town at once."],
	"spent.title": ["这个链接已经用过或已过期", "This link was used or is too old"],
	"spent.lead": ["登录链接 15 分钟内有效，只能用一次。停下中心再启动一次，它会显示新的链接。", "A login link works once, within 15 minutes. Stop the centre and start it again: it prints a new one."],
};

// A unit says why something is on air in its own language; these are the
// sentences that it can say.
const reasons = [
	[/^循环播出 (.*)–(.*)$/, "loop $1–$2", /^loop (.*)–(.*)$/, "循环播出 $1–$2"],
	[/^(.*)–(.*) 每 (\d+) 分钟一次$/, "every $3 min, $1–$2", /^every (\d+) min, (.*)–(.*)$/, "$2–$3 每 $1 分钟一次"],
	[/^定时播出$/, "at its fixed time", /^at its fixed time$/, "定时播出"],
	[/^单次播出$/, "once, at its set time", /^once, at its set time$/, "单次播出"],
	[/^预警强切$/, "warning in force", /^warning in force$/, "预警强切"],
	[/^推迟 (?:(\d+) 分)? ?(?:(\d+) 秒)?：等待《(.*)》播完$/, (_, m, s, by) => `${[m && m + " min", s && s + " s"].filter(Boolean).join(" ")} late: waited for “${by}”`,
		/^(?:(\d+) min)? ?(?:(\d+) s)? late: waited for “(.*)”$/, (_, m, s, by) => `推迟 ${[m && m + " 分", s && s + " 秒"].filter(Boolean).join(" ")}：等待《${by}》播完`],
	[/^《(.*)》之后，按时间接着播$/, "goes on where the clock is, after “$1”", /^goes on where the clock is, after “(.*)”$/, "《$1》之后，按时间接着播"],
	[/^《(.*)》之后，从中断处接着播$/, "goes on where it stopped, after “$1”", /^goes on where it stopped, after “(.*)”$/, "《$1》之后，从中断处接着播"],
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
