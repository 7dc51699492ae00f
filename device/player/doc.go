// Package player makes sound come from a plan. It owns the way from planned
// spans to frames at a sound card: one endless mixer stream per output, mono
// float32 at 48 000 frames a second, that is never stopped and counts what it
// hands out.
//
// The caller tells the player the whole future with SetPlan, as often as it
// likes; the player keeps what is unchanged sounding without a glitch, fades
// out what is gone, begins what is new at its instant, and reports what the
// output really took. The player decides nothing about order or authority:
// that is the timetable's.
//
// # Frames and instants
//
// A real-time output asks for frames in chunks. The player notes at each ask
// how far the clock is ahead of the frames handed out; the least of it over the
// last 1.5 s is the anchor, and with the output's fixed latency it maps every
// frame to the instant at which it sounds, and back. A span begins on the frame
// that its instant maps to. When the anchor rises for good (the card ran dry)
// the player re-anchors, logs by how much and counts it.
//
// # Engines
//
// A deck decides frame by frame what sounds, without a clock. Two engines drive
// it: the mixer, which renders for an Output that asks (a card, Silent, WAV),
// and the counter, which renders nothing and wakes only where a span begins or
// ends (Counting), so that a simulated day is nearly free.
//
// # A sound card
//
// Sound needs cgo, ALSA's headers and the build tag alsa, and stands in one
// file. "go test -tags alsa" plays to the virtual card of package vcap and
// compares what it consumed sample by sample.
package player
