package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Evidence is what is known of one expected stretch of one unit.
type Evidence struct {
	// AsRuns, Skips and Offs are those of the unit that overlap the stretch and
	// are of its output and content.
	AsRuns []AsRun
	Skips  []Skip
	Offs   []Off
	// Holds says that the unit holds the newest snapshots, Ready that it has
	// their assets too.
	Holds, Ready bool
	// OnAir says that the unit itself says that it plays this now.
	OnAir bool
}

const (
	// reportLag is how long after its end a stretch may go without proof: an
	// entry is closed each 15 minutes, and travels.
	reportLag = time.Minute
	openEntry = 15 * time.Minute
	// slack is how much may be missing of a stretch that was played: fades,
	// and the start of what waited for its output.
	slack = 2 * time.Second
)

// GradeBy decides what became of an expected stretch, at now: fills in Proved,
// Grade and Why of p, which says what was expected.
func (p *Proof) GradeBy(e Evidence, now time.Time) {
	p.AsRuns = e.AsRuns
	heard, failed, why := p.weigh(e)
	if p.From.After(now) {
		p.foresee(e)
		return
	}
	enough := p.Proved+slack >= p.Expected-p.Expected/50
	switch {
	case len(e.AsRuns) > 0 && failed == len(e.AsRuns):
		p.Grade, p.Why = wire.GradeFailed, Quoted(why)
	case len(e.AsRuns) > 0 && enough && heard == len(e.AsRuns):
		p.Grade = wire.GradeHeard
	case len(e.AsRuns) > 0 && enough:
		p.Grade = wire.GradePlayed
	case e.OnAir && p.To.Add(reportLag).After(now):
		p.Grade = GradePlaying
	case p.To.Add(reportLag).After(now) && now.Sub(p.From) < openEntry+reportLag && len(e.AsRuns) == 0 && len(e.Skips) == 0:
		p.foresee(e) // it has just begun: its first entry is still open
	case p.To.Add(reportLag).After(now) && p.Proved > 0:
		p.Grade = wire.GradePlayed // so far
	case p.offFor(e.Offs) >= (p.To.Sub(p.From)-p.Proved)/2:
		p.Grade, p.Why = GradeNoPower, Words{"终端没有运行", "the unit was off"}
	case p.Proved > 0:
		p.Grade, p.Why = GradePart, Words{"没有播满：声音或画面停过", "not all of it: the sound or the picture stood still"}
		if why != "" {
			p.Why = Quoted(why)
		}
	case len(e.Skips) > 0:
		p.Grade, p.Why = GradeSkipped, Quoted(e.Skips[0].Why)
	default:
		p.Grade, p.Why = GradeNoProof, Words{"没有收到任何记录", "nothing was reported for it"}
	}
}

// weigh adds up what was proved inside the stretch.
func (p *Proof) weigh(e Evidence) (heard, failed int, why string) {
	for _, a := range e.AsRuns {
		var frames int64
		for _, r := range a.Rounds {
			frames += r.Frames
		}
		part := 1.0
		if whole := a.To - a.From; whole > 0 {
			part = float64(overlap(a.From, a.To, p.From.UnixMilli(), p.To.UnixMilli())) / float64(whole)
		}
		switch a.Grade {
		case wire.GradeFailed:
			failed++
			part = 0
		case wire.GradeHeard:
			heard++
		}
		p.Proved += time.Duration(float64(frames) * part / wire.Rate * float64(time.Second))
		if a.Why != "" && (a.Grade == wire.GradeFailed || p.endedEarly(a)) {
			why = a.Why
		}
	}
	return heard, failed, why
}

// endedEarly tells whether what ended an entry is why some of the stretch is
// missing. Else its words say why it began, or why the stretch ends where it does.
func (p *Proof) endedEarly(a AsRun) bool {
	own := a.Outcome == wire.OutcomeEnded || a.Outcome == wire.OutcomeGoesOn
	return !own && time.UnixMilli(a.To).Add(slack).Before(p.To)
}

// foresee grades what is still to come.
func (p *Proof) foresee(e Evidence) {
	switch {
	case e.Ready && e.Holds:
		p.Grade = GradeReady
	case e.Holds:
		p.Grade = GradeDelivered
	default:
		p.Grade = GradePending
	}
}

func (p *Proof) offFor(offs []Off) time.Duration {
	var off int64
	for _, o := range offs {
		off += overlap(o.From, o.To, p.From.UnixMilli(), p.To.UnixMilli())
	}
	if off == 0 {
		return -1
	}
	return time.Duration(off) * time.Millisecond
}

// overlap is how much of [a, b) lies in [c, d).
func overlap(a, b, c, d int64) int64 { return max(0, min(b, d)-max(a, c)) }
