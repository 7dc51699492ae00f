package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// longest is how long before a span an entry that reaches into it may begin:
// entries are closed each 15 minutes, skips of a loop may reach over a day.
const longest = 26 * time.Hour

// bounds are the filter's times in milliseconds.
func boundsOf(f AsRunFilter) (from, to int64) {
	to = math.MaxInt64
	if !f.To.IsZero() {
		to = ms(f.To)
	}
	return ms(f.From), to
}

// place is where an entry stands in a list.
type place struct{ start, content, unit, spool, seq int64 }

func (p place) String() string {
	return fmt.Sprintf("%d.%d.%d.%d.%d", p.start, p.content, p.unit, p.spool, p.seq)
}

func placeOf(p Page) (out place, err error) {
	if p.After == "" {
		return place{start: math.MinInt64}, nil
	}
	if n, err := fmt.Sscanf(p.After, "%d.%d.%d.%d.%d", &out.start, &out.content, &out.unit, &out.spool, &out.seq); err != nil || n != 5 {
		return out, badCursor(p.After)
	}
	return out, nil
}

// where is the filter as a condition on a table of proof with a length.
func whereOf(f AsRunFilter, t *tx, length string) (string, []any, error) {
	p, err := placeOf(f.Page)
	if err != nil {
		return "", nil, err
	}
	from, to := boundsOf(f)
	where := "(a.start, a.content, a.unit, a.spool, a.seq) > (?, ?, ?, ?, ?) AND a.start < ?"
	args := []any{p.start, p.content, p.unit, p.spool, p.seq, to}
	if from > 0 {
		where += " AND a.start > ? AND (a.start + " + length + " > ? OR a.start >= ?)"
		args = append(args, from-longest.Milliseconds(), from, from)
	}
	units, more, err := t.unitWhere("a.unit", f.Unit, f.Area)
	if err != nil {
		return "", nil, err
	}
	where, args = where+units, append(args, more...)
	if f.Programme != "" || f.Interrupt != "" {
		where += " AND a.content IN (SELECT num FROM content WHERE programme = ? AND interrupt = ? AND (? = 0 OR version = ?))"
		args = append(args, f.Programme, f.Interrupt, f.Version, f.Version)
	}
	return where, args, nil
}

// AsRuns lists as-run entries, oldest first.
func (s *Store) AsRuns(ctx context.Context, f AsRunFilter) (out []scheduler.AsRun, next string, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, next, err = t.asruns(f)
		return err
	})
	return out, next, err
}

func (t *tx) asruns(f AsRunFilter) (out []scheduler.AsRun, next string, err error) {
	where, args, err := whereOf(f, t, "a.length")
	if err != nil {
		return nil, "", err
	}
	if f.Output != "" {
		want := int64(0)
		if f.Output == wire.OutputScreen {
			want = 1
		}
		where, args = where+" AND (a.code & 3) = ?", append(args, want)
	}
	var last place
	err = t.each(func(scan func(...any) error) error {
		if len(out) == limitOf(f.Page) {
			next = last.String()
			return nil
		}
		var a scheduler.AsRun
		a, last, err = scanAsRun(scan)
		out = append(out, a)
		return err
	}, `SELECT u.id, s.id, a.start, a.content, a.unit, a.spool, a.seq, a.length, a.code, a.stored, a.rounds, coalesce(a.note, ''), c.programme, c.version, c.interrupt, c.title, c.level
		FROM asrun a JOIN content c ON c.num = a.content JOIN unit u ON u.num = a.unit JOIN spool s ON s.num = a.spool
		WHERE `+where+" ORDER BY a.start, a.content, a.unit, a.spool, a.seq LIMIT ?", append(args, limitOf(f.Page)+1)...)
	return out, next, err
}

func scanAsRun(scan func(...any) error) (a scheduler.AsRun, p place, err error) {
	var length, code, stored int64
	var rounds []byte
	var note string
	if err = scan(&a.Unit, &a.Spool, &p.start, &p.content, &p.unit, &p.spool, &p.seq, &length, &code, &stored, &rounds, &note,
		&a.Programme, &a.Version, &a.Interrupt, &a.Title, &a.Level); err != nil {
		return a, p, err
	}
	a.Seq, a.From, a.To = uint64(p.seq), p.start, p.start+length
	a.Stored = time.UnixMilli(p.start + stored*1000)
	if err = unpackCode(code, &a.AsRun); err != nil {
		return a, p, err
	}
	if err = unpackRounds(rounds, &a.AsRun); err != nil {
		return a, p, err
	}
	var n asrunNote
	err = decode(note, &n)
	a.By, a.Why = n.By, n.Why
	return a, p, err
}

// Skips lists skips that units reported, oldest first.
func (s *Store) Skips(ctx context.Context, f AsRunFilter) (out []scheduler.Skip, next string, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, next, err = t.skips(f)
		return err
	})
	return out, next, err
}

func (t *tx) skips(f AsRunFilter) (out []scheduler.Skip, next string, err error) {
	where, args, err := whereOf(f, t, "(a.until - a.start)")
	if err != nil {
		return nil, "", err
	}
	if f.Output != "" {
		where, args = where+" AND a.output = ?", append(args, f.Output)
	}
	var last place
	err = t.each(func(scan func(...any) error) error {
		if len(out) == limitOf(f.Page) {
			next = last.String()
			return nil
		}
		var k scheduler.Skip
		err := scan(&k.Unit, &k.Spool, &last.start, &last.content, &last.unit, &last.spool, &last.seq, &k.Output, &k.Rounds, &k.Until, &k.Code, &k.Why, &k.Programme, &k.Version)
		k.Seq, k.Start = uint64(last.seq), last.start
		out = append(out, k)
		return err
	}, `SELECT u.id, s.id, a.start, a.content, a.unit, a.spool, a.seq, a.output, a.rounds, a.until, a.reason, a.why, c.programme, c.version
		FROM skip a JOIN content c ON c.num = a.content JOIN unit u ON u.num = a.unit JOIN spool s ON s.num = a.spool
		WHERE `+where+" ORDER BY a.start, a.content, a.unit, a.spool, a.seq LIMIT ?", append(args, limitOf(f.Page)+1)...)
	return out, next, err
}

// Offs lists the spans in which units say that they were off, oldest first.
func (s *Store) Offs(ctx context.Context, f AsRunFilter) (out []scheduler.Off, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.offs(f)
		return err
	})
	return out, err
}

func (t *tx) offs(f AsRunFilter) (out []scheduler.Off, err error) {
	from, to := boundsOf(f)
	where, args, err := t.unitWhere("o.unit", f.Unit, f.Area)
	if err != nil {
		return nil, err
	}
	err = t.each(func(scan func(...any) error) error {
		var o scheduler.Off
		err := scan(&o.Unit, &o.From, &o.To, &o.Clean)
		out = append(out, o)
		return err
	}, "SELECT u.id, o.start, o.finish, o.clean FROM off o JOIN unit u ON u.num = o.unit WHERE o.finish > ? AND o.start < ?"+where+" ORDER BY o.start, u.id",
		append([]any{from, to}, args...)...)
	return out, err
}
