// The page of the demonstration.
import "./wording.js";
import { count, english, known, lang, length, onLanguage, say, speak } from "./words.js";
import { matches, missing, name, onAir, raised, shows } from "./state.js";
import { attribute, faultKey, hide, text, Tile } from "./tile.js";
import { follow } from "./stream.js";
import { Listener } from "./listen.js";

const $ = (id) => document.getElementById(id);
const staleAfter = 2500; // ms without a look
const kinds = ["kill", "freeze", "cut", "mute"];

const tiles = new Map(); // by unit
const towns = new Map(); // by name
const marks = new Map(); // what each unit showed last
let state = null, came = 0, loggedOut = false, filter = "";

const listener = new Listener((unit) => "/demo/listen/" + encodeURIComponent(unit), () => look(false));
const acts = {
	listen: (unit) => listener.toggle(unit),
	harm: openBreak,
	mend: (unit) => send(unit, "mend"),
};

// now is the centre's time, carried on from the last look.
const now = () => Date.parse(state.at) + performance.now() - came;

let clock = null, date = null;
function clocks() {
	const options = (more) => ({ timeZone: state?.zone || undefined, hourCycle: "h23", ...more });
	const make = (more) => {
		try { return new Intl.DateTimeFormat(lang(), options(more)); } catch { return new Intl.DateTimeFormat(lang(), more); }
	};
	clock = make({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
	date = make({ month: english() ? "short" : "long", day: "numeric", weekday: "short" });
}

// look brings the page up to the last state and the time. fresh is true when the
// state has just come.
function look(fresh) {
	if (!state) return;
	clock ?? clocks();
	const age = performance.now() - came, stale = age > staleAfter;
	document.body.classList.toggle("is-stale", stale);
	const at = stale ? Date.parse(state.at) : now();
	const view = {
		now: at, stale, next: state.next && { ...state.next, at: Date.parse(state.next.at) },
		clock: (t) => clock.format(t), listening: listener.unit, heard: listener.word,
	};
	head(view, age, stale);
	for (const u of state.units) tiles.get(u.unit.id)?.look(u, view, fresh);
	answers();
	next(view);
	townLines();
	hide($("waiting"), true);
}

function head(view, age, stale) {
	text($("county"), state.county || "Villagecast");
	text($("clock"), date.format(view.now).replace("日周", "日 周") + " " + clock.format(view.now));
	text($("age"), stale ? say("age", { age: length(age) }) : say("age.fresh"));
	hide($("stale"), !stale);
	const i = state.incident;
	hide($("incident"), !i);
	if (i) text($("incident"), say("incident", { time: clock.format(Date.parse(i.from)), fell: i.fell, there: i.there, left: i.left }));
	force(state.inForce ?? []);
	if (stale) text($("stale"), say(loggedOut ? "stale.login" : "stale", { time: clock.format(Date.parse(state.at)) }));
}

// place is where something is in force, as people call it.
function place(f) {
	const u = state.units.find((x) => (f.unit ? x.unit.id === f.unit : x.unit.area === f.area));
	if (!u) return f.unit || f.area;
	return f.unit ? name(u) : u.village || u.town;
}

// force says what keeps units from playing what they would, by whom and until when.
function force(all) {
	const shown = all.filter((f) => f.kind !== "pause"); // a pause stands on its unit
	hide($("force"), shown.length === 0);
	const lines = shown.map((f) => {
		const parts = [say(known("force." + f.kind) ? "force." + f.kind : "force", { kind: f.kind }), place(f), f.what, f.why,
			say("force.since", { time: clock.format(Date.parse(f.since)), by: f.name || f.by || "-" }), f.until && say("force.until", { time: clock.format(Date.parse(f.until)) }),
			f.mayLift?.length ? say("force.lift", { roles: f.mayLift.map((r) => say("role." + r)).join(say("force.or")) }) : f.kind === "stop" && say("force.good"),
			(f.units ?? 0) > (f.obey ?? 0) && say("force.open", { n: f.units - (f.obey ?? 0), all: f.units })];
		return parts.filter(Boolean).join(" · ");
	});
	if ($("force").dataset.lines === lines.join("\n")) return;
	$("force").dataset.lines = lines.join("\n");
	$("force").replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
}

function answers() {
	const lacking = missing(state.units), all = state.units.length;
	const n = (mark) => state.units.filter((u) => shows(u) === mark).length;
	text($("n-on-air"), `${n("on-air")}/${all}`);
	text($("n-missing"), String(lacking.size));
	text($("n-offline"), String(n("offline")));
	for (const b of document.querySelectorAll(".answer")) {
		attribute(b, "aria-pressed", String(b.dataset.filter === filter));
		b.classList.toggle("bad", b.dataset.filter !== "on-air" && b.querySelector("b").textContent !== "0");
	}
	let shown = 0;
	for (const u of state.units) {
		const keep = !filter || matches(u, filter, lacking);
		if (keep) shown++;
		hide(tiles.get(u.unit.id).element, !keep);
	}
	for (const t of towns.values()) hide(t.element, ![...t.tiles.children].some((e) => !e.hidden));
	hide($("none"), shown > 0);
	if (shown === 0) text($("none"), (say("none." + filter) === "none." + filter ? say("none") : say("none." + filter)) + (english() ? " (" : "（") + say("all") + (english() ? ")" : "）"));
}

function next(view) {
	const n = view.next;
	const running = state.units.filter((u) => n?.units?.includes(u.unit.id)).map((u) => onAir(u)[0]).find(raised);
	hide($("next"), !n);
	if (!n) return;
	const now = Boolean(running), left = n.at - view.now;
	$("next").classList.toggle("on", now);
	text($("next-count"), now ? say("cut") : left > 0 ? count(left) : say("next.soon"));
	text($("next-what"), say(now ? "next.now" : "next.what", { town: n.town, title: now ? running.title || n.title : n.title }));
	const names = state.units.filter((u) => n.units?.includes(u.unit.id)).map(name);
	text($("next-whom"), say("next.whom", { n: names.length, names: names.join(english() ? ", " : "、") }));
}

function townLines() {
	for (const [town, t] of towns) {
		const air = state.units.filter((u) => u.town === town).map((u) => onAir(u)[0]).find(raised);
		text(t.now, air ? say("town.now", { title: air.title || air.programme || "" }) : "");
	}
}

// got takes a new look: tiles for units not seen before, and the log.
function got(fresh) {
	if (!Array.isArray(fresh?.units)) return;
	const zone = state?.zone;
	state = fresh;
	state.units = state.units.filter((u) => u?.unit?.id);
	came = performance.now();
	loggedOut = false;
	if (!clock || zone !== state.zone) clocks();
	for (const u of state.units) {
		if (!tiles.has(u.unit.id)) addTile(u);
		note(u);
	}
	look(true);
}

function addTile(u) {
	let t = towns.get(u.town);
	if (!t) {
		const element = $("town").content.firstElementChild.cloneNode(true);
		t = { element, tiles: element.querySelector(".tiles"), now: element.querySelector(".now") };
		element.querySelector("h2").textContent = u.town;
		towns.set(u.town, t);
		$("towns").append(element);
	}
	const tile = new Tile(u, acts);
	tiles.set(u.unit.id, tile);
	t.tiles.append(tile.element);
}

// note writes a change of a unit's mark into the log.
function note(u) {
	const mark = shows(u), last = marks.get(u.unit.id);
	marks.set(u.unit.id, mark);
	const calm = (m) => m === "on-air" || m === "idle"; // a pause between two rounds is no news
	if (!last || last === mark || mark === "unknown" || calm(last) && calm(mark)) return;
	write(say("changed", { unit: name(u), from: say(last), to: say(mark) }));
}

function write(line) {
	const item = document.createElement("li");
	item.textContent = clock.format(now()) + "  " + line;
	$("log").prepend(item);
	while ($("log").children.length > 8) $("log").lastElementChild.remove();
	hide($("log-empty"), true);
}

let toasting = 0;
function toast(line) {
	text($("toast"), line);
	hide($("toast"), false);
	clearTimeout(toasting);
	toasting = setTimeout(() => hide($("toast"), true), 6000);
}

// openBreak asks what is to be broken, and says what each will show.
function openBreak(unit) {
	const u = state.units.find((x) => x.unit.id === unit);
	if (!u) return;
	text($("break-title"), say("harm.of", { unit: name(u) }));
	const sound = !u.unit.outputs?.length || u.unit.outputs.includes("sound");
	$("break-ways").replaceChildren(...kinds.filter((k) => k !== "mute" || sound).map((kind) => {
		const key = faultKey(kind);
		const item = document.createElement("li"), button = document.createElement("button"), how = document.createElement("p");
		button.type = "button";
		button.className = "button";
		button.dataset.kind = kind;
		button.textContent = say(key);
		how.id = "how-" + kind;
		how.textContent = say(key + ".how", { pid: u.pid || "" }).trim() + (english() ? ". " : "。") + say(key + ".watch");
		button.setAttribute("aria-describedby", how.id);
		button.addEventListener("click", () => { $("break").close(); send(unit, kind); });
		item.append(button, how);
		return item;
	}));
	$("break").showModal();
}

// send breaks or mends a unit.
async function send(unit, kind) {
	const u = state.units.find((x) => x.unit.id === unit);
	let why = "";
	try {
		const answer = await fetch(`/demo/break/${encodeURIComponent(unit)}/${kind}`, { method: "POST", headers: { "Accept-Language": lang() } });
		if (answer.status === 401) why = say("login");
		else if (!answer.ok) why = (await answer.text()).trim();
	} catch { why = say("unreached"); }
	if (why) return toast(say("failed", { why }));
	const key = faultKey(kind);
	write(kind === "mend" ? say("mended", { unit: name(u) }) : `${name(u)}${english() ? ": " : "："}${say(key)}`);
	toast(kind === "mend" ? say("mended", { unit: name(u) }) : say("broken", { unit: name(u), kind: say(key), watch: say(key + ".watch") }));
}

function legend() {
	$("legend").replaceChildren(...["on-air", "idle", "silent", "offline", "clock", "unknown", "planned", "paused"].map((mark) => {
		const item = document.createElement("li"), word = document.createElement("b"), what = document.createElement("span");
		const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
		use.setAttribute("href", "#m-" + mark);
		svg.setAttribute("aria-hidden", "true");
		svg.append(use);
		item.dataset.shows = mark;
		word.textContent = say(mark);
		what.textContent = say("legend." + mark);
		item.append(svg, word, what);
		return item;
	}));
}

for (const b of document.querySelectorAll(".answer")) {
	b.addEventListener("click", () => { filter = filter === b.dataset.filter ? "" : b.dataset.filter; look(false); });
}
$("legend-open").addEventListener("click", () => $("legend-box").showModal());
for (const d of document.querySelectorAll("dialog")) d.addEventListener("click", (e) => { if (e.target === d) d.close(); });
onLanguage(() => {
	document.title = say("demo") + " · Villagecast";
	clocks();
	legend();
	look(false);
});
speak();
follow("/demo/events", got, () => { loggedOut = true; });
setInterval(() => { if (performance.now() - came > 400) look(false); }, 500);
