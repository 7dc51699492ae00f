// What was stopped, muted or withdrawn, which units have not said that they obey,
// and all that is in force: for everybody who is signed in, of their own areas.
import "./wording.js";
import { areas, ask, called, clock, county, element, fact, moment, wrong } from "./desk.js";
import { add, known, onLanguage, say, speak } from "./words.js";

add({
	"stops.title": ["停播与静音", "Stops and silences"],
	"stops.asof": ["{time} 的数据", "As of {time}"],
	"stops.stale": ["{time} 的数据，之后的还不知道。{why}", "As of {time}; nothing newer is known. {why}"],
	"stops.open": ["还没确认停下的", "Not confirmed silent"],
	"stops.none": ["没有：停下的都由终端自己确认了。", "None: of all that was ended, every unit has said so itself."],
	"stops.force": ["正在生效", "In force"],
	"stops.force.none": ["现在没有停播、静音、例外或重保期。", "No stop, mute, exception or change freeze."],
	"stops.head": ["{kind} · {where}", "{kind} · {where}"],
	"stops.span": ["{since}，{until}", "{since}, {until}"],
	"stops.confirmed": ["{n}/{all} 个终端确认已停", "{n} of {all} units confirmed silent"],
	"stops.took": ["，用时 {s} 秒", " within {s} s"],
	"stops.waiting": ["在线，还没确认", "online, not confirmed yet"],
	"stops.holds": ["已收到，还在播", "holds it, still plays"],
	"stops.refused": ["拒收：{why}", "refused: {why}"],
	"stops.unreached": ["联系不上，最后一次消息 {time}", "not reachable, last heard {time}"],
	"stops.never": ["联系不上，从没有消息", "not reachable, never heard"],
	"stops.goes": ["会继续播《{title}》，到 {until}", "Will go on with “{title}” until {until}"],
	"stops.begins": ["{from} 会播《{title}》，到 {until}", "Will play “{title}” from {from} until {until}"],
	"stops.again": ["；{again} 再播，到 {last} 为止", "; again from {again}, to {last} at the latest"],
	"stops.nothing": ["现在没有要播的", "Has nothing to play now"],
});

const $ = (id) => document.getElementById(id);
const every = 3000; // ms
const kind = (k) => say(known("force." + k) ? "force." + k : "force", { kind: k });
const when = (text) => moment(text, seen.at);
const up = (text) => Math.ceil(Date.parse(text) / 60000) * 60000; // a last round that fits ends a little before its window

// mine are the highest areas of the one who looks; [""] for the county.
function mine(me) {
	const has = new Set(me.grants.map((g) => g.area ?? ""));
	const above = (id) => { for (let a = areas.get(id)?.parent; a; a = areas.get(a)?.parent) if (has.has(a)) return true; return false; };
	return has.has("") ? [""] : [...has].filter((id) => !above(id));
}

let seen = null, drawn = "";
async function look() {
	await county();
	const stops = new Map(), force = new Map();
	let at = new Date().toISOString(); // who has no area sees nothing, now
	for (const area of mine(await ask("/me"))) {
		const query = area ? "?area=" + encodeURIComponent(area) : "";
		const [halts, status] = await Promise.all([ask("/stops" + query), ask("/status" + query)]);
		for (const h of halts.items) if (!h.closed && h.silent < h.units) stops.set(h.id, h);
		for (const f of status.inForce) force.set(f.kind + f.id, f);
		at = status.at;
	}
	return { at, stops: [...stops.values()], force: [...force.values()] };
}

function state(u) {
	if (u.state === "holds") return say("stops.holds");
	if (u.state === "refused") return say("stops.refused", { why: u.why });
	if (u.online) return say("stops.waiting");
	return u.lastSeen ? say("stops.unreached", { time: when(u.lastSeen) }) : say("stops.never");
}

function goesOn(g) {
	if (!g) return say("stops.nothing");
	const values = { title: g.title || g.programme || g.warning, from: when(g.from), until: when(up(g.until)) };
	const text = say(Date.parse(g.from) > Date.parse(seen.at) ? "stops.begins" : "stops.goes", values);
	return g.again ? text + say("stops.again", { again: when(g.again), last: when(up(g.last)) }) : text;
}

// contact is whom to call; the number can be pressed.
function contact(text) {
	if (!text) return null;
	const number = text.match(/\+?\d[\d -]{5,}\d/)?.[0];
	return number ? element("a", { className: "button call", href: "tel:" + number.replace(/[^\d+]/g, ""), textContent: text }) : fact(text);
}

function unit(u) {
	return element("li", {}, element("h3", {}, u.areaName, element("span", { className: "quiet", textContent: " " + u.townName + " · " + (u.name || u.unit) })),
		fact(state(u)), element("p", { className: "goes", textContent: goesOn(u.goesOn) }), contact(u.contact));
}

function stop(h) {
	const titles = [...new Set(h.ended.map((c) => c.title || c.programme || c.warning))];
	const took = h.last ? say("stops.took", { s: (Math.max(0, Date.parse(h.last) - Date.parse(h.at)) / 1000).toFixed(1) }) : "";
	return element("article", {}, element("h2", { textContent: say("stops.head", { kind: kind(h.kind), where: called(h.area) }) }),
		element("p", { className: "said", textContent: say("stops.confirmed", { n: h.silent, all: h.units }) + took }),
		element("div", { className: "facts" }, titles.length && fact(titles.join(say("force.or"))), h.why && fact(h.why),
			fact(say("force.since", { time: when(h.at), by: h.name || h.by || "-" }))),
		element("ul", { className: "units" }, ...h.list.map((u) => unit(u))));
}

function inForce(f) {
	const lift = f.mayLift.length ? say("force.lift", { roles: f.mayLift.map((r) => say("role." + r)).join(say("force.or")) }) : f.kind === "stop" ? say("force.good") : "";
	const since = say("force.since", { time: when(f.since), by: f.name || f.by || "-" });
	return element("article", {}, element("h3", { textContent: say("stops.head", { kind: kind(f.kind), where: f.unit || called(f.area) }) }),
		element("div", { className: "facts" }, f.what && fact(f.what), f.why && fact(f.why),
			fact(f.until ? say("stops.span", { since, until: say("force.until", { time: when(f.until) }) }) : since),
			lift && fact(lift), f.units > 0 && fact(say("stops.confirmed", { n: f.obey ?? 0, all: f.units }))));
}

function draw(fault) {
	document.body.classList.toggle("is-stale", Boolean(fault));
	$("asof").textContent = seen ? say(fault ? "stops.stale" : "stops.asof", { time: clock(seen.at), why: fault }) : fault || say("desk.loading");
	if (!seen) return;
	const now = JSON.stringify([seen.stops, seen.force, say("stops.title")]);
	if (now === drawn) return; // a number that is being pressed stays where it is
	drawn = now;
	$("seen").hidden = false;
	$("stops").replaceChildren(...seen.stops.map(stop));
	$("none").hidden = seen.stops.length > 0;
	$("force").replaceChildren(...seen.force.map(inForce));
	$("force-none").hidden = seen.force.length > 0;
}

// refresh looks again and again while somebody sees the page.
let looking = false;
async function refresh() {
	if (looking || document.hidden) return;
	looking = true;
	try {
		seen = await look();
		draw();
	} catch (e) {
		draw(wrong(e));
	}
	looking = false;
}

onLanguage(() => draw());
speak();
refresh();
setInterval(refresh, every);
document.addEventListener("visibilitychange", refresh);
