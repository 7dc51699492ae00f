package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// plainClaim is the code of a claim as it was made, however it was written down.
func plainClaim(code string) string {
	return strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(strings.TrimSpace(code)))
}

// IssueClaims makes a claim for each of the units, all or none; claims that they
// had before are void. The codes are kept nowhere.
func (s *Store) IssueClaims(ctx context.Context, units []string) (out []scheduler.IssuedClaim, err error) {
	err = s.write(ctx, func(t *tx) error {
		out = nil
		for _, id := range units {
			c, err := t.issueClaim(id)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

func (t *tx) issueClaim(unit string) (out scheduler.IssuedClaim, err error) {
	u, _, err := t.unit(unit)
	if err != nil {
		return out, err
	}
	if u.State == scheduler.UnitRemoved {
		return out, conflict("unit", unit,
			scheduler.Words{ZH: "它已停用", EN: "it is out of service"},
			scheduler.Words{ZH: "先把它的状态改为 planned", EN: "set its state to planned first"})
	}
	now := at(ms(t.now))
	out = scheduler.IssuedClaim{Name: u.Name, Code: rand.Text(), // base32, 130 bits
		Claim: scheduler.Claim{Unit: unit, By: t.actor.ID, Created: now, Ends: now.Add(scheduler.ClaimLife)}}
	if err := t.exec("UPDATE claim SET ended = ? WHERE unit = ? AND ended = 0", ms(now), unit); err != nil {
		return out, fmt.Errorf("issue claim: %w", err)
	}
	if err := t.exec("INSERT INTO claim (hash, unit, issued_by, created, ends, ended, used, pubkey) VALUES (?, ?, ?, ?, ?, 0, 0, x'')",
		digest(out.Code), unit, out.By, ms(now), ms(out.Ends)); err != nil {
		return out, fmt.Errorf("issue claim: %w", err)
	}
	return out, t.changed("issue claim", "unit", unit, u.Name, nil, out.Claim)
}

// AddClaimed makes a unit as AddUnit does, with a claim for its device in the place
// of a secret.
func (s *Store) AddClaimed(ctx context.Context, u scheduler.Unit) (out scheduler.Unit, c scheduler.IssuedClaim, err error) {
	err = s.write(ctx, func(t *tx) error {
		u.Claimed = true
		if out, _, err = t.addUnit(u); err == nil {
			c, err = t.issueClaim(u.ID)
		}
		return err
	})
	return out, c, err
}

// AddUnplaced makes units that have no place yet, in the hands of an area, and
// gives each a claim: their devices are set up at the bench and placed at the
// pole, by BindUnit. No area is the county.
func (s *Store) AddUnplaced(ctx context.Context, area string, n int, outputs []wire.Output) (out []scheduler.IssuedClaim, err error) {
	if err := scheduler.CheckClaims(n); err != nil {
		return nil, err
	}
	err = s.write(ctx, func(t *tx) error {
		if area == "" {
			area = t.tree().Root()
		}
		out = nil
		for range n {
			u := scheduler.Unit{ID: "u-" + strings.ToLower(rand.Text()[:8]), Area: area, State: scheduler.UnitUnplaced, Claimed: true, Outputs: outputs, Volume: 80}
			if _, _, err := t.addUnit(u); err != nil {
				return err
			}
			c, err := t.issueClaim(u.ID)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Claims are the claims that are good for a device that is still to come, of the
// units of an area and below, by unit.
func (s *Store) Claims(ctx context.Context, area string) (out []scheduler.Claim, err error) {
	err = s.read(ctx, func(t *tx) error {
		if area == "" {
			area = t.tree().Root()
		}
		return t.each(func(scan func(...any) error) error {
			var c scheduler.Claim
			var in string
			var created, ends int64
			err := scan(&c.Unit, &c.By, &created, &ends, &in)
			c.Created, c.Ends = at(created), at(ends)
			if err == nil && t.tree().Within(in, area) {
				out = append(out, c)
			}
			return err
		}, `SELECT c.unit, c.issued_by, c.created, c.ends, u.area FROM claim c JOIN unit u ON u.id = c.unit
			WHERE c.ended = 0 AND c.used = 0 AND c.ends > ? AND u.state <> 'removed' ORDER BY c.unit`, ms(t.now))
	})
	return out, err
}

// BindUnit puts a unit in its place. One that had none is installed from then on
// if its device was heard of before, planned if not.
func (s *Store) BindUnit(ctx context.Context, p scheduler.Placing) (out scheduler.Unit, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := p.Validate(t.world()); err != nil {
			return err
		}
		if out, _, err = t.unit(p.Unit); err != nil {
			return err
		}
		switch out.State {
		case scheduler.UnitRemoved:
			return conflict("unit", p.Unit,
				scheduler.Words{ZH: "它已停用", EN: "it is out of service"},
				scheduler.Words{ZH: "先把它的状态改为 planned", EN: "set its state to planned first"})
		case scheduler.UnitUnplaced:
			out.State = scheduler.UnitPlanned
			if t.s.presence.heard(p.Unit) {
				out.State = scheduler.UnitInstalled
			}
		}
		out.Area = p.Area
		if p.Name != "" {
			out.Name = p.Name
		}
		if p.Position != nil {
			out.Position = p.Position
		}
		if out, _, err = t.updateUnit(out); err != nil {
			return err
		}
		return t.expandAgain(releasedForUnit, p.Unit, p.Unit)
	})
	return out, err
}
