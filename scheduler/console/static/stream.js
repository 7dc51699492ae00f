// The stream of looks. It is opened again by itself, however it ended.

const quiet = 5000; // ms without a word after which the stream counts as dead
const again = 1500; // ms between two tries

// follow calls got for every look and ended when the login has run out.
export function follow(url, got, ended) {
	let source = null, heard = 0, timer = 0;
	const open = () => {
		source?.close();
		heard = performance.now();
		source = new EventSource(url);
		source.onmessage = (e) => {
			heard = performance.now();
			let state;
			try { state = JSON.parse(e.data); } catch { return; }
			got(state);
		};
		source.onerror = () => { if (source.readyState === EventSource.CLOSED) later(); };
	};
	const later = () => {
		clearTimeout(timer);
		timer = setTimeout(async () => {
			try {
				const answer = await fetch("/demo", { method: "HEAD", cache: "no-store" });
				if (answer.status === 401) ended();
			} catch { /* not there yet */ }
			open();
		}, again);
	};
	setInterval(() => { if (performance.now() - heard > quiet) open(); }, 1000);
	open();
}
