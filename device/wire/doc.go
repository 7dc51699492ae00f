// Package wire is the treaty between the centre and its units: the topics of
// MQTT, the payloads on them, the signed envelope, and the limits that both
// sides hold. It reads no clock and does no input or output.
//
// The centre decodes strictly (an unknown field is an error), a unit leniently
// (an unknown field is ignored), so that a newer centre can speak to an older
// unit. docs/wire.md is the same treaty for people.
package wire

// Version is the number of the wire protocol; it is the second level of every
// topic. History:
//
//	1  2026-11  first version (v0.1.0)
//	            v0.2.0: the centre names its features; clock in heartbeats; echo;
//	            commands and answers; time by nonce
//	            v0.3.0: enrolment and renewal of certificates
//
// What came later than the first version is used only with a partner that names
// it among its features, so that either side may be the older one.
const Version = 1
