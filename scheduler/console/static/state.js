// What one look at the demonstration means. Nothing here touches the page.

// shows is the one mark of a unit.
export function shows(u) {
	const p = u.unit?.presence ?? {};
	const mark = p.shows || "unknown";
	const uncertain = (p.conditions ?? []).some((c) => c.code === "clock-uncertain");
	return uncertain && (mark === "on-air" || mark === "idle" || mark === "silent") ? "clock" : mark;
}

export const name = (u) => u.unit?.name || u.unit?.id || "";
export const has = (u, output) => (u.unit?.outputs?.length ? u.unit.outputs : ["sound"]).includes(output);

const playing = (list) => (list ?? []).filter((a) => a.programme || a.interrupt);
const rank = ["background", "timed", "live", "blue", "yellow", "orange", "red"];

// onAir is what a unit plays, by the centre's word; the highest first. One thing
// on both outputs stands once.
export function onAir(u) {
	const list = playing(u.unit?.presence?.onAir);
	return merge(list.length ? list : playing(u.agent?.onAir));
}

// own is what the unit itself says that it plays.
export const own = (u) => merge(playing(u.agent?.onAir));

function merge(list) {
	const all = new Map();
	for (const a of list) {
		const key = a.interrupt || a.programme;
		const seen = all.get(key);
		if (!seen) all.set(key, { ...a, outputs: [a.output] });
		else if (!seen.outputs.includes(a.output)) seen.outputs.push(a.output);
	}
	return [...all.values()].sort((a, b) => rank.indexOf(b.level) - rank.indexOf(a.level));
}

// raised tells whether something stands above the ordinary loop, as a cut-in does.
export const raised = (a) => Boolean(a && a.level && a.level !== "background");
export const warning = (a) => Boolean(a && rank.indexOf(a.level) >= 3);

// missing are the villages of which no unit plays, because those that should are
// offline or silent.
export function missing(units) {
	const villages = new Map();
	for (const u of units) {
		if (!u.village) continue;
		const v = villages.get(u.village) ?? { heard: false, lost: false };
		const mark = shows(u);
		v.heard ||= mark === "on-air";
		v.lost ||= mark === "offline" || mark === "silent" || mark === "clock";
		villages.set(u.village, v);
	}
	return new Set([...villages].filter(([, v]) => v.lost && !v.heard).map(([k]) => k));
}

// matches tells whether a unit belongs to one of the standing answers.
export function matches(u, filter, lacking) {
	if (filter === "missing") return lacking.has(u.village);
	return shows(u) === filter;
}
