// Package airtime is the clock that a unit plays by. Boards on poles have no
// clock chip, lose their power, and are told the time by a centre whose own clock
// may be wrong; so air time is not the system's clock but what is known of the
// time, and how well.
//
// A Clock is a pure state machine. It is trusted once it has learned the time:
// from the centre by a nonce (Learn), from the system where a time service keeps
// its clock right (Poll), from a clock chip, or from its own last reading in the
// same boot of the board (New). From then on it counts the elapsed time of the
// board, which never steps: whoever sets the system's clock moves nothing. Before
// that its Now is only the instant before which it cannot be, the floor.
//
// What is stated as uncertainty is true for a board whose oscillator is off by up
// to 100 ppm.
//
// The rules for what contradicts what is known:
//
//   - A correction of up to Smooth happens at once, a greater one when nothing
//     sounds (Settle), at the latest after patience.
//   - An answer of the centre that lies more than Leap from a trusted clock, or
//     below the floor, is believed only when the centre has insisted on it for
//     six hours: a centre with a wrong year neither moves its county in a moment nor
//     silences it for good.
//   - A time service below the floor must insist as long; a clock chip below it
//     is not believed at all.
package airtime
