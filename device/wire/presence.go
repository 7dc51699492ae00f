package wire

// Birth is the first message of a session. Its Session stands in the will too.
type Birth struct {
	Unit string `json:"unit"`
	// Session rises with every connection of one spool.
	Session  uint64   `json:"session"`
	Spool    string   `json:"spool"`
	Boot     string   `json:"boot"`
	At       int64    `json:"at"`
	Software string   `json:"software"`
	Wire     int      `json:"wire"`
	Features []string `json:"features,omitempty"`
	Outputs  []Output `json:"outputs"`
	// SoundOutput is what the sound goes to, such as "ALSA default", "silent"
	// or "no sound output".
	SoundOutput string `json:"soundOutput,omitempty"`
	// Page is the address of the unit's local page, if it has one.
	Page string `json:"page,omitempty"`
}

// Will is what the broker says for a unit that has gone. Clean is set when the
// unit itself says farewell.
type Will struct {
	Unit    string `json:"unit"`
	Session uint64 `json:"session"`
	Clean   bool   `json:"clean,omitempty"`
	Why     string `json:"why,omitempty"`
}

// Heartbeat is sent by the playing loop every 15 s.
type Heartbeat struct {
	Unit    string `json:"unit"`
	Session uint64 `json:"session"`
	Boot    string `json:"boot"`
	At      int64  `json:"at"`
	// Uptime of the agent in seconds.
	Uptime int64 `json:"uptime"`
	// Outbox is the number of entries not yet stored by the centre.
	Outbox int         `json:"outbox,omitempty"`
	Volume int         `json:"volume"`
	Muted  bool        `json:"muted,omitempty"`
	OnAir  []OnAir     `json:"onAir,omitempty"`
	Issues []Condition `json:"conditions,omitempty"`
}

// OnAir says what one output does now. It is sent at every change and repeated
// in heartbeats; it is no proof.
type OnAir struct {
	Output    Output `json:"output"`
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Interrupt string `json:"interrupt,omitempty"`
	Title     string `json:"title,omitempty"`
	Level     Level  `json:"level,omitempty"`
	Since     int64  `json:"since,omitempty"`
	Until     int64  `json:"until,omitempty"`
	Why       string `json:"why,omitempty"`
	// Text is what a screen shows.
	Text string `json:"text,omitempty"`
}

// OnAirReport tells what a unit's outputs do now, one entry for each output
// that does something.
type OnAirReport struct {
	Unit    string `json:"unit"`
	Session uint64 `json:"session"`
	// At is unix milliseconds of air time.
	At    int64   `json:"at"`
	OnAir []OnAir `json:"onAir"`
}

// Condition is anything that a unit reports beside its state.
type Condition struct {
	// Code is a short word, such as disk-full, no-sound, output-lost, clock-uncertain.
	Code  string `json:"code"`
	Since int64  `json:"since"`
	Text  string `json:"text,omitempty"`
}

// Have tells what a unit holds: after every change and after every birth.
type Have struct {
	Unit    string `json:"unit"`
	Session uint64 `json:"session"`
	Held    []Held `json:"held"`
	// Refused are the snapshots that the unit would not take, and why.
	Refused []Refusal `json:"refused,omitempty"`
	// Assets and Ready count the assets named and those verified on disk.
	Assets int `json:"assets"`
	Ready  int `json:"ready"`
	// Missing names up to 20 hashes that are not there yet.
	Missing []string `json:"missing,omitempty"`
	// TooOld names programmes that need a newer agent.
	TooOld []string `json:"tooOld,omitempty"`
}

// Refusal says why a snapshot was not taken.
type Refusal struct {
	Address  Address `json:"address"`
	Kind     Kind    `json:"kind"`
	Revision uint64  `json:"revision"`
	At       int64   `json:"at"`
	// Code is one of the Refused… constants.
	Code string `json:"code"`
	Why  string `json:"why"`
}

// Centre is the centre's own state, retained on its topic with a will.
type Centre struct {
	Online bool  `json:"online"`
	Since  int64 `json:"since"`
}
