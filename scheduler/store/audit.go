package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/villagecast/villagecast/scheduler"
)

// audit writes who did what, and tells those who watch.
func (t *tx) audit(act, kind, ref, text string) error {
	return t.changed(act, kind, ref, text, nil, nil)
}

// changed is audit with what was before and what is after; nil is nothing. Both
// are written as JSON, so they must hold no secret.
func (t *tx) changed(act, kind, ref, text string, was, became any) error {
	t.event(kind, "", ref, act, text)
	l := AuditLine{At: at(ms(t.now)), Actor: t.actor.ID, Name: t.actor.Name, Via: t.actor.Via, From: t.actor.From,
		Act: act, Kind: kind, Ref: ref, Text: text, Was: record(was), Became: record(became)}
	if _, err := t.one("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", nil, &l.ID, &l.Prev); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.ID++
	l.Hash = chain(l)
	return t.exec("INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		l.ID, ms(l.At), l.Actor, l.Name, l.Via, l.From, l.Act, l.Kind, l.Ref, l.Text, l.Was, l.Became, l.Prev, l.Hash)
}

const auditColumns = "id, at, actor, name, via, origin, act, kind, ref, text, was, became, prev, hash"

// before is what stood there, nil if nothing did.
func before[T any](found bool, old T) any {
	if !found {
		return nil
	}
	return old
}

func record(v any) string {
	if v == nil {
		return ""
	}
	return encode(v)
}

// chain is the hash of a line: of all its fields, in order, as JSON, with the hash
// of the line before it among them.
func chain(l AuditLine) string {
	sum := sha256.Sum256([]byte(encode([]any{l.ID, ms(l.At), l.Actor, l.Name, l.Via, l.From, l.Act, l.Kind, l.Ref, l.Text, l.Was, l.Became, l.Prev})))
	return hex.EncodeToString(sum[:])
}

func scanAudit(scan func(...any) error) (l AuditLine, err error) {
	var when int64
	err = scan(&l.ID, &when, &l.Actor, &l.Name, &l.Via, &l.From, &l.Act, &l.Kind, &l.Ref, &l.Text, &l.Was, &l.Became, &l.Prev, &l.Hash)
	l.At = at(when)
	return l, err
}

// Audit lists the audit, newest first.
func (s *Store) Audit(ctx context.Context, f AuditFilter) (out []AuditLine, next string, err error) {
	from, err := beforeOf(f.Page)
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			l, err := scanAudit(scan)
			out = append(out, l)
			return err
		}, "SELECT "+auditColumns+` FROM audit WHERE id < ? AND (? = '' OR actor = ?) AND (? = '' OR kind = ?) AND (? = '' OR ref = ?)
			ORDER BY id DESC LIMIT ?`, from, f.Actor, f.Actor, f.Kind, f.Kind, f.Ref, f.Ref, limitOf(f.Page)+1)
	})
	out, next = cut(out, f.Page, func(l AuditLine) string { return strconv.FormatInt(l.ID, 10) })
	return out, next, err
}

// VerifyAudit reads the whole chain and tells where it is broken: a line that was
// changed, taken out or put in. What it cannot see by itself is that the newest
// lines are gone, or that everything was written anew: give a head
// that was noted elsewhere.
func (s *Store) VerifyAudit(ctx context.Context, head string) (v scheduler.AuditVerdict, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			l, err := scanAudit(scan)
			if err == nil {
				v.Add(l, chain(l), head)
			}
			return err
		}, "SELECT "+auditColumns+" FROM audit ORDER BY id")
	})
	return v, err
}
