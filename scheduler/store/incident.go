package store

import (
	"fmt"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// flood looks whether most units have fallen at once, and gives the incident
// after that look; the lock is held.
func (ps *presences) flood(paused map[string]bool, now time.Time) *scheduler.Incident {
	f := scheduler.NewFlood(ps.watch, now)
	for id, e := range ps.entries {
		if e.unit.State == scheduler.UnitInstalled && !paused[id] {
			f.Add(e.unit, e.p)
		}
	}
	return f.Next(ps.incident)
}

// saveIncident writes one that began, changed or ended, and gives it its id.
func (t *tx) saveIncident(i *scheduler.Incident) error {
	if i == nil {
		return nil
	}
	if i.ID == 0 {
		res, err := t.sql.ExecContext(t.ctx, "INSERT INTO incident (start, finish, there, gone) VALUES (?, ?, ?, ?)", ms(i.From), ms(i.To), i.There, encode(i.Gone))
		if err != nil {
			return fmt.Errorf("save incident: %w", err)
		}
		if i.ID, err = res.LastInsertId(); err != nil {
			return err
		}
		t.event("incident", "", strconv.FormatInt(i.ID, 10), "opened", i.Text())
		return nil
	}
	if !i.To.IsZero() {
		t.event("incident", "", strconv.FormatInt(i.ID, 10), "closed", i.Text())
	}
	return t.exec("UPDATE incident SET start = ?, finish = ?, there = ?, gone = ? WHERE id = ?", ms(i.From), ms(i.To), i.There, encode(i.Gone), i.ID)
}

// openIncident is the one that lasted when the centre stopped without a word. It
// goes on: whoever is still gone after the time of grace is in it.
func (t *tx) openIncident() (*scheduler.Incident, error) {
	list, err := t.incidents("finish = 0 ORDER BY id DESC LIMIT 1")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (t *tx) incidents(where string, args ...any) (out []scheduler.Incident, err error) {
	err = t.each(func(scan func(...any) error) error {
		var i scheduler.Incident
		var from, to int64
		var gone string
		if err := scan(&i.ID, &from, &to, &i.There, &gone); err != nil {
			return err
		}
		i.From, i.To = at(from), at(to)
		err := decode(gone, &i.Gone)
		out = append(out, i)
		return err
	}, "SELECT id, start, finish, there, gone FROM incident WHERE "+where, args...)
	return out, err
}
