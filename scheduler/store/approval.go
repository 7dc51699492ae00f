package store

import (
	"context"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// steps is how many other persons have to agree to a version that somebody puts
// out.
func (t *tx) steps(p scheduler.Programme, by scheduler.Actor) (int, error) {
	c, err := t.county()
	return c.Steps(t.tree(), p.Issuer, p.Level, by), err
}

// open finds the newest version of a programme, or the one asked for, and how far
// it is.
func (t *tx) open(id string, version int) (p scheduler.Programme, w way, err error) {
	if p, _, err = t.version(id, version); err == nil {
		w, err = t.way(p)
	}
	return p, w, err
}

// Submit hands the draft of a programme in for approval: it is checked as for a
// release, and what is to go out is kept as it is now.
func (s *Store) Submit(ctx context.Context, id string, version int) (out scheduler.Submission, err error) {
	err = s.write(ctx, func(t *tx) error {
		p, w, err := t.open(id, version)
		if err != nil {
			return err
		}
		steps, err := t.steps(p, scheduler.Actor{}) // who asks for approval gets it asked, whoever that is
		if err != nil {
			return err
		}
		next, err := w.Submit(t.actor.ID, "", steps) // may it be, whatever it holds
		if err != nil {
			return err
		}
		r, err := t.prepare(p)
		if err != nil {
			return err
		}
		if next, err = w.Submit(t.actor.ID, r.hash, steps); err != nil {
			return err
		}
		if out = w.Submission; w.State == scheduler.ProgrammeSubmitted && w.Hash == next.Hash && w.Steps == next.Steps {
			return nil
		}
		if w, err = t.startWay(w, r, next); err != nil {
			return err
		}
		out = w.Submission
		return t.changed("submit programme", "programme", id, fmt.Sprintf("%s, version %d, %d steps", p.Title, p.Version, steps), nil, out)
	})
	return out, err
}

// Approve is the actor's consent to a submitted version that has a hash. The last
// one releases it: after the delay it takes effect.
func (s *Store) Approve(ctx context.Context, id string, version int, hash string, delay time.Duration) (out scheduler.Submission, err error) {
	err = s.write(ctx, func(t *tx) error {
		p, w, err := t.open(id, version)
		if err != nil {
			return err
		}
		now := w.Hash
		if w.State == scheduler.ProgrammeSubmitted {
			if now, err = t.hashNow(p); err != nil {
				return err
			}
		}
		c := scheduler.Consent{Person: t.actor.ID, Name: t.actor.Name, At: at(ms(t.now))}
		if c.For, err = t.lender(p.Issuer); err != nil {
			return err
		}
		next, err := w.Approve(c, hash, now, delay)
		if err != nil {
			return err
		}
		if next.State == scheduler.ProgrammeReleasing {
			if err := t.thaw(w.ready); err != nil {
				return err
			}
		}
		w.Review = next
		if err := t.stand(w); err != nil {
			return err
		}
		out = w.Submission
		text := fmt.Sprintf("%s, version %d, step %d of %d, %s", p.Title, p.Version, len(w.Given), w.Steps, w.Hash)
		if c.For != "" {
			text += ", in place of " + c.For
		}
		if err := t.changed("approve programme", "programme", id, text, nil, w.Given[len(w.Given)-1]); err != nil {
			return err
		}
		return t.effectAtOnce(&w, &out)
	})
	return out, err
}

// hashNow is the hash of what a version would put out now; what keeps it from
// going out at all has none.
func (t *tx) hashNow(p scheduler.Programme) (string, error) {
	r, err := t.prepare(p)
	if scheduler.KindOf(err) != "" {
		return "", nil
	}
	return r.hash, err
}

// lender is whose deputy the actor has to be to approve in an area; empty if
// they may by themselves.
func (t *tx) lender(area string) (string, error) {
	p, found, err := t.person(t.actor.ID)
	if err != nil || !found || (scheduler.Actor{Grants: p.Grants}).May(t.tree(), scheduler.ActApprove, area) == nil {
		return "", err
	}
	today, err := t.today()
	if err != nil {
		return "", err
	}
	lent, err := t.deputies("deputy = ? AND first <= ? AND last >= ? ORDER BY person", p.ID, today, today)
	for _, d := range lent {
		from, found, err := t.person(d.Person)
		if err != nil {
			return "", err
		}
		if found && from.State == scheduler.PersonActive && (scheduler.Actor{Grants: from.Lends()}).May(t.tree(), scheduler.ActApprove, area) == nil {
			return d.Person, nil
		}
	}
	return "", err
}

// Return hands a submitted version back, with a reason for its author.
func (s *Store) Return(ctx context.Context, id string, version int, why string) (out scheduler.Submission, err error) {
	err = s.write(ctx, func(t *tx) error {
		p, w, err := t.open(id, version)
		if err != nil {
			return err
		}
		next, err := w.Review.Return(why)
		if err != nil {
			return err
		}
		if err := t.finish(w, scheduler.OutcomeReturned, why); err != nil {
			return err
		}
		w.State, w.Outcome, w.Why, w.Ended = next.State, scheduler.OutcomeReturned, why, at(ms(t.now))
		out = w.Submission // the consents that were given stay in its record
		if err := t.setState(p.ID, p.Version, next.State); err != nil {
			return err
		}
		return t.changed("return programme", "programme", id, fmt.Sprintf("%s, version %d: %s", p.Title, p.Version, why), nil, out)
	})
	return out, err
}

// Undo takes back a release that has not taken effect.
func (s *Store) Undo(ctx context.Context, id string, version int) (out scheduler.Submission, err error) {
	err = s.write(ctx, func(t *tx) error {
		_, w, err := t.open(id, version)
		if err == nil {
			out, err = t.undo(w)
		}
		return err
	})
	return out, err
}

func (t *tx) undo(w way) (scheduler.Submission, error) {
	next, err := w.Undo()
	if err != nil {
		return w.Submission, err
	}
	w.Review = next
	if w.State == scheduler.ProgrammeDraft { // nobody's consent was needed: it is a draft as before
		if err := t.finish(w, scheduler.OutcomeUndone, ""); err != nil {
			return w.Submission, err
		}
		w.Outcome, w.Ended = scheduler.OutcomeUndone, at(ms(t.now))
	}
	if err := t.stand(w); err != nil {
		return w.Submission, fmt.Errorf("undo release: %w", err)
	}
	return w.Submission, t.changed("undo release", "programme", w.Programme, fmt.Sprintf("%s, version %d", w.Title, w.Version), nil, w.Submission)
}

// ReleaseSoon is Release with a delay in which it can be undone: the old version
// stays on air until then. Releasing what is on its way changes nothing.
func (s *Store) ReleaseSoon(ctx context.Context, id string, version int, delay time.Duration) (p scheduler.Programme, r Reach, out scheduler.Submission, err error) {
	err = s.write(ctx, func(t *tx) error {
		var w way
		if p, w, err = t.open(id, version); err != nil {
			return err
		}
		switch {
		case p.State == scheduler.ProgrammeReleased:
			var addresses []wire.Address
			addresses, err = t.addresses(addressesOf, p.ID, p.Version)
			r = t.reach(addresses, p.Targets.Except)
			return err
		case p.State == scheduler.ProgrammeReleasing && delay > 0:
		case p.State == scheduler.ProgrammeReleasing:
			w.Effective = t.now
		default:
			if w, err = t.releaseAt(p, w, delay); err != nil {
				return err
			}
		}
		out = w.Submission
		if err := t.effectAtOnce(&w, &out); err != nil {
			return err
		}
		r = t.reach(w.addresses, w.programme.Targets.Except)
		now, _, err := t.version(id, w.Version)
		p = w.programme // with the end that it will have
		p.State, p.Rev, p.ReleasedAt = now.State, now.Rev, now.ReleasedAt
		return err
	})
	return p, r, out, err
}

// releaseAt puts a version that needs nobody's consent on its way.
func (t *tx) releaseAt(p scheduler.Programme, w way, delay time.Duration) (way, error) {
	steps, err := t.steps(p, t.actor)
	if err != nil {
		return w, err
	}
	next, err := w.Release("", steps, t.now, delay)
	if err != nil {
		return w, err
	}
	r, err := t.prepare(p)
	if err == nil {
		err = t.thaw(r)
	}
	if err != nil {
		return w, err
	}
	next.Hash = r.hash
	if w, err = t.startWay(w, r, next); err != nil || delay <= 0 {
		return w, err
	}
	return w, t.changed("release programme", "programme", p.ID, fmt.Sprintf("%s, version %d, takes effect at %s", p.Title, p.Version, w.Effective.UTC().Format(time.RFC3339)), nil, w.Submission)
}

// Waiting lists what waits for other persons, the oldest first.
func (s *Store) Waiting(ctx context.Context) (out []scheduler.Waiting, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.ways("s.ended = 0 AND p.state = 'submitted' ORDER BY s.at, s.id")
		if err != nil {
			return err
		}
		for _, w := range all {
			out = append(out, scheduler.Waiting{Submission: &w.Submission, Since: w.At})
		}
		held, err := t.waitingWarnings()
		out = append(out, held...)
		return err
	})
	return out, err
}
