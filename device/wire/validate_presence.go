package wire

import "fmt"

// Validate checks the first message of a session.
func (b Birth) Validate() error {
	var c check
	c.id("unit", b.Unit)
	c.that(b.Session > 0, "session", b.Session, "sessions count from 1")
	c.id("spool", b.Spool)
	c.id("boot", b.Boot)
	c.time("at", b.At)
	c.text("software", b.Software, 0, MaxTitle)
	c.number("wire", int64(b.Wire), 1, 1000)
	c.count("features", len(b.Features), 100)
	for i, f := range b.Features {
		c.id(fmt.Sprintf("features[%d]", i), f)
	}
	c.outputs("outputs", b.Outputs)
	c.text("soundOutput", b.SoundOutput, 0, MaxTitle)
	c.text("page", b.Page, 0, MaxTitle)
	return c.err
}

// outputs checks a list without repetition; it may be empty.
func (c *check) outputs(field string, list []Output) {
	seen := map[Output]bool{}
	for i, o := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		c.output(at, o)
		c.that(!seen[o], at, o, "name each output once")
		seen[o] = true
	}
}

// Validate checks a will or farewell.
func (w Will) Validate() error {
	var c check
	c.id("unit", w.Unit)
	c.that(w.Session > 0, "session", w.Session, "sessions count from 1")
	c.text("why", w.Why, 0, MaxWords)
	return c.err
}

// Validate checks a heartbeat.
func (h Heartbeat) Validate() error {
	var c check
	c.id("unit", h.Unit)
	c.that(h.Session > 0, "session", h.Session, "sessions count from 1")
	c.id("boot", h.Boot)
	c.time("at", h.At)
	c.number("uptime", h.Uptime, 0, maxTime)
	c.number("outbox", int64(h.Outbox), 0, 1<<31-1)
	c.number("volume", int64(h.Volume), 0, 100)
	c.count("onAir", len(h.OnAir), 2)
	each(&c, "onAir", h.OnAir)
	c.count("conditions", len(h.Issues), 50)
	each(&c, "conditions", h.Issues)
	if h.Air != nil {
		c.within("clock", h.Air.Validate())
	}
	return c.err
}

// Validate checks what a clock is worth.
func (k AirTime) Validate() error {
	var c check
	c.oneOf("state", k.State, ClockTrusted, ClockUncertain, ClockUntrusted)
	c.id("source", k.Source)
	c.number("uncertainty", k.Uncertainty, 0, maxTime)
	c.number("age", k.Age, 0, maxTime)
	return c.err
}

// Validate checks an echo.
func (e Echo) Validate() error {
	var c check
	c.id("unit", e.Unit)
	c.that(e.Session > 0, "session", e.Session, "sessions count from 1")
	return c.err
}

// Validate checks what the outputs do.
func (r OnAirReport) Validate() error {
	var c check
	c.id("unit", r.Unit)
	c.that(r.Session > 0, "session", r.Session, "sessions count from 1")
	c.time("at", r.At)
	c.count("onAir", len(r.OnAir), 2)
	each(&c, "onAir", r.OnAir)
	return c.err
}

// Validate checks what one output does. It may be idle: then it names nothing.
func (o OnAir) Validate() error {
	var c check
	c.output("output", o.Output)
	if o.Programme != "" || o.Interrupt != "" || o.Version != 0 {
		c.content(o.Programme, o.Version, o.Interrupt)
		c.level("level", o.Level)
	}
	c.text("title", o.Title, 0, MaxTitle)
	c.optTime("since", o.Since)
	c.optTime("until", o.Until)
	c.text("why", o.Why, 0, MaxWords)
	c.text("text", o.Text, 0, MaxBody)
	return c.err
}

// Validate checks one condition.
func (d Condition) Validate() error {
	var c check
	c.id("code", d.Code)
	c.optTime("since", d.Since)
	c.text("text", d.Text, 0, MaxWords)
	return c.err
}

// Validate checks what a unit says it holds.
func (h Have) Validate() error {
	var c check
	c.id("unit", h.Unit)
	c.that(h.Session > 0, "session", h.Session, "sessions count from 1")
	c.count("held", len(h.Held), MaxAddresses)
	each(&c, "held", h.Held)
	c.count("refused", len(h.Refused), 100)
	each(&c, "refused", h.Refused)
	c.number("assets", int64(h.Assets), 0, 1<<31-1)
	c.number("ready", int64(h.Ready), 0, int64(h.Assets))
	c.count("missing", len(h.Missing), 20)
	for i, hash := range h.Missing {
		c.hash(fmt.Sprintf("missing[%d]", i), hash)
	}
	c.count("tooOld", len(h.TooOld), MaxProgrammes)
	for i, id := range h.TooOld {
		c.id(fmt.Sprintf("tooOld[%d]", i), id)
	}
	return c.err
}

// Validate checks one pair of revisions.
func (h Held) Validate() error {
	var c check
	c.address("address", h.Address)
	return c.err
}

// Validate checks one refusal. Its address may be that of the key ring.
func (r Refusal) Validate() error {
	var c check
	if r.Address != KeysAddress {
		c.address("address", r.Address)
	}
	c.oneOf("kind", string(r.Kind), string(KindBulletin), string(KindOrders), string(KindKeyRing))
	c.time("at", r.At)
	c.id("code", r.Code)
	c.text("why", r.Why, 0, MaxWords)
	return c.err
}

// Validate checks the centre's state. Since is zero in a will made before the
// centre knew its time.
func (s Centre) Validate() error {
	var c check
	c.optTime("since", s.Since)
	c.count("features", len(s.Features), 100)
	for i, f := range s.Features {
		c.id(fmt.Sprintf("features[%d]", i), f)
	}
	return c.err
}

// Validate checks the ring.
func (k KeyRing) Validate() error {
	var c check
	c.that(k.Revision > 0, "revision", k.Revision, "a ring's revision is at least 1")
	c.count("keys", len(k.Keys), 16)
	c.count("removed", len(k.Removed), 1000)
	seen := map[string]bool{RootKey: true}
	for i, key := range k.Keys {
		at := fmt.Sprintf("keys[%d].", i)
		c.id(at+"id", key.ID)
		c.that(!seen[key.ID], at+"id", key.ID, "name each key once, and none \"root\"")
		c.that(len(key.Public) == 32, at+"public", len(key.Public), "use the 32 bytes of an Ed25519 public key")
		seen[key.ID] = true
	}
	for i, end := range k.Removed {
		at := fmt.Sprintf("removed[%d].", i)
		c.id(at+"id", end.ID)
		c.that(!seen[end.ID], at+"id", end.ID, "a key is in the ring or removed, once")
		c.that(end.Last < k.Revision, at+"last", end.Last, "use the revision of a former ring")
		seen[end.ID] = true
	}
	return c.err
}
