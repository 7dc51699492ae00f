// A unit's own page: what it plays and why, its picture and sound, what comes.
import "./wording.js";
import { count, english, known, lang, onLanguage, say, speak, why } from "./words.js";
import { Led } from "./led.js";
import { Listener } from "./listen.js";
import { decibel, Wave } from "./wave.js";

const $ = (id) => document.getElementById(id);
const text = (id, s) => { if ($(id).textContent !== s) $(id).textContent = s; };
const each = 250; // ms between two looks
const lost = 2500; // ms without an answer
const rank = ["background", "timed", "live", "blue", "yellow", "orange", "red"];
const kinds = ["kill", "hang", "cutlink", "mute"];

const led = new Led($("led"), "frame.png"), wave = new Wave($("wave"));
const listener = new Listener(() => "listen.wav", () => state && show());
let state = null, came = 0, lastAir = "";

const now = () => state.at + performance.now() - came;
const raised = (o) => Boolean(o?.level && o.level !== "background");
const time = (ms, more = { second: "2-digit" }) => {
	const options = { hour: "2-digit", minute: "2-digit", ...more, hourCycle: "h23" };
	try { return new Intl.DateTimeFormat(lang(), { ...options, timeZone: state.zone || undefined }).format(ms); } catch { return new Intl.DateTimeFormat(lang(), options).format(ms); }
};

// merge puts one thing on both outputs into one line, the highest first.
function merge(list) {
	const all = new Map();
	for (const o of list) {
		const key = [o.interrupt || o.programme, o.from].join();
		if (!all.has(key)) all.set(key, { ...o, outputs: [] });
		all.get(key).outputs.push(o.output);
	}
	return [...all.values()].sort((a, b) => (a.from ?? 0) - (b.from ?? 0) || rank.indexOf(b.level) - rank.indexOf(a.level));
}

function mark(air) {
	if (state.conditions.some((c) => c.code === "clock-uncertain")) return "clock";
	if (state.sound?.muted || state.sound?.fault || state.conditions.some((c) => c.code === "no-sound")) return "silent";
	return air ? "on-air" : "idle";
}

function show() {
	document.title = state.name || state.unit;
	text("name", state.name || state.unit);
	const air = merge(state.onAir)[0], shows = mark(air);
	$("unit").dataset.shows = shows;
	$("unit").dataset.cut = raised(air) ? (rank.indexOf(air.level) > 2 ? air.level : "cut") : "no";
	$("mark").setAttribute("href", "#m-" + shows);
	text("shows", say(shows));
	text("tag", raised(air) ? say($("unit").dataset.cut) : "");
	const title = air && (air.title || air.programme || air.interrupt);
	text("title", !air ? say("nothing") : shows === "silent" ? say("silent.air", { title }) : title);
	const left = (air?.until ?? 0) - now();
	text("why", air ? [why(air.why ?? ""), raised(air) && left > 0 && left < 3600e3 ? say("left", { time: count(left) }) : ""].filter(Boolean).join(english() ? " · " : "，")
		: state.screen?.slogan ? say("slogan") : "");
	text("link", say(state.link.up ? "link.up" : "link.down"));
	$("link").classList.toggle("bad", !state.link.up);
	comes();
	outputs(air);
	trouble();
	harm();
	text("facts", say("facts", { ...state }));
}

function comes() {
	const list = merge(state.next), first = list.find(raised) ?? list[0];
	$("next").hidden = !first;
	if (first) {
		text("next-count", count(first.from - now()));
		text("next-what", say(raised(first) ? "next.cut" : "next.loop", { title: first.title }));
		text("next-why", time(first.from) + (english() ? " · " : "，") + why(first.why));
	}
	$("after").hidden = list.length < 2;
	lines("coming", list.slice(0, 6).map((o) => [time(o.from), o.title, why(o.why)]));
}

// lines makes a list anew where it changed: the second word of each is the strong one.
function lines(id, rows) {
	const key = JSON.stringify(rows);
	if ($(id).dataset.key === key) return;
	$(id).dataset.key = key;
	$(id).replaceChildren(...rows.map((row) => {
		const li = document.createElement("li");
		row.forEach((word, i) => {
			const e = document.createElement(i === 1 ? "b" : "span");
			if (i !== 1) e.className = "quiet";
			e.textContent = word;
			li.append(e);
		});
		return li;
	}));
}

function outputs(air) {
	$("screen").hidden = !state.screen;
	if (state.screen) {
		const pixels = state.screen.width > 0, line = state.screen.text || state.screen.slogan || "";
		$("led").hidden = !pixels;
		$("line").hidden = pixels || !line;
		text("line", line);
		led.show(pixels);
		$("led").setAttribute("aria-label", line);
		if (pixels) $("led").style.aspectRatio = `${state.screen.width} / ${state.screen.height}`;
	}
	$("sound").hidden = !state.sound;
	if (!state.sound) return;
	const s = state.sound, db = Math.round(decibel(s.muted ? 0 : s.rms));
	$("wave").setAttribute("aria-label", say("level"));
	$("wave").setAttribute("aria-valuenow", String(db));
	$("wave").setAttribute("aria-valuetext", say("level.db", { n: db }));
	if (lastAir !== state.at) wave.add(s.muted ? 0 : s.peak, s.muted ? 0 : s.rms, raised(air));
	lastAir = state.at;
	const out = known("out." + s.output) ? say("out." + s.output) : s.output;
	text("output", [out, s.muted ? say("muted") : ""].filter(Boolean).join(" · "));
	$("listen").setAttribute("aria-pressed", String(listener.unit !== ""));
	text("listen", say(listener.unit ? listener.word : "listen"));
}

function trouble() {
	$("trouble").hidden = !state.conditions.length;
	lines("conditions", state.conditions.map((c) => [say("since", { time: time(c.since) }), known("c." + c.code) ? say("c." + c.code) : c.text || c.code]));
}

function harm() {
	$("break").hidden = !state.demo;
	const broken = state.broken[0];
	$("fault").hidden = !broken;
	$("ways").hidden = Boolean(broken);
	if (!broken) return;
	text("badge", say("fault", { kind: say(broken), time: count(state.brokenUntil - now()) }));
	text("watch", say(broken + ".watch"));
}

function ways() {
	$("ways").replaceChildren(...kinds.map((kind) => {
		const li = document.createElement("li"), button = document.createElement("button"), how = document.createElement("p");
		button.type = "button";
		button.className = "button";
		button.dataset.kind = kind;
		button.textContent = say(kind);
		button.addEventListener("click", () => harmWith(kind));
		how.textContent = say(kind + ".how", { pid: state?.pid ?? "" }).trim() + (english() ? ". " : "。") + say(kind + ".watch");
		li.hidden = kind === "mute" && !state?.sound;
		li.append(button, how);
		return li;
	}));
}

async function harmWith(kind) {
	try {
		await fetch("break", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ kind }) });
	} catch { /* a killed unit does not answer */ }
}

let way = "";
async function look() {
	try {
		const answer = await fetch("api/state", { cache: "no-store", signal: AbortSignal.timeout(2000) });
		state = await answer.json();
		came = performance.now();
		if (way !== state.pid + String(Boolean(state.sound))) ways();
		way = state.pid + String(Boolean(state.sound));
	} catch { /* said below, if it lasts */ }
	const stale = performance.now() - came > lost;
	document.body.classList.toggle("is-stale", stale);
	led.hold(stale);
	$("stale").hidden = !stale;
	if (state) {
		if (stale) text("stale", say("lost", { time: time(state.at) }));
		else show();
	}
	setTimeout(look, each);
}

$("listen").addEventListener("click", () => listener.toggle("here"));
$("mend").addEventListener("click", () => harmWith("restore"));
onLanguage(() => { ways(); if (state) show(); });
speak();
look();
