package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const unitColumns = "num, id, area, name, state, state_since, outputs, volume, lat, lon, panel_w, panel_h, quiet, secret, rev"

// scanUnit reads a row of unitColumns.
func scanUnit(scan func(...any) error) (u scheduler.Unit, num int64, err error) {
	var outputs, quiet string
	var since int64
	var lat, lon sql.NullFloat64
	var w, h int
	err = scan(&num, &u.ID, &u.Area, &u.Name, &u.State, &since, &outputs, &u.Volume, &lat, &lon, &w, &h, &quiet, &u.SecretHash, &u.Rev)
	if err != nil {
		return u, 0, err
	}
	u.StateSince = at(since)
	for o := range strings.SplitSeq(outputs, ",") {
		u.Outputs = append(u.Outputs, wire.Output(o))
	}
	if lat.Valid {
		u.Position = &scheduler.Position{Lat: lat.Float64, Lon: lon.Float64}
	}
	if w > 0 {
		u.Panel = &wire.Panel{Width: w, Height: h}
	}
	return u, num, decode(quiet, &u.Quiet)
}

// unit finds a unit and its number; NotFound if it is not there.
func (t *tx) unit(id string) (u scheduler.Unit, num int64, err error) {
	row := t.sql.QueryRowContext(t.ctx, "SELECT "+unitColumns+" FROM unit WHERE id = ?", id)
	u, num, err = scanUnit(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, 0, scheduler.Missing("unit", id, t.ids("unit"))
	}
	return u, num, err
}

func (t *tx) saveUnit(u scheduler.Unit) error {
	var lat, lon any
	if u.Position != nil {
		lat, lon = u.Position.Lat, u.Position.Lon
	}
	var panel wire.Panel
	if u.Panel != nil {
		panel = *u.Panel
	}
	words := make([]string, len(u.Outputs))
	for i, o := range u.Outputs {
		words[i] = string(o)
	}
	quiet := ""
	if len(u.Quiet) > 0 {
		quiet = encode(u.Quiet)
	}
	return t.exec(`INSERT INTO unit (id, area, name, state, state_since, outputs, volume, lat, lon, panel_w, panel_h, quiet, secret, rev)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET area = excluded.area, name = excluded.name, state = excluded.state,
		state_since = excluded.state_since, outputs = excluded.outputs, volume = excluded.volume, lat = excluded.lat, lon = excluded.lon, panel_w = excluded.panel_w,
		panel_h = excluded.panel_h, quiet = excluded.quiet, secret = excluded.secret, rev = excluded.rev`,
		u.ID, u.Area, u.Name, u.State, ms(u.StateSince), strings.Join(words, ","), u.Volume, lat, lon, panel.Width, panel.Height, quiet, u.SecretHash, u.Rev)
}

// showUnit lets everybody see the unit as it will be once this is committed.
func (t *tx) showUnit(id string) error {
	u, num, err := t.unit(id)
	t.after = append(t.after, func() { t.s.presence.put(u, num) })
	return err
}

func newSecret() (secret string, hash []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	secret = hex.EncodeToString(b[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

// AddUnit makes a unit and returns the secret of its device, 64 hex digits,
// which is kept only as its SHA-256. An empty state is planned, no outputs are
// sound, an empty name is the id. An id that is taken is a conflict. A claimed
// one gets no secret.
func (s *Store) AddUnit(ctx context.Context, u scheduler.Unit) (out scheduler.Unit, secret string, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, secret, err = t.addUnit(u)
		return err
	})
	return out, secret, err
}

// AddUnits makes many units in one transaction, or none, and returns their
// secrets in their order.
func (s *Store) AddUnits(ctx context.Context, us []scheduler.Unit) (secrets []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		for _, u := range us {
			_, secret, err := t.addUnit(u)
			if err != nil {
				return err
			}
			secrets = append(secrets, secret)
		}
		return nil
	})
	return secrets, err
}

func (t *tx) addUnit(u scheduler.Unit) (scheduler.Unit, string, error) {
	if u.State == "" {
		u.State = scheduler.UnitPlanned
	}
	if u.Name == "" {
		u.Name = u.ID
	}
	if len(u.Outputs) == 0 {
		u.Outputs = []wire.Output{wire.OutputSound}
	}
	if len(u.Quiet) == 0 {
		u.Quiet = nil
	}
	if err := u.Validate(t.tree()); err != nil {
		return u, "", err
	}
	var state string
	taken, err := t.one("SELECT state FROM unit WHERE id = ?", []any{u.ID}, &state)
	if err != nil {
		return u, "", err
	}
	if taken {
		remedy := scheduler.Words{ZH: "换一个编号，或改已有的终端", EN: "choose another id, or change the unit that is there"}
		if state == string(scheduler.UnitRemoved) {
			remedy = scheduler.Words{ZH: "这是已拆除终端的编号：把它的状态改为 planned 就能再用，或换一个编号",
				EN: "it belongs to a removed unit: set that one's state to planned to use it again, or choose another id"}
		}
		return u, "", conflict("id", u.ID, scheduler.Words{ZH: "已有终端用这个编号", EN: "there is a unit with this id already"}, remedy)
	}
	var secret string
	if u.SecretHash = []byte{}; !u.Claimed {
		secret, u.SecretHash = newSecret()
	}
	u.StateSince, u.Rev = t.now, 1
	if err := t.saveUnit(u); err != nil {
		return u, "", fmt.Errorf("add unit: %w", err)
	}
	if err := t.mark(wire.KindBulletin, wire.UnitAddress(u.ID)); err != nil {
		return u, "", err
	}
	if err := t.showUnit(u.ID); err != nil {
		return u, "", err
	}
	return u, secret, t.changed("add unit", "unit", u.ID, u.Name, nil, shown(u))
}

// NewSecret gives the unit a new secret; the old one ends.
func (s *Store) NewSecret(ctx context.Context, id string) (secret string, err error) {
	err = s.write(ctx, func(t *tx) error {
		u, _, err := t.unit(id)
		if err != nil {
			return err
		}
		secret, u.SecretHash = newSecret()
		if err := t.saveUnit(u); err != nil {
			return fmt.Errorf("new secret: %w", err)
		}
		return t.audit("new secret", "unit", id, "")
	})
	return secret, err
}

// UpdateUnit changes a unit: everything but id and secret. A unit that changes
// its area gets new settings, and so a new list of addresses.
func (s *Store) UpdateUnit(ctx context.Context, u scheduler.Unit) (out scheduler.Unit, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, change, err = t.updateUnit(u)
		if err != nil || change == Unchanged {
			return err
		}
		return t.expandAgain(releasedForUnit, u.ID, u.ID)
	})
	return out, change, err
}

// UpdateUnits changes many units in one transaction, or none.
func (s *Store) UpdateUnits(ctx context.Context, us []scheduler.Unit) (changed int, err error) {
	err = s.write(ctx, func(t *tx) error {
		changed, err = t.updateUnits(us)
		return err
	})
	return changed, err
}

// ImportUnits adds and changes units in one transaction, or does nothing, and gives
// each of those that are added a claim, if so asked. A unit that gets its place so
// is installed from then on if its device was heard of before.
func (s *Store) ImportUnits(ctx context.Context, added, changed []scheduler.Unit, claims bool) (out []scheduler.IssuedClaim, err error) {
	err = s.write(ctx, func(t *tx) error {
		out = nil
		for _, u := range added {
			u.Claimed = true // nobody would be told a secret
			if _, _, err := t.addUnit(u); err != nil {
				return err
			}
			if !claims {
				continue
			}
			c, err := t.issueClaim(u.ID)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		for i, u := range changed {
			before, _, err := t.unit(u.ID)
			if err != nil {
				return err
			}
			if before.State == scheduler.UnitUnplaced && u.State == scheduler.UnitPlanned && s.presence.heard(u.ID) {
				changed[i].State = scheduler.UnitInstalled
			}
		}
		_, err := t.updateUnits(changed)
		return err
	})
	return out, err
}

func (t *tx) updateUnits(us []scheduler.Unit) (changed int, err error) {
	again := false
	for _, u := range us {
		before, _, err := t.unit(u.ID)
		if err != nil {
			return 0, err
		}
		_, change, err := t.updateUnit(u)
		if err != nil {
			return 0, err
		}
		if change != Unchanged {
			changed++
		}
		again = again || before.Area != u.Area || before.State != u.State
	}
	if !again {
		return changed, nil
	}
	return changed, t.expandAgain("SELECT id, version FROM programme WHERE state = ?", scheduler.ProgrammeReleased)
}

func (t *tx) updateUnit(u scheduler.Unit) (scheduler.Unit, Change, error) {
	old, num, err := t.unit(u.ID)
	if err != nil {
		return u, "", err
	}
	if err := checkRev(u.Rev, old.Rev); err != nil {
		return u, "", err
	}
	u.SecretHash, u.Rev, u.StateSince = old.SecretHash, old.Rev, old.StateSince
	if u.State == "" {
		u.State = old.State
	}
	if len(u.Quiet) == 0 {
		u.Quiet = nil
	}
	if err := u.Validate(t.tree()); err != nil {
		return u, "", err
	}
	if encode(u) == encode(old) {
		return old, Unchanged, nil
	}
	if u.State != old.State {
		u.StateSince = t.now
	}
	u.Rev++
	if err := t.saveUnit(u); err != nil {
		return u, "", fmt.Errorf("update unit: %w", err)
	}
	address := wire.UnitAddress(u.ID)
	if u.State == scheduler.UnitRemoved {
		if err := t.endOutages(num); err != nil {
			return u, "", err
		}
		if _, err := t.endDevices(u.ID, "the unit was taken out of service"); err != nil {
			return u, "", err
		}
	}
	// One that was removed gets a last word too: its settings now list no area, so
	// that its device falls silent.
	if err := t.mark(wire.KindBulletin, address); err != nil {
		return u, "", err
	}
	if err := t.showUnit(u.ID); err != nil {
		return u, "", err
	}
	act := "update unit"
	if u.State == scheduler.UnitRemoved {
		act = "remove unit"
	}
	return u, Updated, t.changed(act, "unit", u.ID, u.Name, shown(old), shown(u))
}

// RemoveUnit takes a unit out of service. Its history stays; it cannot log in,
// raises no outage and is in no list unless asked for. Its open outages end.
func (s *Store) RemoveUnit(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		u, _, err := t.unit(id)
		if err != nil {
			return err
		}
		u.State = scheduler.UnitRemoved
		if _, _, err := t.updateUnit(u); err != nil {
			return err
		}
		return t.expandAgain(releasedForUnit, id, id)
	})
}

// shown is a unit without what is not for the audit.
func shown(u scheduler.Unit) scheduler.Unit {
	u.SecretHash = nil
	return u
}

// SecretOK tells whether secret is the one of a unit that is not removed. It
// takes the same time for a unit that is not there.
func (s *Store) SecretOK(ctx context.Context, unit, secret string) (ok bool, err error) {
	err = s.read(ctx, func(t *tx) error {
		hash := make([]byte, sha256.Size)
		var state scheduler.UnitState
		found, err := t.one("SELECT secret, state FROM unit WHERE id = ?", []any{unit}, &hash, &state)
		given := sha256.Sum256([]byte(secret))
		same := subtle.ConstantTimeCompare(given[:], hash) == 1
		ok = same && found && state != scheduler.UnitRemoved
		return err
	})
	return ok, err
}
