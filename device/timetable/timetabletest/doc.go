// Package timetabletest holds a second, independent reading of the rules by
// which a unit plays: a slow oracle that walks through time second by second,
// and a generator of random scenarios. It shares no code with the timetable and
// nothing but the wire types; where both say the same, both are believed.
//
// The oracle knows whole seconds only: every length in a scenario must be a
// whole number of seconds.
package timetabletest
