package wire

import "fmt"

// Validate checks the batch: sequence numbers rise and every entry has exactly
// one body.
func (r Report) Validate() error {
	var c check
	c.id("unit", r.Unit)
	c.id("spool", r.Spool)
	c.id("boot", r.Boot)
	c.that(len(r.Entries) > 0, "entries", len(r.Entries), "send at least one entry")
	c.count("entries", len(r.Entries), MaxEntries)
	each(&c, "entries", r.Entries)
	c.that(c.err != nil || r.After < r.Entries[0].Seq, "after", r.After, "use a number below that of the first entry")
	for i := 1; i < len(r.Entries) && c.err == nil; i++ {
		c.that(r.Entries[i].Seq > r.Entries[i-1].Seq, fmt.Sprintf("entries[%d].seq", i), r.Entries[i].Seq, "use rising sequence numbers")
	}
	return c.err
}

// Validate checks one entry.
func (e Entry) Validate() error {
	var c check
	c.that(e.Seq > 0, "seq", e.Seq, "sequence numbers begin at 1")
	c.time("at", e.At)
	bodies := 0
	if e.AsRun != nil {
		bodies++
		c.within("asrun", e.AsRun.Validate())
	}
	if e.Skip != nil {
		bodies++
		c.within("skip", e.Skip.Validate())
	}
	if e.Event != nil {
		bodies++
		c.within("event", e.Event.Validate())
	}
	if e.Off != nil {
		bodies++
		c.within("off", e.Off.Validate())
	}
	c.that(bodies == 1, "asrun, skip, event, off", bodies, "set exactly one of them")
	return c.err
}

// Validate checks one as-run entry.
func (a AsRun) Validate() error {
	var c check
	c.output("output", a.Output)
	c.content(a.Programme, a.Version, a.Interrupt)
	c.text("title", a.Title, 0, MaxTitle)
	c.level("level", a.Level)
	c.span(a.From, a.To)
	c.count("rounds", len(a.Rounds), MaxRounds)
	each(&c, "rounds", a.Rounds)
	c.oneOf("outcome", a.Outcome, OutcomeEnded, OutcomeCut, OutcomeStopped, OutcomeGoesOn, OutcomeFailed, OutcomeUnknown)
	c.optID("by", a.By)
	c.text("why", a.Why, 0, MaxWords)
	c.oneOf("grade", a.Grade, GradePlayed, GradeHeard, GradeFailed)
	c.number("late", a.Late, 0, maxTime)
	return c.err
}

// content checks that exactly one of programme and interrupt is named.
func (c *check) content(programme string, version int, interrupt string) {
	if interrupt != "" {
		c.id("interrupt", interrupt)
		c.that(programme == "" && version == 0, "programme", programme, "name a programme or an interrupt, not both")
		return
	}
	c.id("programme", programme)
	c.number("version", int64(version), 1, 1<<31-1)
}

// Validate checks the part of one round.
func (r RoundPart) Validate() error {
	var c check
	c.time("start", r.Start)
	c.number("cues", int64(r.Cues), 0, 1<<31-1)
	c.number("frames", r.Frames, 0, MaxItemFrames*MaxItems)
	c.number("missed", r.Missed, 0, MaxItemFrames*MaxItems)
	return c.err
}

// Validate checks one skip.
func (s Skip) Validate() error {
	var c check
	c.output("output", s.Output)
	c.id("programme", s.Programme)
	c.number("version", int64(s.Version), 1, 1<<31-1)
	c.time("start", s.Start)
	c.number("rounds", int64(s.Rounds), 1, 1<<31-1)
	c.time("until", s.Until)
	c.that(s.Until >= s.Start, "until", s.Until, "use the scheduled start of the last round skipped")
	c.id("code", s.Code)
	c.text("why", s.Why, 0, MaxWords)
	return c.err
}

// Validate checks one event.
func (e Event) Validate() error {
	var c check
	c.id("code", e.Code)
	c.text("text", e.Text, 0, MaxWords)
	return c.err
}

// Validate checks one span without power.
func (o Off) Validate() error {
	var c check
	c.span(o.From, o.To)
	return c.err
}

// Validate checks the acknowledgement.
func (s Stored) Validate() error {
	var c check
	c.id("spool", s.Spool)
	return c.err
}

// Validate checks the question.
func (d DetailRequest) Validate() error {
	var c check
	c.id("id", d.ID)
	c.span(d.From, d.To)
	c.text("after", d.After, 0, MaxTitle)
	return c.err
}

// Validate checks one page of the answer.
func (d Detail) Validate() error {
	var c check
	c.id("id", d.ID)
	c.count("cues", len(d.Cues), MaxCues)
	each(&c, "cues", d.Cues)
	c.text("next", d.Next, 0, MaxTitle)
	return c.err
}

// Validate checks one stretch of one item.
func (r CueRun) Validate() error {
	var c check
	c.output("output", r.Output)
	c.content(r.Programme, r.Version, r.Interrupt)
	c.time("round", r.Round)
	c.number("item", int64(r.Item), 0, MaxItems-1)
	c.span(r.From, r.To)
	c.number("offset", r.Offset, 0, MaxItemFrames)
	c.number("frames", r.Frames, 0, MaxItemFrames)
	return c.err
}
