// One unit's tile. It is made once; each look only changes what is different.
import { count, english, known, length, say, why } from "./words.js";
import { has, name, onAir, own, raised, shows, warning } from "./state.js";
import { Led } from "./led.js";
import { decibel, Wave } from "./wave.js";

// text, attribute and hide touch the page only where something changed.
export function text(e, s) { if (e.textContent !== s) e.textContent = s; }
export function attribute(e, key, value) { if (e.getAttribute(key) !== value) e.setAttribute(key, value); }
export function hide(e, yes) { if (e.hidden !== yes) e.hidden = yes; }
const data = (e, key, value) => { if (e.dataset[key] !== value) e.dataset[key] = value; };

export class Tile {
	constructor(u, acts) {
		this.id = u.unit.id;
		this.element = document.getElementById("tile").content.firstElementChild.cloneNode(true);
		const $ = (q) => this.element.querySelector(q);
		this.parts = {
			name: $("h3"), state: $(".state"), use: $(".state use"), word: $(".state span"), place: $(".place"), tag: $(".tag"),
			title: $(".title"), why: $(".why"), wave: $(".wave"), led: $(".led"), ledline: $(".ledline"), note: $(".note"), fault: $(".fault"), badge: $(".badge"),
			watch: $(".watch"), listen: $(".listen"), harm: $(".harm"), mend: $(".mend"), pid: $(".pid"),
		};
		this.element.id = "unit-" + this.id;
		this.parts.name.id = "name-" + this.id;
		this.element.setAttribute("aria-labelledby", this.parts.name.id);
		this.wave = new Wave(this.parts.wave);
		this.led = new Led(this.parts.led, "/demo/frame/" + encodeURIComponent(this.id));
		this.parts.listen.addEventListener("click", () => acts.listen(this.id));
		this.parts.harm.addEventListener("click", () => acts.harm(this.id));
		this.parts.mend.addEventListener("click", () => acts.mend(this.id));
	}

	// look shows a unit's state. view holds the time at the centre now, the clock
	// to write times with, the next cut-in, and what is listened to. fresh is true
	// when the state has just come, not only the time moved on.
	look(u, view, fresh) {
		const p = this.parts;
		const mark = shows(u);
		data(this.element, "shows", mark);
		attribute(p.use, "href", "#m-" + mark);
		text(p.word, say(mark));
		text(p.name, name(u));
		const kind = has(u, "sound") ? (has(u, "screen") ? "both" : "sound") : "screen";
		text(p.place, [u.village, say(kind)].filter(Boolean).join(" · "));
		const air = this.#air(u, mark, view);
		this.#tag(u, air, view);
		this.#media(u, air, view, fresh);
		this.#note(u, mark, view);
		this.#fault(u, view);
		this.#buttons(u, view);
	}

	#air(u, mark, view) {
		const p = this.parts;
		const seen = u.unit.presence?.lastSeen ? Date.parse(u.unit.presence.lastSeen) : 0;
		const air = onAir(u)[0];
		let title = say("nothing"), reason = "";
		if (mark === "offline" || mark === "unknown" || mark === "planned") {
			title = seen ? say("gone", { time: view.clock(seen), age: length(view.now - seen) }) : say("never");
			const alone = own(u)[0];
			if (u.agent && mark === "offline") reason = alone ? say("alone", { title: alone.title || alone.programme }) : say("alone.nothing");
		} else if (air) {
			title = air.title || air.programme || air.interrupt;
			if (mark === "silent") title = say("silent.air", { title });
			reason = why(air.why ?? "");
			const left = air.until - view.now;
			if (raised(air) && left > 0 && left < 3600e3) reason = [reason, say("left", { time: count(left) })].filter(Boolean).join(english() ? " · " : "，");
		} else if (u.agent?.screen?.slogan && has(u, "screen")) {
			reason = say("slogan");
		}
		text(p.title, title);
		text(p.why, reason);
		return mark === "offline" ? own(u)[0] : air;
	}

	#tag(u, air, view) {
		// Who cannot play has no cut-in to wait for.
		const able = Boolean(u.agent) && u.fault?.kind !== "freeze" && u.fault?.kind !== "kill";
		const cut = raised(air), next = able && view.next?.units?.includes(this.id) && view.next.at > view.now;
		data(this.element, "cut", cut ? (warning(air) ? air.level : "cut") : next ? "next" : "no");
		text(this.parts.tag, cut ? say(warning(air) ? air.level : "cut") : next ? say("cut.next") + " " + count(view.next.at - view.now) : "");
	}

	#media(u, air, view, fresh) {
		const p = this.parts;
		const sound = has(u, "sound"), screen = has(u, "screen");
		hide(p.wave, !sound);
		// A screen without a panel of pixels shows a page: its line is drawn here.
		const s = u.agent?.screen, line = s && !(s.width > 0) ? s.text || s.slogan || "" : "";
		hide(p.led, !screen || line !== "");
		hide(p.ledline, !screen || line === "");
		if (p.ledline.firstChild.textContent !== line) {
			p.ledline.firstChild.textContent = line;
			p.ledline.style.setProperty("--time", 4 + line.length / 4 + "s");
		}
		if (sound && fresh) {
			const heard = u.agent?.sound?.muted ? {} : u.agent?.sound ?? {};
			const peak = heard.peak ?? 0, rms = heard.rms ?? 0;
			this.wave.add(peak, rms, raised(air));
			const db = Math.round(decibel(rms));
			attribute(p.wave, "aria-label", say("level"));
			attribute(p.wave, "aria-valuenow", String(db));
			attribute(p.wave, "aria-valuetext", say("level.db", { n: db }));
		}
		if (screen) {
			this.led.hold(view.stale);
			this.led.show(Boolean(s && s.width > 0 && u.fault?.kind !== "freeze"));
			attribute(p.led, "aria-label", s?.text || s?.slogan || say("screen"));
		}
	}

	#note(u, mark, view) {
		const presence = u.unit.presence ?? {};
		const notes = (presence.conditions ?? []).filter((c) => c.code !== "clock-uncertain")
			.map((c) => known("c." + c.code) ? say("c." + c.code, { n: presence.flaps ?? 0 }) : c.text || c.code);
		const pause = presence.paused;
		if (pause) notes.unshift(say("paused.until", { time: view.clock(Date.parse(pause.until)), why: pause.why ?? "" }));
		const mute = presence.muted;
		if (mute) notes.unshift(say("muted.until", { time: view.clock(Date.parse(mute.until)), why: mute.why ?? "" }));
		if (mark !== "offline" && mark !== "unknown") {
			if (presence.pending?.length) notes.push(say("pending", { n: presence.pending.length }));
			if (presence.assets > presence.ready) notes.push(say("files", { a: presence.ready ?? 0, b: presence.assets }));
		}
		text(this.parts.note, [...new Set(notes)].join(" · "));
		hide(this.parts.note, notes.length === 0);
	}

	#fault(u, view) {
		const p = this.parts;
		hide(p.fault, !u.fault);
		data(this.element, "fault", u.fault ? "yes" : "no");
		if (!u.fault) return;
		const key = faultKey(u.fault.kind), left = Date.parse(u.fault.until) - view.now;
		text(p.badge, say(left > 0 ? "fault" : "fault.soon", { kind: say(key), time: count(left) }));
		text(p.watch, say(key + ".watch"));
	}

	#buttons(u, view) {
		const p = this.parts, unit = name(u);
		const mine = view.listening === this.id;
		hide(p.listen, !has(u, "sound"));
		attribute(p.listen, "aria-pressed", String(mine));
		text(p.listen, say(mine ? view.heard : "listen"));
		attribute(p.listen, "aria-label", mine ? say(view.heard) : say("listen.of", { unit }));
		hide(p.harm, Boolean(u.fault));
		hide(p.mend, !u.fault);
		text(p.harm, say("harm"));
		attribute(p.harm, "aria-label", say("harm.of", { unit }));
		text(p.mend, say("mend"));
		attribute(p.mend, "aria-label", say("mend") + " " + unit);
		// The unit's own page is on this machine, where its process is.
		const own = u.pid && u.unit.presence?.page;
		text(p.pid, u.pid ? say("pid", { pid: u.pid }) + (own ? " ↗" : "") : say("pid.none"));
		if (own) attribute(p.pid, "href", own);
		else p.pid.removeAttribute("href");
		attribute(p.pid, "title", own ? say("own") : "");
		attribute(p.pid, "aria-label", own ? say("own.of", { unit }) : say("pid.none"));
	}
}

// faultKey is the word of a fault; "cut" alone is the word of a cut-in.
export const faultKey = (kind) => kind === "cut" ? "cutlink" : kind;
