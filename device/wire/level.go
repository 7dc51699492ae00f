package wire

// Level says how urgent content is. A higher level takes an output from a
// lower one, whoever issued it.
type Level string

// The levels, lowest first. Warnings are never programmes: they travel as
// interrupts in the orders.
const (
	LevelBackground Level = "background"
	LevelTimed      Level = "timed"
	LevelLive       Level = "live"
	LevelBlue       Level = "blue"
	LevelYellow     Level = "yellow"
	LevelOrange     Level = "orange"
	LevelRed        Level = "red"
)

var levels = []Level{LevelBackground, LevelTimed, LevelLive, LevelBlue, LevelYellow, LevelOrange, LevelRed}

// Rank is the level's place in the order, 1 for background to 7 for red, and 0
// for a word that is no level.
func (l Level) Rank() int {
	for i, k := range levels {
		if l == k {
			return i + 1
		}
	}
	return 0
}

// Warning tells whether the level is one of the four warning colours.
func (l Level) Warning() bool { return l.Rank() >= LevelBlue.Rank() }

// LevelNone stands in limits for an area that may not warn at all. Its rank is 0.
const LevelNone Level = "none"

// Output is one way in which a unit speaks.
type Output string

// The outputs that a unit can have.
const (
	OutputSound  Output = "sound"
	OutputScreen Output = "screen"
)
