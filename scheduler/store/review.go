package store

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
)

// GoesOut is what a version (0: the newest) puts on the air: as it was submitted
// or released, or, of a draft, as it would go out now.
func (s *Store) GoesOut(ctx context.Context, id string, version int) (out scheduler.GoesOut, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, w, err := t.open(id, version)
		if err != nil {
			return err
		}
		r := w.ready
		switch {
		case !p.State.Open():
			_, drafted, err := t.version(id, p.Version)
			if err != nil {
				return err
			}
			r.programme = p
			if r.addresses, err = t.addresses(addressesOf, p.ID, p.Version); err != nil {
				return err
			}
			r.hash = drafted.ContentHash(p.Items, r.addresses)
		case w.ID == 0:
			if r, err = t.prepare(p); err != nil {
				return err
			}
		case p.State == scheduler.ProgrammeSubmitted:
			now, err := t.hashNow(p)
			if err != nil {
				return err
			}
			out.Changed = now != w.Hash
		}
		out.Programme, out.Addresses, out.Hash = r.programme, r.addresses, r.hash
		out.Programme.State, out.Programme.Rev = p.State, p.Rev
		out.Programme.ReleasedAt = p.ReleasedAt
		out.Reach = t.reach(r.addresses, r.programme.Targets.Except)
		return nil
	})
	return out, err
}
