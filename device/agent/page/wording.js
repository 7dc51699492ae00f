// The words of a unit's own page, in Chinese and English.
import { add } from "./words.js";

add({
	"kiosk": ["打开全屏页面", "Open the full-screen page"],
	"trouble": ["状况", "Conditions"],
	"after": ["接下来十分钟", "The next ten minutes"],
	"next.cut": ["插播《{title}》", "“{title}” cuts in"], "next.loop": ["接着播《{title}》", "“{title}” follows"],
	"link.up": ["已连上中心", "Linked to the centre"],
	"link.down": ["没有连上中心，照自己的节目单继续播", "Not linked to the centre; it goes on by its own programme"],
	"lost": ["{time} 的状态。终端的程序没有回应，正在重试。", "As of {time}. The unit's program does not answer; trying again."],
	"muted": ["已静音", "muted"],
	"out.silent": ["没有接声卡，声音只在这里能听到", "no sound card: the sound can be heard here only"], "out.none": ["没有声音输出", "no sound output"],
	"since": ["{time} 起", "since {time}"],
	"harm.only": ["只在演示中有。75 秒后自动恢复；变化也可以在 /demo 上看。", "Only in the demonstration. It mends itself after 75 s; watch /demo beside it."],
	"facts": ["{unit} · 音量 {volume}% · 文件 {ready}/{assets} 已备好 · 待中心确认的记录 {outbox} 条 · {software} · 进程 {pid}",
		"{unit} · volume {volume}% · {ready} of {assets} files ready · {outbox} log entries not stored yet · {software} · process {pid}"],
});
