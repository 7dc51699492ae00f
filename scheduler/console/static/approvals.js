// What waits for the one who is logged in: it is seen and heard just as it goes
// out, and what is agreed to is named by its hash.
import "./wording.js";
import { ask, called, county, element, fact, time, wrong } from "./desk.js";
import { add, count, onLanguage, say, speak } from "./words.js";

add({
	"approvals.title": ["等你审核", "Waiting for your approval"],
	"approvals.none": ["没有等你审核的内容。编辑送审后会出现在这里。", "Nothing waits for you. What editors submit appears here."],
	"by": ["{by} 于 {time} 送审，第 {step}/{steps} 审", "Submitted by {by} at {time}, approval {step} of {steps}"],
	"first": ["首次播出 {time}；过时不审就不播", "First cue {time}; not approved by then, it does not play"],
	"late": ["已错过首次播出（未按时审核）", "Its first cue was missed: not approved in time"],
	"reach": ["{villages} 个村，{units} 个终端：{where}", "{villages} villages, {units} units: {where}"],
	"reach.but": ["{where}，{except}除外", "{where} but not {except}"],
	"agree": ["同意，向 {villages} 个村 {units} 个终端播出", "Agree: to {villages} villages, {units} units"],
	"agree.step": ["同意（还需 {more} 人）", "Agree ({more} more needed)"],
	"return": ["退回", "Hand back"],
	"return.why": ["请写明要改什么", "What is to be changed"],
	"changed": ["送审后内容或范围有变，请编辑重新送审。", "It changed after it was submitted: it has to be submitted again."],
	"agreed": ["已同意，还需 {more} 人审核。", "Agreed; {more} more needed."],
	"releasing": ["已签发，{left} 后生效", "Released, takes effect in {left}"],
	"released": ["已生效，正在下发到各村。", "In effect; on its way to the villages."],
	"undo": ["撤销", "Undo"], "undone": ["已撤销。", "Undone."], "returned": ["已退回。", "Handed back."],
	"asked": ["{by} 于 {time} 提出，须由另一人确认", "Asked for by {by} at {time}; another person has to confirm"],
	"warn.to": ["向 {to} 播出，到 {time} 为止", "To {to}, until {time}"],
	"confirm": ["确认发布{level}", "Confirm: {level}"], "confirmed": ["已发布到 {units} 个终端。", "Out to {units} units."],
});

const list = document.getElementById("list");
const empty = document.getElementById("empty");

const path = (w) => "/programmes/" + encodeURIComponent(w.programme);

function button(text, main, act) {
	const b = element("button", { type: "button", className: main ? "button main" : "button", textContent: text });
	b.addEventListener("click", act);
	return b;
}

// act does one thing and says what came of it in the place of the buttons.
async function act(card, acts, what) {
	for (const b of acts.querySelectorAll("button")) b.disabled = true;
	card.querySelector(".wrong")?.remove();
	try {
		acts.replaceChildren(...await what());
	} catch (e) {
		for (const b of acts.querySelectorAll("button")) b.disabled = false;
		card.append(element("p", { className: "wrong", role: "alert", textContent: e.message }));
	}
}

const said = (text) => element("p", { className: "said", role: "status", textContent: text });

// after tells where an approved version is; while it can be undone it counts down.
function after(card, acts, w, p) {
	const s = p.submission;
	if (p.state === "submitted") return [said(say("agreed", { more: s.steps - s.given.length }))];
	if (p.state !== "releasing") return [said(say("released"))];
	const line = said("");
	const undo = button(say("undo"), false, () => act(card, acts, async () => {
		await ask(path(w) + "/undo", {});
		clearInterval(tick);
		return [said(say("undone"))];
	}));
	const end = Date.now() + 10_000; // by this browser's clock, which need not be the centre's
	const show = () => {
		line.textContent = say("releasing", { left: count(end - Date.now()) });
		if (Date.now() < end || undo.disabled) return;
		clearInterval(tick);
		acts.replaceChildren(said(say("released")));
	};
	const tick = setInterval(show, 250);
	show();
	return [line, undo];
}

function item(w, it) {
	const box = element("div", { className: "item" });
	if (it.title) box.append(element("h3", { textContent: it.title }));
	if (it.sound) box.append(element("audio", { controls: true, preload: "none", src: "/api/v1" + path(w) + "/sounds/" + it.sound }));
	if (it.text) box.append(element("blockquote", { textContent: it.text }));
	return box;
}

// where names the areas and units that a version goes to.
function where(r) {
	const list = (ids) => ids.map(called).join(say("force.or"));
	const to = list(r.addresses.map((a) => a.replace(/^(area|unit)\//, "")));
	const but = r.programme.targets?.except ?? [];
	return but.length ? say("reach.but", { where: to, except: list(but) }) : to;
}

async function programme(w) {
	const r = await ask(path(w) + "/review?version=" + w.version);
	const reach = { villages: r.villages, units: r.units, where: where(r) };
	const acts = element("div", { className: "acts" });
	const card = element("article", {}, element("h2", { textContent: w.title }),
		element("div", { className: "facts" }, fact(r.programme.says), fact(say("reach", reach)), fact(say("by", { by: w.name || w.by, time: time(w.since), step: w.step, steps: w.steps })),
			w.late ? fact(say("late")) : w.first ? fact(say("first", { time: time(w.first) })) : null),
		...r.items.map((it) => item(w, it)), acts);
	const more = w.steps - w.step;
	const agree = button(more > 0 ? say("agree.step", { more }) : say("agree", reach), true,
		() => act(card, acts, async () => after(card, acts, w, await ask(path(w) + "/approve", { hash: r.hash }))));
	const why = element("input", { placeholder: say("return.why"), maxLength: 200 });
	why.setAttribute("aria-label", say("return.why"));
	const back = button(say("return"), false, () => {
		if (!why.value.trim()) return why.focus();
		return act(card, acts, async () => { await ask(path(w) + "/return", { why: why.value.trim() }); return [said(say("returned"))]; });
	});
	if (r.changed) {
		agree.disabled = true;
		card.insertBefore(element("p", { className: "wrong", textContent: say("changed") }), acts);
	}
	acts.append(agree, why, back);
	return card;
}

function warning(w) {
	const acts = element("div", { className: "acts" });
	const box = element("div", { className: "item" });
	if (w.audio) box.append(element("audio", { controls: true, preload: "none", src: "/api/v1/assets/" + w.audio + "/file" }));
	if (w.text) box.append(element("blockquote", { textContent: w.text }));
	const card = element("article", {}, element("h2", {}, element("span", { className: "level " + w.level, textContent: say(w.level) }), " " + w.title),
		element("div", { className: "facts" }, fact(say("warn.to", { to: called(w.to), time: time(w.until) })), fact(say("asked", { by: w.name || w.by, time: time(w.since) }))), box, acts);
	acts.append(button(say("confirm", { level: say(w.level) }), true, () => act(card, acts, async () => {
		const out = await ask("/warnings/" + w.warning + "/confirm", {});
		return [said(say("confirmed", { units: out.units }))];
	})));
	return card;
}

let drawing = 0;
async function draw() {
	const mine = ++drawing;
	try {
		await county();
		const all = (await ask("/approvals")).items;
		const cards = await Promise.all(all.map((w) => (w.warning ? warning(w) : programme(w))));
		if (mine !== drawing) return;
		list.replaceChildren(...cards);
		empty.hidden = all.length > 0;
		empty.textContent = say("approvals.none");
	} catch (e) {
		if (mine !== drawing) return;
		empty.hidden = false;
		empty.textContent = wrong(e);
	}
}

onLanguage(draw);
onLanguage(() => { document.title = say("approvals.title") + " · Villagecast"; });
speak();
