// Listening to one unit at a time.

export class Listener {
	#audio = new Audio(); #address; #changed; #retry = 0;
	unit = "";
	word = "listen.wait"; // how it goes, as a key of words.js

	// address gives the sound of a unit; changed is called whenever the word may be another.
	constructor(address, changed) {
		this.#address = address;
		this.#changed = changed;
		this.#audio.preload = "none";
		this.#audio.addEventListener("playing", () => this.#say("listen.on"));
		for (const e of ["error", "ended", "stalled"]) this.#audio.addEventListener(e, () => this.#lost());
	}

	// toggle listens to the unit, or stops if it is the one that is heard.
	toggle(unit) {
		const stop = unit === this.unit;
		this.unit = stop ? "" : unit;
		clearTimeout(this.#retry);
		this.#audio.pause();
		this.#audio.removeAttribute("src");
		this.#audio.load(); // lets go of the connection
		if (!stop) this.#open();
		this.#changed();
	}

	#open() {
		this.#say("listen.wait");
		this.#audio.src = this.#address(this.unit);
		this.#audio.play().catch(() => { /* the error event says it */ });
	}

	#lost() {
		if (!this.unit || !this.#audio.hasAttribute("src")) return;
		this.#say("listen.lost");
		clearTimeout(this.#retry);
		this.#retry = setTimeout(() => this.unit && this.#open(), 2000);
	}

	#say(word) {
		if (this.word === word) return;
		this.word = word;
		this.#changed();
	}
}
