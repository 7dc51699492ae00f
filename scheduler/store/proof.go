package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// contents remembers the numbers of what plays and of spools, as committed.
type contents struct {
	mu     sync.Mutex
	nums   map[contentKey]int64
	spools map[spoolKey]spoolRow
}

type contentKey struct {
	programme string
	version   int
	interrupt string
}

type spoolKey struct {
	unit int64
	id   string
}

// spoolRow is a spool and how far it is stored.
type spoolRow struct {
	num    int64
	stored uint64
}

// Record stores what of a report is not there yet and returns the centre's word
// for it: the highest sequence number up to which everything is committed.
func (s *Store) Record(ctx context.Context, r wire.Report, now time.Time) (wire.Stored, error) {
	out, err := s.RecordAll(ctx, []wire.Report{r}, now)
	if err != nil {
		return wire.Stored{}, err
	}
	return out[0].Stored, out[0].Err
}

// Recorded is the answer to one report of a batch.
type Recorded struct {
	Unit   string
	Stored wire.Stored
	// Err is set when this report alone was refused: an unknown unit, a malformed one.
	Err error
}

// RecordAll does the same for many reports in one transaction, answers in their order.
func (s *Store) RecordAll(ctx context.Context, rs []wire.Report, now time.Time) (out []Recorded, err error) {
	err = s.write(ctx, func(t *tx) error {
		b := &batch{tx: t, now: now, nums: map[contentKey]int64{}, spools: map[spoolKey]spoolRow{}, told: map[string]bool{}, played: map[contentKey]bool{}}
		if err := b.prepare(); err != nil {
			return err
		}
		out = make([]Recorded, len(rs))
		for i, r := range rs {
			out[i].Unit = r.Unit
			stored, err := b.record(r)
			switch {
			case err == nil:
				out[i].Stored = wire.Stored{Spool: r.Spool, Seq: stored}
			case scheduler.KindOf(err) != "":
				out[i].Err = err
			default:
				return fmt.Errorf("record report of %s: %w", r.Unit, err)
			}
		}
		return b.finish()
	})
	return out, err
}

// batch is the recording of some reports in one transaction.
type batch struct {
	*tx
	now    time.Time
	nums   map[contentKey]int64 // new in this transaction
	spools map[spoolKey]spoolRow
	told   map[string]bool
	played map[contentKey]bool // what new stretches are of
	// asrun and skip insert, stored asks for what is there.
	asrun, skip, stored *sql.Stmt
}

func (b *batch) prepare() (err error) {
	if b.asrun, err = b.sql.PrepareContext(b.ctx, `INSERT INTO asrun (unit, start, spool, seq, content, length, code, stored, rounds, note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	if b.stored, err = b.sql.PrepareContext(b.ctx, storedSQL); err != nil {
		return err
	}
	b.skip, err = b.sql.PrepareContext(b.ctx, `INSERT INTO skip (unit, start, spool, seq, content, output, rounds, until, reason, why)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	return err
}

// record stores the entries of one report that are new. Nothing is taken of one
// that follows on what is not here: the unit is told how far we are, and goes
// back there.
func (b *batch) record(r wire.Report) (uint64, error) {
	unit, ok := b.s.presence.number(r.Unit)
	if !ok {
		return 0, scheduler.Missing("unit", r.Unit, nil)
	}
	key := spoolKey{unit, r.Spool}
	spool, err := b.spool(key)
	if err != nil {
		return 0, err
	}
	if r.After > spool.stored {
		return spool.stored, nil
	}
	for _, e := range r.Entries {
		if e.Seq <= spool.stored {
			continue
		}
		if err := b.entry(unit, r.Unit, spool.num, e); err != nil {
			return 0, err
		}
		spool.stored = e.Seq
	}
	b.spools[key] = spool
	return spool.stored, nil
}

func (b *batch) spool(key spoolKey) (row spoolRow, err error) {
	if row, ok := b.spools[key]; ok {
		return row, nil
	}
	c := &b.s.contents
	c.mu.Lock()
	row, ok := c.spools[key]
	c.mu.Unlock()
	if ok {
		return row, nil
	}
	found, err := b.one("SELECT num, stored FROM spool WHERE unit = ? AND id = ?", []any{key.unit, key.id}, &row.num, &row.stored)
	if err != nil || found {
		return row, err
	}
	res, err := b.sql.ExecContext(b.ctx, "INSERT INTO spool (unit, id, stored) VALUES (?, ?, 0)", key.unit, key.id)
	if err != nil {
		return row, err
	}
	row.num, err = res.LastInsertId()
	return row, err
}

// content is the number of what plays. A skip, which may come first, knows neither
// title nor level: they are filled in by the first stretch.
func (b *batch) content(key contentKey, title string, level wire.Level) (int64, error) {
	if n, ok := b.nums[key]; ok {
		return n, nil
	}
	c := &b.s.contents
	c.mu.Lock()
	n, ok := c.nums[key]
	c.mu.Unlock()
	if ok {
		return n, nil
	}
	var known string
	found, err := b.one("SELECT num, title FROM content WHERE programme = ? AND version = ? AND interrupt = ?", []any{key.programme, key.version, key.interrupt}, &n, &known)
	switch {
	case err != nil:
		return 0, err
	case !found:
		var res sql.Result
		if res, err = b.sql.ExecContext(b.ctx, "INSERT INTO content (programme, version, interrupt, title, level) VALUES (?, ?, ?, ?, ?)",
			key.programme, key.version, key.interrupt, title, level); err == nil {
			n, err = res.LastInsertId()
		}
	case known == "" && title != "":
		err = b.exec("UPDATE content SET title = ?, level = ? WHERE num = ?", title, level, n)
	}
	if title != "" {
		b.nums[key] = n
	}
	return n, err
}

func (b *batch) entry(unit int64, id string, spool int64, e wire.Entry) error {
	switch {
	case e.AsRun != nil:
		return b.addAsRun(unit, id, spool, e.Seq, *e.AsRun)
	case e.Skip != nil:
		k := *e.Skip
		n, err := b.content(contentKey{k.Programme, k.Version, ""}, "", "")
		if err != nil {
			return err
		}
		_, err = b.skip.ExecContext(b.ctx, unit, k.Start, spool, int64(e.Seq), n, k.Output, k.Rounds, k.Until, k.Code, k.Why)
		return err
	case e.Off != nil:
		b.event("asrun", id, "", "off", "")
		return b.addOff(unit, spool, *e.Off)
	case e.Event != nil:
		return b.note(at(e.At), id, e.Event.Code, e.Event.Text)
	}
	return nil // a body that a newer agent knows: stored is stored
}

func (b *batch) addAsRun(unit int64, id string, spool int64, seq uint64, a wire.AsRun) error {
	n, err := b.content(contentKey{a.Programme, a.Version, a.Interrupt}, a.Title, a.Level)
	if err != nil {
		return err
	}
	if again, err := b.again(unit, spool, n, a); err != nil || again {
		return err
	}
	b.played[contentKey{a.Programme, a.Version, ""}] = true
	var note any
	if a.By != "" || a.Why != "" {
		note = encode(asrunNote{a.By, a.Why})
	}
	if !b.told[id] {
		b.told[id] = true
		b.tx.event("asrun", id, a.Programme+a.Interrupt, a.Outcome, a.Title)
	}
	_, err = b.asrun.ExecContext(b.ctx, unit, a.From, spool, int64(seq), n, a.To-a.From, packCode(a), (ms(b.now)-a.From)/1000, packRounds(a), note)
	return err
}

// finish writes how far each spool is, and remembers all numbers once they are
// committed.
func (b *batch) finish() error {
	st, err := b.sql.PrepareContext(b.ctx, "UPDATE spool SET stored = ? WHERE num = ?")
	if err != nil {
		return err
	}
	defer st.Close()
	for _, row := range b.spools {
		if _, err := st.ExecContext(b.ctx, int64(row.stored), row.num); err != nil {
			return err
		}
	}
	if err := b.correct(); err != nil {
		return err
	}
	b.after = append(b.after, func() {
		c := &b.s.contents
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.nums == nil {
			c.nums, c.spools = map[contentKey]int64{}, map[spoolKey]spoolRow{}
		}
		for k, n := range b.nums {
			c.nums[k] = n
		}
		for k, r := range b.spools {
			c.spools[k] = r
		}
	})
	return nil
}
