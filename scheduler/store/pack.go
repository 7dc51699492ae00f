package store

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// asrunNote is what few as-run entries have.
type asrunNote struct {
	By  string `json:"b,omitempty"`
	Why string `json:"w,omitempty"`
}

// The words of an as-run entry, by number. Only ever add at the end.
func codeWords() (outputs []wire.Output, outcomes, grades []string) {
	return []wire.Output{wire.OutputSound, wire.OutputScreen},
		[]string{wire.OutcomeEnded, wire.OutcomeCut, wire.OutcomeStopped, wire.OutcomeGoesOn, wire.OutcomeFailed, wire.OutcomeUnknown},
		[]string{wire.GradePlayed, wire.GradeHeard, wire.GradeFailed}
}

// packCode is output, outcome and grade in one number below 256.
func packCode(a wire.AsRun) int64 {
	outputs, outcomes, grades := codeWords()
	return int64(slices.Index(outputs, a.Output) | slices.Index(outcomes, a.Outcome)<<2 | slices.Index(grades, a.Grade)<<6)
}

func unpackCode(code int64, a *wire.AsRun) error {
	outputs, outcomes, grades := codeWords()
	o, c, g := int(code&3), int(code>>2&15), int(code>>6)
	if o >= len(outputs) || c >= len(outcomes) || g < 0 || g >= len(grades) {
		return errors.New("unpack as-run entry: unknown code")
	}
	a.Output, a.Outcome, a.Grade = outputs[o], outcomes[c], grades[g]
	return nil
}

// packRounds is lateness and rounds as variable-length numbers: of each round
// the change of its distance from the one before, its items, the change of its
// frames, and what was missed. A loop's quarter of an hour takes some 5 bytes a round.
func packRounds(a wire.AsRun) []byte {
	b := binary.AppendVarint(nil, a.Late)
	last, step, frames := a.From, int64(0), int64(0)
	for _, r := range a.Rounds {
		b = binary.AppendVarint(b, r.Start-last-step)
		b = binary.AppendVarint(b, int64(r.Cues))
		b = binary.AppendVarint(b, r.Frames-frames)
		b = binary.AppendVarint(b, r.Missed)
		step, last, frames = r.Start-last, r.Start, r.Frames
	}
	return b
}

func unpackRounds(b []byte, a *wire.AsRun) error {
	bad := false
	next := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	a.Late = next()
	a.Rounds = []wire.RoundPart{}
	last, step, frames := a.From, int64(0), int64(0)
	for len(b) > 0 && !bad {
		var r wire.RoundPart
		r.Start = last + step + next()
		r.Cues = int(next())
		r.Frames = frames + next()
		r.Missed = next()
		step, last, frames = r.Start-last, r.Start, r.Frames
		a.Rounds = append(a.Rounds, r)
	}
	if bad {
		return errors.New("unpack as-run entry: its rounds are cut short")
	}
	return nil
}
