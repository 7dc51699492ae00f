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
	// Air is what the unit's air time is worth. It is said only to a centre that
	// names FeatureClock.
	Air *AirTime `json:"clock,omitempty"`
}

// Trust of a unit's clock.
const (
	ClockTrusted   = "trusted"   // within Uncertainty
	ClockUncertain = "uncertain" // it was right once, and Uncertainty has grown beyond what is usual
	ClockUntrusted = "untrusted" // nothing scheduled is begun
)

// AirTime is what a unit knows of its air time.
type AirTime struct {
	// State is one of the Clock… constants.
	State string `json:"state"`
	// Source is where air time was learned from: centre, system or none.
	Source string `json:"source"`
	// Offset is air time less the system's clock, in milliseconds.
	Offset int64 `json:"offset,omitempty"`
	// Uncertainty is how far off air time may be, in milliseconds.
	Uncertainty int64 `json:"uncertainty,omitempty"`
	// Age is how many seconds ago it was learned.
	Age int64 `json:"age,omitempty"`
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
	// Features are the Feature… constants that this centre and its broker know.
	// A unit uses none that is not named.
	Features []string `json:"features,omitempty"`
}

// Features of a centre beyond the first version of the protocol.
const (
	FeatureClock   = "clock"   // Heartbeat.Air
	FeatureEcho    = "echo"    // the echo topic
	FeatureCommand = "command" // the command and answer topics; a unit that obeys names it in its birth
	FeatureTime    = "time"    // POST /time
	// FeatureCertificates is not named by every centre: only where the broker takes
	// certificates. A unit that has a secret makes itself a certificate then.
	FeatureCertificates = "certificates"
	// FeatureExceptions is named in the birth of a unit that heeds exceptions, the
	// levels at which areas may warn, and closed accounts.
	FeatureExceptions = "exceptions"
)

// CentreFeatures is what a centre of this version names.
func CentreFeatures() []string {
	return []string{FeatureClock, FeatureCommand, FeatureEcho, FeatureTime}
}

// Echo is what a unit says to itself through the broker.
type Echo struct {
	Unit    string `json:"unit"`
	Session uint64 `json:"session"`
	// Number rises within the session.
	Number uint64 `json:"number"`
}
