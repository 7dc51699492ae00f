// A panel of LEDs as the unit itself draws it. Frames come eight times a second;
// between two frames of a moving line the line is moved on by whole LEDs, so that
// it runs as evenly as on the panel.

const every = 125; // ms between two frames
const off = 0xff201d1c; // an LED that is dark, as ABGR

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Led {
	#canvas; #url; #timer = 0; #running = false; #visible = false; #wanted = false; #held = false;
	#last = null; #next = null; #dx = 0; #at = 0; #span = every; #drawn = -1; #asked = 0;

	constructor(canvas, url) {
		this.#canvas = canvas;
		this.#url = url;
		new IntersectionObserver(([e]) => { this.#visible = e.isIntersecting; this.#go(); }).observe(canvas);
		document.addEventListener("visibilitychange", () => this.#go());
	}

	// show says whether there is a panel to look at now; one that is gone is dark.
	show(wanted) {
		if (wanted === this.#wanted) return;
		this.#wanted = wanted;
		this.#canvas.classList.toggle("dark", !wanted);
		this.#go();
	}

	// hold keeps the last picture as it is while there is nobody to ask.
	hold(held) {
		if (held === this.#held) return;
		this.#held = held;
		this.#go();
	}

	#go() {
		const active = this.#wanted && !this.#held && this.#visible && !document.hidden;
		if (active === this.#running) return;
		this.#running = active;
		clearTimeout(this.#timer);
		if (active) {
			this.#ask();
			requestAnimationFrame(() => this.#paint());
		}
	}

	async #ask() {
		this.#asked = performance.now();
		try {
			const answer = await fetch(this.#url, { cache: "no-store" });
			if (answer.status === 200) this.#take(await createImageBitmap(await answer.blob()));
		} catch { /* the next one may come */ }
		if (!this.#running) return;
		const pause = still.matches ? 2000 : every;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#ask(), Math.max(10, this.#asked + pause - performance.now()));
	}

	#take(bitmap) {
		const { width, height } = bitmap;
		const canvas = new OffscreenCanvas(width, height);
		const context = canvas.getContext("2d", { willReadFrequently: true });
		context.drawImage(bitmap, 0, 0);
		bitmap.close();
		const image = context.getImageData(0, 0, width, height);
		const pixels = new Uint32Array(image.data.buffer);
		for (let i = 0; i < pixels.length; i++) if ((pixels[i] & 0xffffff) === 0) pixels[i] = off;
		context.putImageData(image, 0, 0);
		const now = performance.now();
		this.#last = this.#next;
		this.#next = { canvas, pixels, width, height };
		this.#dx = this.#last && !still.matches ? shift(this.#last, this.#next) : 0;
		this.#span = Math.min(400, Math.max(60, now - this.#at));
		this.#at = now;
		this.#drawn = -1;
	}

	#paint() {
		if (!this.#running) return;
		requestAnimationFrame(() => this.#paint());
		const frame = this.#next;
		if (!frame) return;
		const part = Math.min(1, (performance.now() - this.#at) / this.#span);
		const moved = Math.round(part * this.#dx);
		if (moved === this.#drawn) return;
		this.#drawn = moved;
		const scale = this.#canvas.clientWidth * devicePixelRatio >= 3 * frame.width ? 4 : 2;
		const w = frame.width * scale, h = frame.height * scale;
		if (this.#canvas.width !== w || this.#canvas.height !== h) {
			this.#canvas.width = w;
			this.#canvas.height = h;
		}
		const context = this.#canvas.getContext("2d");
		context.imageSmoothingEnabled = false;
		if (this.#dx > 0) context.drawImage(this.#last.canvas, -moved * scale, 0, w, h);
		context.drawImage(frame.canvas, (this.#dx - moved) * scale, 0, w, h);
		if (scale === 4) grid(context, w, h, scale);
	}
}

// grid leaves a dark gap between the LEDs.
function grid(context, w, h, scale) {
	context.fillStyle = "#0009";
	for (let x = 0; x < w; x += scale) context.fillRect(x, 0, 1, h);
	for (let y = 0; y < h; y += scale) context.fillRect(0, y, w, 1);
}

// shift is by how many LEDs the first picture moved to the left to become the
// second; 0 if it did not move, or became another.
function shift(a, b) {
	if (a.width !== b.width || a.height !== b.height) return 0;
	const { width, height } = a;
	for (let dx = 0; dx <= width / 3; dx++) {
		let same = true;
		for (let y = 0; same && y < height; y++) {
			const row = y * width;
			for (let x = 0; x < width - dx; x++) {
				if (a.pixels[row + x + dx] !== b.pixels[row + x]) { same = false; break; }
			}
		}
		if (same) return dx;
	}
	return 0;
}
