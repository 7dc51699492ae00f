// The page at the pole: what it shows of the unit stays as new as it can be. All
// else it does without scripts.
const state = document.getElementById("state");
const every = 3000;

// The language that was chosen on another page holds here too.
const lang = document.documentElement.lang;
try {
	const chosen = new URLSearchParams(location.search).get("lang");
	const last = localStorage.getItem("language");
	if (chosen) localStorage.setItem("language", chosen);
	else if (last && last !== lang) document.querySelector(`.languages a[lang="${last}"]`)?.click();
} catch { /* a browser that keeps nothing */ }

async function look() {
	const address = new URL(location.href);
	address.pathname += "/state";
	address.hash = "";
	try {
		const answer = await fetch(address, { headers: { Accept: "text/html" } });
		if (answer.status === 401) return location.reload();
		if (!answer.ok) throw new Error(answer.status);
		const text = await answer.text();
		document.body.classList.remove("is-stale");
		if (state.innerHTML !== text) state.innerHTML = text;
	} catch {
		document.body.classList.add("is-stale"); // what stands there is as old as it says
	}
}

if (state) {
	setInterval(() => { if (!document.hidden) look(); }, every);
	document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}
