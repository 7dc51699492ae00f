package store

import (
	"context"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Timed is closed when something began or ended to wait for an instant. Ask for
// it before Elapse, then nothing is missed.
func (s *Store) Timed() <-chan struct{} { return s.timed.wait() }

// Elapse does what is due at now: releases that can no longer be undone take
// effect, and authors are told of what nobody approved before its first cue.
// next is when there is something again; zero for nothing. What could not
// be done is handed back to its author; only a failure of the store is an error.
func (s *Store) Elapse(ctx context.Context, now time.Time) (next time.Time, err error) {
	for {
		var list []way
		err = s.read(ctx, func(t *tx) error {
			list, err = t.ways("s.ended = 0 AND (p.state = 'releasing' OR p.state = 'submitted' AND s.first > 0 AND s.late = 0) ORDER BY CASE p.state WHEN 'releasing' THEN s.effective ELSE s.first END LIMIT 1")
			return err
		})
		if err != nil || len(list) == 0 {
			return time.Time{}, err
		}
		w := list[0]
		when := w.First
		if w.State == scheduler.ProgrammeReleasing {
			when = w.Effective
		}
		if now.Before(when) {
			return when, nil
		}
		if err := s.elapse(ctx, w); err != nil {
			return time.Time{}, err
		}
	}
}

func (s *Store) elapse(ctx context.Context, was way) error {
	var refused error
	err := s.write(ctx, func(t *tx) error {
		_, w, err := t.open(was.Programme, was.Version)
		if err != nil || w.ID != was.ID || w.State != was.State || !w.Effective.Equal(was.Effective) {
			return err // somebody was faster
		}
		if w.State == scheduler.ProgrammeSubmitted {
			return t.late(w)
		}
		refused = t.effect(w)
		return refused
	})
	if err == nil || scheduler.KindOf(refused) == "" {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		if err := t.exec("UPDATE submission SET ended = ?, outcome = ?, why = ? WHERE id = ? AND ended = 0", ms(t.now), scheduler.OutcomeFailed, refused.Error(), was.ID); err != nil {
			return err
		}
		if err := t.setState(was.Programme, was.Version, scheduler.ProgrammeReturned); err != nil {
			return err
		}
		return t.audit("release failed", "programme", was.Programme, fmt.Sprintf("%s, version %d: %s", was.Title, was.Version, refused))
	})
}

// effectAtOnce lets a release take effect that is due already, and tells so in out.
func (t *tx) effectAtOnce(w *way, out *scheduler.Submission) error {
	if !w.Due(t.now) {
		return nil
	}
	if err := t.effect(*w); err != nil {
		return err
	}
	w.State, w.Outcome, w.Ended = scheduler.ProgrammeReleased, scheduler.OutcomeReleased, at(ms(t.now))
	*out = w.Submission
	return nil
}

// effect puts a version on the air just as it was approved.
func (t *tx) effect(w way) error {
	if err := t.thaw(w.ready); err != nil {
		return err
	}
	w.programme.State, w.programme.ReleasedAt, w.programme.ReleasedBy = scheduler.ProgrammeReleased, t.now, w.releasedBy()
	now, _, err := t.version(w.Programme, w.Version)
	if err != nil {
		return err
	}
	w.programme.Rev = now.Rev
	zone, err := t.zone()
	if err != nil {
		return err
	}
	if w.programme.Targets.Heard != "" { // who proved it since belongs to it
		if w.addresses, err = t.expand(w.programme); err != nil {
			return err
		}
	}
	if err := w.programme.CheckRelease(w.programme.Items, w.addresses, zone, t.now); err != nil {
		return err
	}
	if err := t.finish(w, scheduler.OutcomeReleased, ""); err != nil {
		return err
	}
	_, _, err = t.putOut(w.ready)
	return err
}

// releasedBy is whose word let a version go out.
func (w way) releasedBy() string {
	if n := len(w.Given); n > 0 {
		return w.Given[n-1].Person
	}
	return w.By
}

// late notes that the first cue of a version passed without approval. Where there
// is no later one it can never play, so its author gets it back.
func (t *tx) late(w way) error {
	if err := t.exec("UPDATE submission SET late = ? WHERE id = ?", ms(w.First), w.ID); err != nil {
		return err
	}
	next, err := t.firstCue(w.programme)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s, version %d: approval %d of %d was missing at its first cue", w.Title, w.Version, len(w.Given)+1, w.Steps)
	if next.IsZero() {
		if err := t.finish(w, scheduler.OutcomeLate, scheduler.NotInTime); err != nil {
			return err
		}
		if err := t.setState(w.Programme, w.Version, scheduler.ProgrammeReturned); err != nil {
			return err
		}
		text += ", and there is no later one"
	}
	return t.audit(scheduler.NotInTime, "programme", w.Programme, text)
}

// undoIf undoes the releases that have not taken effect and of which where holds.
func (t *tx) undoIf(where string, args ...any) (int, error) {
	all, err := t.ways("s.ended = 0 AND p.state = 'releasing' AND "+where, args...)
	for _, w := range all {
		if _, err := t.undo(w); err != nil {
			return 0, err
		}
	}
	return len(all), err
}

// approvedOnly keeps the addresses to which a version was approved: what joins a
// group later hears it with its next version.
func (t *tx) approvedOnly(p scheduler.Programme, addresses []wire.Address) ([]wire.Address, error) {
	if p.Targets.Heard != "" { // that is what was approved: whoever proves it
		return addresses, nil
	}
	all, err := t.ways("s.programme = ? AND s.version = ? AND s.outcome = ? AND s.steps > 0", p.ID, p.Version, scheduler.OutcomeReleased)
	if err != nil || len(all) == 0 {
		return addresses, err
	}
	kept := []wire.Address{}
	for _, a := range addresses {
		for _, to := range all[0].addresses {
			if in, err := t.inside(a, to); err != nil {
				return nil, err
			} else if in {
				kept = append(kept, a)
				break
			}
		}
	}
	return kept, nil
}

// inside tells whether an address is another or lies in its area.
func (t *tx) inside(a, to wire.Address) (bool, error) {
	if a == to {
		return true, nil
	}
	kind, id := a.Split()
	toKind, area := to.Split()
	if toKind != "area" {
		return false, nil
	}
	if kind == "unit" {
		u, _, err := t.unit(id)
		if err != nil {
			return false, err
		}
		id = u.Area
	}
	return t.tree().Within(id, area), nil
}
