// The full-screen page of a screen. It shows what its agent says, moves evenly,
// and when the agent is gone falls back to the slogan until it comes back.
"use strict";
(() => {
	const LOST = 16000;      // ms without a word until the agent counts as gone
	const RETRY = 2000;      // ms between two attempts to reach it
	const LINGER = 800;      // ms that a text outlives its end, while its follower is on the way
	const PACE = 3;          // least speed of a scrolling text, characters a second
	const PAGE = 4000;       // least time of a still page, ms
	const WORDS = { red: "红色预警", orange: "橙色预警", yellow: "黄色预警", blue: "蓝色预警" };

	const byId = (id) => document.getElementById(id);
	const stage = byId("stage"), box = byId("window"), text = byId("text");
	const word = byId("word"), page = byId("page"), date = byId("date"), clock = byId("clock");
	const calm = matchMedia("(prefers-reduced-motion: reduce)");

	let state = null;        // what the agent said last
	let offset = 0;          // air time minus performance.now(), ms
	let heard = -Infinity;   // performance.now() of the agent's last word
	let drawn = "";          // key of what is on the page
	let motion = null;       // the running animation of a scrolling text
	let pages = null;        // {height, count, stay, since} of a paged text
	let source = null, retry = 0, resizing = 0;

	const air = () => performance.now() + offset;
	// What steers other characters or cannot be seen has no place on a screen.
	const clean = (s) => (s || "").replace(/\r\n?/g, "\n").replace(/(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, " ").trim();

	function connect() {
		clearTimeout(retry);
		if (source) source.close();
		source = new EventSource("events");
		source.addEventListener("state", (e) => take(JSON.parse(e.data)));
		source.onerror = () => {
			// A browser gives up by itself after an HTTP error.
			if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY);
		};
	}

	function take(next) {
		heard = performance.now();
		const o = next.at - heard;
		// A small difference is the way's; following it would make the text jerk.
		if (!state || Math.abs(o - offset) > 500) {
			offset = o;
			drawn = "";
		}
		state = next;
		render();
	}

	// wanted is what should be on the page now.
	function wanted() {
		if (!state) return { view: "empty" };
		const gone = performance.now() - heard > LOST;
		const body = clean(state.text);
		if (!gone && state.id && body && air() < state.until + LINGER) {
			return { view: "notice", body, level: WORDS[state.level] ? state.level : "", color: state.color || "",
				effect: state.effect === "still" ? "still" : "scroll", since: state.since,
				stay: Math.max(state.until - state.since, state.stay || 0), id: state.id };
		}
		const slogan = clean(state.slogan);
		if (slogan) return { view: "slogan", body: slogan, level: "", color: "", effect: "still", since: 0, stay: 30000, id: "" };
		return { view: "empty" };
	}

	function render() {
		const w = wanted();
		const key = [w.view, w.id, w.since, w.level, w.color, w.effect, w.body].join("\u0000");
		if (key === drawn) return;
		drawn = key;
		if (motion) motion.cancel();
		motion = pages = null;
		stage.dataset.view = w.view;
		set("level", w.level);
		set("color", w.color);
		page.textContent = text.style.clipPath = text.style.whiteSpace = "";
		text.textContent = w.body || "";
		word.textContent = WORDS[w.level] || "";
		if (w.view === "empty") return;
		if (w.effect === "scroll" && !calm.matches) scroll(w);
		else still(w);
	}

	function set(name, value) {
		if (value) stage.dataset[name] = value;
		else delete stage.dataset[name];
	}

	// scroll lets a line pass evenly: whole passes in its time, at least one. A
	// line that fits, somewhat smaller, stands still.
	function scroll(w) {
		const W = box.clientWidth, H = box.clientHeight;
		const size = Math.floor(Math.min(H * .62, W * .2));
		text.textContent = w.body.replace(/\n+/g, "\u3000");
		stage.dataset.motion = "scroll";
		text.style.top = "";
		text.style.fontSize = size + "px";
		const width = text.offsetWidth;
		if (width <= W * 1.6) {
			still(w);
			return;
		}
		const loop = W + width;
		const passes = Math.max(1, Math.floor(w.stay / 1000 * PACE * size / loop));
		motion = text.animate(
			[{ transform: `translate3d(${W}px,0,0)` }, { transform: `translate3d(${-width}px,0,0)` }],
			{ duration: w.stay / passes, iterations: Infinity });
		motion.currentTime = Math.max(0, air() - w.since);
	}

	// still sets the text as large as it fits on one page, and turns pages if
	// that would be too small to be read from afar.
	function still(w) {
		const W = box.clientWidth, H = box.clientHeight;
		const most = Math.floor(w.view === "slogan" ? Math.min(H * .3, W * .075) : Math.min(H * .62, W * .2));
		const least = Math.max(8, Math.floor(Math.min(H * .3, W * .085)));
		text.textContent = w.body;
		stage.dataset.motion = "still";
		text.style.top = "0";
		const fits = (size) => {
			text.style.fontSize = size + "px";
			return text.offsetHeight <= H * .96 && text.scrollWidth <= text.clientWidth + 1;
		};
		// One line, if that costs less than half of the size.
		text.style.whiteSpace = "pre";
		text.style.fontSize = most + "px";
		const one = Math.floor(most * Math.min(1, text.clientWidth * .98 / text.scrollWidth));
		if (one >= most * .55 && !w.body.includes("\n") && fits(one)) {
			text.style.top = (H - text.offsetHeight) / 2 + "px";
			return;
		}
		text.style.whiteSpace = "";
		let low = least, high = most;
		if (fits(least)) {
			while (low < high) {
				const mid = Math.ceil((low + high) / 2);
				if (fits(mid)) low = mid;
				else high = mid - 1;
			}
			fits(low);
			text.style.top = (H - text.offsetHeight) / 2 + "px";
			return;
		}
		turn(w, least, H);
	}

	// turn cuts the text into pages of whole lines, all equally long on the screen.
	function turn(w, least, H) {
		stage.dataset.motion = "pages";
		let rows, line, count;
		for (let size = least; ; size = Math.floor(size * .9)) {
			text.style.fontSize = size + "px";
			line = parseFloat(getComputedStyle(text).lineHeight);
			rows = Math.max(1, Math.floor(H * .98 / line));
			count = Math.ceil(Math.round(text.offsetHeight / line) / rows);
			if (count * PAGE <= w.stay || size < least * .6) break;
		}
		pages = { height: rows * line, count, stay: w.stay / count, since: w.since, on: -1 };
		showPage();
	}

	function showPage() {
		const n = Math.max(0, Math.floor((air() - pages.since) / pages.stay)) % pages.count;
		if (n === pages.on) return;
		pages.on = n;
		const top = (box.clientHeight - pages.height) / 2;
		text.style.top = top - n * pages.height + "px";
		text.style.clipPath = `inset(${n * pages.height}px 0 ${Math.max(0, text.offsetHeight - (n + 1) * pages.height)}px 0)`;
		page.textContent = pages.count > 1 ? `${n + 1} / ${pages.count}` : "";
	}

	function tick() {
		if (performance.now() - heard > LOST && source && source.readyState !== EventSource.CONNECTING) connect();
		render();
		if (pages) showPage();
		const now = civil(air(), state?.zone);
		put(clock, `${now.hour}:${now.minute}`);
		put(date, `${now.month}月${now.day}日 ${now.weekday}`);
	}

	// civil is an instant as the county's clocks show it; a board often stands in
	// another zone.
	let zone = null, format = null;
	function civil(at, wanted = "") {
		if (!format || zone !== wanted) {
			const options = { month: "numeric", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
			zone = wanted;
			try { format = new Intl.DateTimeFormat("zh-CN", { ...options, timeZone: wanted || undefined }); } catch { format = new Intl.DateTimeFormat("zh-CN", options); }
		}
		return Object.fromEntries(format.formatToParts(at).map((p) => [p.type, p.value]));
	}

	function put(el, s) {
		if (el.textContent !== s) el.textContent = s;
	}

	function again() {
		clearTimeout(resizing);
		resizing = setTimeout(() => { drawn = ""; render(); }, 100);
	}

	// A television must not fall asleep; where it may not be asked, nothing is lost.
	function stayAwake() {
		if (document.visibilityState === "visible" && navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
	}

	addEventListener("resize", again);
	calm.addEventListener("change", again);
	document.addEventListener("visibilitychange", stayAwake);
	if (document.fonts) document.fonts.ready.then(again);
	stayAwake();
	connect();
	setInterval(tick, 200);
	tick();
})();
