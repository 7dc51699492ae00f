package store

import (
	"context"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// ready is a version with all that it needs to go out.
type ready struct {
	programme scheduler.Programme
	addresses []wire.Address
	// assets are the ids of what its items were made of.
	assets []string
	// hash names exactly this content.
	hash string
}

// way is a submission with what is to go out: what was approved, and nothing that
// became of playlist or groups since.
type way struct {
	scheduler.Submission
	ready
}

const submissionColumns = "s.id, s.programme, s.version, s.person, coalesce((SELECT name FROM person WHERE id = s.person), ''), s.at, s.hands, s.hash, s.body, s.addresses, s.assets, s.steps, s.first, s.late, s.effective, s.ended, s.outcome, s.why, p.state"

func scanWay(scan func(...any) error) (w way, err error) {
	var hands, body, addresses, assets string
	var when, first, late, effective, ended int64
	s := &w.Submission
	if err = scan(&s.ID, &s.Programme, &s.Version, &s.By, &s.Name, &when, &hands, &s.Hash, &body, &addresses, &assets, &s.Steps,
		&first, &late, &effective, &ended, &s.Outcome, &s.Why, &s.State); err != nil {
		return w, err
	}
	s.At, s.First, s.Late, s.Effective, s.Ended = at(when), at(first), at(late), at(effective), at(ended)
	for text, to := range map[string]any{hands: &s.Hands, body: &w.programme, addresses: &w.addresses, assets: &w.assets} {
		if err == nil {
			err = decode(text, to)
		}
	}
	s.Title, s.Issuer, w.hash = w.programme.Title, w.programme.Issuer, s.Hash
	return w, err
}

// ways reads submissions; where follows their join with the version.
func (t *tx) ways(where string, args ...any) (out []way, err error) {
	err = t.each(func(scan func(...any) error) error {
		w, err := scanWay(scan)
		out = append(out, w)
		return err
	}, "SELECT "+submissionColumns+" FROM submission s JOIN programme p ON p.id = s.programme AND p.version = s.version WHERE "+where, args...)
	for i := range out {
		if err == nil {
			out[i].Given, err = t.consents(out[i].ID)
		}
	}
	return out, err
}

func (t *tx) consents(submission int64) (out []scheduler.Consent, err error) {
	err = t.each(func(scan func(...any) error) error {
		var c scheduler.Consent
		var when int64
		err := scan(&c.Step, &c.Person, &c.Name, &c.For, &when)
		c.At = at(when)
		out = append(out, c)
		return err
	}, "SELECT step, person, name, lender, at FROM consent WHERE submission = ? ORDER BY step", submission)
	return out, err
}

// way is how far a version is: its newest submission, or, before the first, one
// with no id.
func (t *tx) way(p scheduler.Programme) (way, error) {
	all, err := t.ways("s.programme = ? AND s.version = ? ORDER BY s.id DESC LIMIT 1", p.ID, p.Version)
	if err != nil {
		return way{}, err
	}
	w := way{Submission: scheduler.Submission{Programme: p.ID, Version: p.Version, Title: p.Title, Issuer: p.Issuer}}
	if len(all) > 0 && all[0].Ended.IsZero() {
		w = all[0]
	}
	w.State = p.State
	if w.ID == 0 {
		w.Hands = p.Hands
	}
	return w, nil
}

// startWay starts a new submission, in place of the one that w was.
func (t *tx) startWay(w way, r ready, review scheduler.Review) (way, error) {
	if err := t.finish(w, scheduler.OutcomeChanged, ""); err != nil {
		return w, err
	}
	first, err := t.firstCue(r.programme)
	if err != nil {
		return w, err
	}
	w = way{Submission: scheduler.Submission{Programme: r.programme.ID, Version: r.programme.Version, Title: r.programme.Title, Issuer: r.programme.Issuer,
		By: t.actor.ID, At: at(ms(t.now)), Review: review, First: first}, ready: r}
	res, err := t.sql.ExecContext(t.ctx, `INSERT INTO submission (programme, version, person, at, hands, hash, body, addresses, assets, steps, first, late, effective, ended, outcome, why)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, '', '')`, w.Programme, w.Version, w.By, ms(w.At), encode(w.Hands), w.Hash, encode(r.programme), encode(r.addresses), encode(r.assets), w.Steps, ms(first), ms(w.Effective))
	if err != nil {
		return w, fmt.Errorf("begin submission: %w", err)
	}
	if w.ID, err = res.LastInsertId(); err != nil {
		return w, err
	}
	// What waits for approval must still be there when it goes out.
	if err := t.name(r.programme, map[string][]string{"asset": r.assets}); err != nil {
		return w, err
	}
	return w, t.stand(w)
}

// finish ends a submission that is under way; before the first there is none.
func (t *tx) finish(w way, outcome, why string) error {
	if w.ID == 0 {
		return nil
	}
	return t.exec("UPDATE submission SET ended = ?, outcome = ?, why = ? WHERE id = ? AND ended = 0", ms(t.now), outcome, why, w.ID)
}

// stand writes where a submission stands, and wakes who waits for the time.
func (t *tx) stand(w way) error {
	if err := t.exec("UPDATE submission SET effective = ? WHERE id = ?", ms(w.Effective), w.ID); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM consent WHERE submission = ? AND step > ?", w.ID, len(w.Given)); err != nil {
		return err
	}
	for _, c := range w.Given {
		if err := t.exec("INSERT INTO consent (submission, step, person, name, lender, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			w.ID, c.Step, c.Person, c.Name, c.For, ms(c.At)); err != nil {
			return err
		}
	}
	return t.setState(w.Programme, w.Version, w.State)
}

func (t *tx) setState(id string, version int, state scheduler.ProgrammeState) error {
	t.after = append(t.after, t.s.timed.wake)
	return t.exec("UPDATE programme SET state = ?, rev = rev + 1 WHERE id = ? AND version = ?", state, id, version)
}

// firstCue is when a version begins at the earliest; zero for never.
func (t *tx) firstCue(p scheduler.Programme) (time.Time, error) {
	c, err := t.county()
	if err != nil {
		return time.Time{}, err
	}
	calendars, err := t.calendars()
	if err != nil {
		return time.Time{}, err
	}
	dates := map[string][]wire.Date{}
	for id, k := range calendars {
		dates[id] = k.Dates
	}
	next, err := scheduler.NextStarts(p.Rule, c.Zone, dates, t.now, 1)
	if err != nil || len(next) == 0 {
		return time.Time{}, err
	}
	return next[0], nil
}

// Submission is the newest one of a version (0: the newest); NotFound if it was
// never submitted nor released with time to undo it.
func (s *Store) Submission(ctx context.Context, id string, version int) (out scheduler.Submission, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err := t.version(id, version)
		if err != nil {
			return err
		}
		all, err := t.ways("s.programme = ? AND s.version = ? ORDER BY s.id DESC LIMIT 1", p.ID, p.Version)
		if err == nil && len(all) == 0 {
			return scheduler.Missing("submission of this version", fmt.Sprintf("%s@%d", p.ID, p.Version), nil)
		}
		if err == nil {
			out = all[0].Submission
		}
		return err
	})
	return out, err
}
