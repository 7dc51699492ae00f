// What the pages of those on duty share: how they ask the centre, how they draw,
// and the county's time.
import { add, lang, say } from "./words.js";

add({
	"desk.loading": ["正在取来…", "Fetching…"],
	"desk.login": ["登录已过期，请重新登录。", "The login has ended: log in again."],
	"desk.lost": ["中心没有回答：{why}", "The centre does not answer: {why}"],
});

// ask speaks to the API; what is refused is an error in words.
export async function ask(path, body) {
	const answer = await fetch("/api/v1" + path, {
		method: body === undefined ? "GET" : "POST", cache: "no-store",
		headers: { "Accept": "application/json", "Accept-Language": lang(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	if (answer.status === 401) throw new Error(say("desk.login"));
	const value = await answer.json();
	if (!answer.ok) throw new Error(value.detail || value.title);
	return value;
}

// wrong says what went wrong while asking.
export const wrong = (e) => (e instanceof TypeError ? say("desk.lost", { why: e.message }) : e.message);

export function element(tag, more = {}, ...children) {
	const e = Object.assign(document.createElement(tag), more);
	e.append(...children.filter(Boolean));
	return e;
}

export const fact = (text) => element("p", { textContent: text });

// county reads once what the county is: its zone, for times are the county's wherever
// this browser stands, and its areas by their ids.
let zone;
export const areas = new Map();
export async function county() {
	if (areas.size) return;
	const [settings, all] = await Promise.all([ask("/county"), ask("/areas")]);
	zone = settings.zone || undefined;
	for (const a of all.items) areas.set(a.id, a);
}

// called is the name of an area.
export const called = (id) => areas.get(id)?.name ?? id;

const format = (text, more) => new Date(text).toLocaleString(lang(), { hourCycle: "h23", timeZone: zone, ...more });
export const time = (text) => format(text, { dateStyle: "short", timeStyle: "short" });
export const clock = (text) => format(text, { timeStyle: "medium" });

// moment is a time as the hour alone if that is the day of now, the centre's time;
// else with its day.
export function moment(text, now) {
	const day = (t) => format(t, { dateStyle: "short" });
	return day(text) === day(now) ? format(text, { timeStyle: "short" }) : format(text, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
}
