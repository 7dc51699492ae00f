// The level of a unit over the last quarter of a minute: one bar for each look,
// the newest at the right, from -60 dB to full scale.

const floor = -60;
const step = 4; // pixels from bar to bar

export const decibel = (level) => level > 0 ? Math.max(floor, 20 * Math.log10(level)) : floor;

export class Wave {
	#canvas; #bars = [];

	constructor(canvas) { this.#canvas = canvas; }

	// add appends a look: peak and rms are 0 to 1; strong marks a cut-in.
	add(peak, rms, strong) {
		const max = Math.ceil(this.#canvas.width / step);
		this.#bars.push({ peak: 1 - decibel(peak) / floor, rms: 1 - decibel(rms) / floor, strong });
		if (this.#bars.length > max) this.#bars.splice(0, this.#bars.length - max);
		this.#draw();
	}

	#draw() {
		const c = this.#canvas;
		const width = Math.max(80, Math.round(c.clientWidth));
		if (c.width !== width) c.width = width;
		const context = c.getContext("2d");
		const style = getComputedStyle(c);
		const { width: w, height: h } = c;
		context.clearRect(0, 0, w, h);
		this.#bars.forEach((bar, i) => {
			const x = w - (this.#bars.length - i) * step;
			context.fillStyle = style.getPropertyValue(bar.strong ? "--text" : "--accent");
			context.globalAlpha = .35;
			const peak = Math.max(1, bar.peak * h);
			context.fillRect(x, (h - peak) / 2, step - 1, peak);
			context.globalAlpha = 1;
			const rms = Math.max(1, bar.rms * h);
			context.fillRect(x, (h - rms) / 2, step - 1, rms);
		});
	}
}
