package app

import (
	"context"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/fleet"
	"github.com/villagecast/villagecast/scheduler/store"
)

// shelf is the store as the fleet sees it.
type shelf struct{ *store.Store }

// Stale lists what must be composed anew.
func (s shelf) Stale(ctx context.Context) ([]fleet.Target, error) {
	list, err := s.Store.Stale(ctx)
	targets := make([]fleet.Target, len(list))
	for i, t := range list {
		targets[i] = fleet.Target(t)
	}
	return targets, err
}

// Compose makes one snapshot.
func (s shelf) Compose(ctx context.Context, t fleet.Target) (fleet.Snapshot, error) {
	made, err := s.Store.Compose(ctx, store.Target(t))
	out := fleet.Snapshot{Target: t, Revision: made.Revision}
	switch {
	case err != nil || !made.Changed:
	case made.Bulletin != nil:
		out.Payload = made.Bulletin
	case made.Orders != nil:
		out.Payload = made.Orders
	}
	return out, err
}

// SaveEnvelope keeps a sealed snapshot.
func (s shelf) SaveEnvelope(ctx context.Context, e fleet.Sealed) error {
	return s.Store.SaveEnvelope(ctx, store.Sealed{
		Target: store.Target(e.Target), Revision: e.Revision, Bytes: e.Bytes, Published: e.Published,
	})
}

// Envelopes lists sealed snapshots.
func (s shelf) Envelopes(ctx context.Context, unpublished bool) ([]fleet.Sealed, error) {
	list, err := s.Store.Envelopes(ctx, unpublished)
	out := make([]fleet.Sealed, len(list))
	for i, e := range list {
		out[i] = fleet.Sealed{Target: fleet.Target(e.Target), Revision: e.Revision, Bytes: e.Bytes, Published: e.Published}
	}
	return out, err
}

// MarkPublished notes that a broker has a snapshot.
func (s shelf) MarkPublished(ctx context.Context, t fleet.Target, revision uint64) error {
	return s.Store.MarkPublished(ctx, store.Target(t), revision)
}

// RecordAll commits reports.
func (s shelf) RecordAll(ctx context.Context, rs []wire.Report, now time.Time) ([]fleet.Recorded, error) {
	list, err := s.Store.RecordAll(ctx, rs, now)
	out := make([]fleet.Recorded, len(list))
	for i, r := range list {
		out[i] = fleet.Recorded(r)
	}
	return out, err
}

// judge is the store as the watch sees it.
type judge struct{ *store.Store }

// Sweep judges who is gone; what it found is in the store's events.
func (j judge) Sweep(ctx context.Context, now time.Time) error {
	_, err := j.Store.Sweep(ctx, now)
	return err
}

// desk is the store as the API sees it: a unit that is taken out of service
// loses its connection too, and passwords are hashed on their way in.
type desk struct {
	*store.Store
	kick      func(unit string)
	passwords *auth.Passwords
	certifies bool // devices can be given certificates
}

// errNoCertificates says why there are no claims on a centre of one machine.
var errNoCertificates = &scheduler.Error{Kind: scheduler.Conflict, Field: "claim",
	Message: scheduler.Words{ZH: "这个中心只在本机监听，不给设备发证书", EN: "this centre listens on its own machine alone and certifies no devices"},
	Remedy:  scheduler.Words{ZH: "让它监听本机以外的地址；本机的设备用 units add 给的密钥", EN: "let it listen beyond loopback; units add gives devices of this machine a secret"}}

// IssueClaims makes claims of units.
func (d desk) IssueClaims(ctx context.Context, units []string) ([]scheduler.IssuedClaim, error) {
	if !d.certifies {
		return nil, errNoCertificates
	}
	return d.Store.IssueClaims(ctx, units)
}

// Status leaves out which units have secrets where no device has anything else.
func (d desk) Status(ctx context.Context, area string, now time.Time) (scheduler.Status, error) {
	st, err := d.Store.Status(ctx, area, now)
	if !d.certifies {
		st.Secrets = 0
	}
	return st, err
}

// Revoke ends all by which devices come in as the unit, and their connections.
func (d desk) Revoke(ctx context.Context, unit, why string) (int, error) {
	n, err := d.Store.Revoke(ctx, unit, why)
	if err == nil {
		d.part(ctx, unit)
	}
	return n, err
}

// AddUnplaced makes units without a place, and their claims.
func (d desk) AddUnplaced(ctx context.Context, area string, n int, outputs []wire.Output) ([]scheduler.IssuedClaim, error) {
	if !d.certifies {
		return nil, errNoCertificates
	}
	return d.Store.AddUnplaced(ctx, area, n, outputs)
}

// ImportUnits adds and changes units, and makes claims of the new ones.
func (d desk) ImportUnits(ctx context.Context, added, changed []scheduler.Unit, claims bool) ([]scheduler.IssuedClaim, error) {
	if claims && !d.certifies {
		return nil, errNoCertificates
	}
	return d.Store.ImportUnits(ctx, added, changed, claims)
}

// ChoosePassword sets a person's password.
func (d desk) ChoosePassword(ctx context.Context, id, password string) error {
	if err := scheduler.CheckPassword(id, password); err != nil {
		return err
	}
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.Store.SetPassword(ctx, id, hash)
}

// ChangePassword sets one's own, who knows the one before. Whoever never had one
// came by card, and may choose one.
func (d desk) ChangePassword(ctx context.Context, id, old, password string) error {
	hash, err := d.Store.PasswordHash(ctx, id)
	if err == nil && hash != "" {
		var right bool
		if right, err = d.passwords.Verify(ctx, old, hash); err == nil && !right {
			err = &scheduler.Error{Kind: scheduler.Forbidden, Field: "oldPassword",
				Message: scheduler.Words{ZH: "这不是你的密码", EN: "this is not your password"},
				Remedy:  scheduler.Words{ZH: "填现在用的密码", EN: "give the one that holds now"}}
		}
	}
	if err != nil {
		return err
	}
	return d.ChoosePassword(ctx, id, password)
}

// RemoveUnit takes a unit out of service and ends its connection.
func (d desk) RemoveUnit(ctx context.Context, id string) error {
	err := d.Store.RemoveUnit(ctx, id)
	if err == nil {
		d.part(ctx, id)
	}
	return err
}

// partingTime is how long a device that is let go has to say that it holds the words
// that silence it; what it held before it would play on for days, and no STOP would
// reach it any more.
const partingTime = 5 * time.Second

// part ends the connection of a unit once it holds its last word, or will not say so.
func (d desk) part(ctx context.Context, unit string) {
	ctx, cancel := context.WithTimeout(ctx, partingTime)
	defer cancel()
	look := time.NewTicker(partingTime / 50)
	defer look.Stop()
	for !d.HoldsAll(unit) {
		select {
		case <-look.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	d.kick(unit)
}
