package store

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

const certificateColumns = "serial, unit, pubkey, der, issued, ends, revoked, why"

func scanCertificate(scan func(...any) error) (c scheduler.Certificate, err error) {
	var issued, ends, revoked int64
	err = scan(&c.Serial, &c.Unit, &c.Key, &c.DER, &issued, &ends, &revoked, &c.Why)
	c.Issued, c.Ends, c.Revoked = at(issued), at(ends), at(revoked)
	return c, err
}

func (t *tx) certificates(where string, args ...any) (out []scheduler.Certificate, err error) {
	err = t.each(func(scan func(...any) error) error {
		c, err := scanCertificate(scan)
		out = append(out, c)
		return err
	}, "SELECT "+certificateColumns+" FROM certificate WHERE "+where, args...)
	return out, err
}

// Certificate finds one by its number; NotFound if it was never given.
func (s *Store) Certificate(ctx context.Context, serial string) (c scheduler.Certificate, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.certificates("serial = ?", serial)
		if err == nil && len(all) == 0 {
			return scheduler.Missing("certificate", serial, nil)
		}
		if err == nil {
			c = all[0]
		}
		return err
	})
	return c, err
}

// Certificates are those of the units of an area and below that hold and have not
// ended, by unit and age.
func (s *Store) Certificates(ctx context.Context, area string) (out []scheduler.Certificate, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.certificates("revoked = 0 AND ends > ? ORDER BY unit, issued", ms(t.now))
		for _, c := range all {
			u, _, e := t.unit(c.Unit)
			if e != nil {
				return e
			}
			if area == "" || t.tree().Within(u.Area, area) {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}

// Revoked are the certificates revoked from an instant on, the zero time for all,
// by number.
func (s *Store) Revoked(ctx context.Context, since time.Time) (out []scheduler.Certificate, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.certificates("revoked > 0 AND revoked >= ? ORDER BY serial", ms(since))
		return err
	})
	return out, err
}

// CertificateOK tells what is wrong with a certificate that the centre gave: it was
// revoked, or its unit is out of service.
func (s *Store) CertificateOK(ctx context.Context, serial string) error {
	return s.read(ctx, func(t *tx) error {
		_, err := t.good(serial)
		return err
	})
}

func (t *tx) good(serial string) (c scheduler.Certificate, err error) {
	all, err := t.certificates("serial = ?", serial)
	switch {
	case err != nil:
		return c, err
	case len(all) == 0:
		return c, refusedDevice("certificate",
			scheduler.Words{ZH: "中心不认识这张证书", EN: "the centre does not know this certificate"},
			scheduler.Words{ZH: "发一个入网码，让设备重新入网", EN: "issue a claim, and enrol the device anew"})
	case !all[0].Revoked.IsZero():
		return all[0], refusedDevice("certificate",
			scheduler.Words{ZH: "已被吊销：" + all[0].Why, EN: "it was revoked: " + all[0].Why},
			scheduler.Words{ZH: "发一个入网码，让设备重新入网", EN: "issue a claim, and enrol the device anew"})
	}
	u, _, err := t.unit(all[0].Unit)
	if err == nil && u.State == scheduler.UnitRemoved {
		err = refusedDevice("unit",
			scheduler.Words{ZH: "这个终端已停用", EN: "the unit is out of service"},
			scheduler.Words{ZH: "把它的状态改为 planned，再发入网码", EN: "set its state to planned, and issue a claim"})
	}
	return all[0], err
}

func refusedDevice(field string, message, remedy scheduler.Words) error {
	return &scheduler.Error{Kind: scheduler.Forbidden, Field: field, Message: message, Remedy: remedy}
}

// refusedEvery is how often a refusal of one unit's devices is noted at most, so that
// nobody fills the database.
const refusedEvery = 10 * time.Minute

// noteRefused notes that a device was refused.
func (t *tx) noteRefused(unit string, why error) error {
	var n int
	const query = `SELECT 1 FROM unit u WHERE id = ? AND NOT EXISTS (SELECT 1 FROM notable WHERE unit = u.id AND code = 'device-refused' AND at > ?)`
	if fresh, err := t.one(query, []any{unit, ms(t.now.Add(-refusedEvery))}, &n); err != nil || !fresh {
		return err
	}
	return t.note(t.now, unit, "device-refused", why.Error())
}

// Certifier makes a certificate for the key of a device.
type Certifier func(now time.Time) (scheduler.Certificate, error)

// Enrol makes a device the unit's: it uses the claim up and gives the certificate
// that make makes. The device with the same key gets the same certificate again;
// what any other brings is refused, and noted. Certificates for other keys end,
// and so does the secret that the unit had; replaced tells that there was such a
// device.
func (s *Store) Enrol(ctx context.Context, e scheduler.Enrolling, make Certifier) (c scheduler.Certificate, replaced bool, err error) {
	var refused error
	err = s.write(ctx, func(t *tx) error {
		refused = nil
		c, replaced, err = t.enrol(e, make)
		if kind := scheduler.KindOf(err); kind == scheduler.Forbidden || kind == scheduler.Unauthorized {
			refused = err
			return t.noteRefused(e.Unit, err) // which is to be kept
		}
		return err
	})
	if err == nil {
		err = refused
	}
	return c, replaced, err
}

func (t *tx) enrol(e scheduler.Enrolling, make Certifier) (c scheduler.Certificate, replaced bool, err error) {
	u, _, err := t.unit(e.Unit)
	if scheduler.KindOf(err) == scheduler.NotFound {
		return c, false, &scheduler.Error{Kind: scheduler.Unauthorized, Field: "claim",
			Message: scheduler.Words{ZH: "没有这个入网码", EN: "there is no such claim"},
			Remedy:  scheduler.Words{ZH: "发一个", EN: "issue one"}}
	}
	if err != nil {
		return c, false, err
	}
	again, err := t.claimed(u, e)
	if err != nil {
		return c, false, err
	}
	if again {
		all, err := t.certificates("unit = ? AND pubkey = ? AND revoked = 0 ORDER BY issued DESC LIMIT 1", u.ID, e.Key)
		if err == nil && len(all) == 0 {
			err = refusedDevice("claim",
				scheduler.Words{ZH: "用它领的证书已被吊销", EN: "the certificate that it was used for was revoked"},
				scheduler.Words{ZH: "另发一个入网码", EN: "issue another claim"})
		}
		if err != nil {
			return c, false, err
		}
		return all[0], false, nil
	}
	others, err := t.count("UPDATE certificate SET revoked = ?, why = 'another device took its place' WHERE unit = ? AND revoked = 0", ms(t.now), u.ID)
	if err != nil {
		return c, false, fmt.Errorf("enrol: %w", err)
	}
	if others > 0 {
		if err := t.telling(); err != nil {
			return c, false, err
		}
	}
	had := len(u.SecretHash) > 0
	if u.SecretHash = []byte{}; had {
		if err := t.saveUnit(u); err != nil {
			return c, false, fmt.Errorf("enrol: %w", err)
		}
		if err := t.showUnit(u.ID); err != nil {
			return c, false, err
		}
	}
	if c, err = t.certify(make); err != nil {
		return c, false, err
	}
	return c, had || others > 0, t.audit("enrol device", "unit", u.ID, c.Serial)
}

// claimed uses the claim up; again tells that the same device had done so before.
func (t *tx) claimed(u scheduler.Unit, e scheduler.Enrolling) (again bool, err error) {
	hash := digest(plainClaim(e.Code))
	var ends, ended, used int64
	var key []byte
	found, err := t.one("SELECT ends, ended, used, pubkey FROM claim WHERE hash = ? AND unit = ?", []any{hash, u.ID}, &ends, &ended, &used, &key)
	if err == nil && !found {
		// A unit of an earlier version brings its secret, once.
		hash = digest(e.Code)
		found, err = t.one("SELECT ends, ended, used, pubkey FROM claim WHERE hash = ? AND unit = ?", []any{hash, u.ID}, &ends, &ended, &used, &key)
		if err == nil && !found && subtle.ConstantTimeCompare(hash, u.SecretHash) == 1 {
			found, ends = true, ms(t.now)+1
			err = t.exec("INSERT INTO claim (hash, unit, issued_by, created, ends, ended, used, pubkey) VALUES (?, ?, 'secret', ?, ?, 0, 0, x'')", hash, u.ID, ms(t.now), ends)
		}
	}
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, &scheduler.Error{Kind: scheduler.Unauthorized, Field: "claim",
			Message: scheduler.Words{ZH: "没有这个入网码", EN: "there is no such claim"},
			Remedy:  scheduler.Words{ZH: "发一个", EN: "issue one"}}
	case ended > 0:
		return false, &scheduler.Error{Kind: scheduler.Unauthorized, Field: "claim",
			Message: scheduler.Words{ZH: "这个入网码已作废：有新的代替，或被收回", EN: "this claim is void: a newer one took its place, or it was revoked"},
			Remedy:  scheduler.Words{ZH: "用最新的文件", EN: "use the newest file"}}
	case u.State == scheduler.UnitRemoved:
		return false, refusedDevice("unit",
			scheduler.Words{ZH: "这个终端已停用", EN: "the unit is out of service"},
			scheduler.Words{ZH: "先把它的状态改为 planned", EN: "set its state to planned first"})
	case used > 0 && bytes.Equal(key, e.Key):
		return true, nil
	case used > 0:
		return false, refusedDevice("claim",
			scheduler.Words{ZH: "这个入网码已被另一台设备用过", EN: "another device has used this claim"},
			scheduler.Words{ZH: "如果这台才是对的，另发一个入网码", EN: "issue another claim, if this device is the right one"})
	case ends <= ms(t.now):
		return false, &scheduler.Error{Kind: scheduler.Unauthorized, Field: "claim",
			Message: scheduler.Words{ZH: "这个入网码过期了", EN: "this claim has expired"},
			Remedy:  scheduler.Words{ZH: "另发一个", EN: "issue another one"}}
	}
	return false, t.exec("UPDATE claim SET used = ?, pubkey = ? WHERE hash = ?", ms(t.now), e.Key, hash)
}

func (t *tx) certify(make Certifier) (scheduler.Certificate, error) {
	c, err := make(t.now)
	if err != nil {
		return c, err
	}
	err = t.exec("INSERT INTO certificate ("+certificateColumns+") VALUES (?, ?, ?, ?, ?, ?, 0, '')", c.Serial, c.Unit, c.Key, c.DER, ms(c.Issued), ms(c.Ends))
	if err != nil {
		return c, fmt.Errorf("keep certificate: %w", err)
	}
	return c, nil
}

// Renew gives another certificate to the device that has shown one, for the same
// key. The one shown may have ended; it must not be revoked.
func (s *Store) Renew(ctx context.Context, serial string, make Certifier) (c scheduler.Certificate, err error) {
	var refused error
	err = s.write(ctx, func(t *tx) error {
		refused = nil
		old, err := t.good(serial)
		if scheduler.KindOf(err) == scheduler.Forbidden {
			refused = err
			return t.noteRefused(old.Unit, err)
		}
		if err != nil {
			return err
		}
		if c, err = t.certify(make); err != nil {
			return err
		}
		return t.audit("renew certificate", "unit", c.Unit, c.Serial)
	})
	if err == nil {
		err = refused
	}
	return c, err
}

// Revoke ends all by which devices come in as the unit: certificates, claims and
// the secret of before. A new claim lets another device, or the same one, in again.
func (s *Store) Revoke(ctx context.Context, unit, why string) (ended int, err error) {
	err = s.write(ctx, func(t *tx) error {
		u, _, err := t.unit(unit)
		if err != nil {
			return err
		}
		ended, err = t.revoke(u, why)
		return err
	})
	return ended, err
}

// endDevices ends certificates and claims of a unit.
func (t *tx) endDevices(unit, why string) (int64, error) {
	n, err := t.count("UPDATE certificate SET revoked = ?, why = ? WHERE unit = ? AND revoked = 0", ms(t.now), why, unit)
	if err == nil {
		err = t.exec("UPDATE claim SET ended = ? WHERE unit = ? AND ended = 0", ms(t.now), unit)
	}
	if err != nil {
		return 0, fmt.Errorf("revoke: %w", err)
	}
	if n > 0 {
		err = t.telling()
	}
	return n, err
}

func (t *tx) revoke(u scheduler.Unit, why string) (int, error) {
	n, err := t.endDevices(u.ID, why)
	if err != nil {
		return 0, err
	}
	if len(u.SecretHash) > 0 {
		n++
		u.SecretHash = []byte{}
		if err := t.saveUnit(u); err != nil {
			return 0, fmt.Errorf("revoke: %w", err)
		}
		if err := t.showUnit(u.ID); err != nil {
			return 0, err
		}
	}
	return int(n), t.audit("revoke device", "unit", u.ID, why)
}
