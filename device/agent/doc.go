// Package agent is the program in a loudspeaker or screen: it connects to the
// broker, takes only what is signed and in scope, keeps it in the spool, fetches
// the media, plays what the timetable says, and proves it.
//
//	link        one MQTT session after the other; in order in, latest-wins out
//	echo        proves that the session carries, by hearing itself
//	timekeeper  asks the system and the centre for the time, and keeps what they say
//	keeper      verify → spool → compile: makes the view that all others read
//	fetcher     media by hash over HTTP: those of warnings first, then what is
//	            needed soonest
//	preparer    decodes what plays often ahead of time; nobody waits for it
//	conductor   the playing loop: timetable → player and screen → proof, heartbeat
//	account     what the outputs took → proof, as entries that are written
//	reporter    outbox → centre, until the centre says "stored up to n"
//	commander   once-only commands: test tone, restart, diagnostics bundle
//	page        the local page: state, listening, the kiosk
//
// Only the conductor decides what is on air, and only it sends heartbeats: when
// it hangs they stop, whatever else still works. No other part can hold it up:
// it never waits for the network, and for the memory card only where proof and
// the alive marks are written. A unit that does not know the time plays nothing
// but warnings that are newer than all it has seen.
package agent
