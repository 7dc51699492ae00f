package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

const personColumns = "id, name, phone, state, password <> '', grants, created, rev"

func scanPerson(scan func(...any) error) (p scheduler.Person, err error) {
	var grants string
	var created int64
	if err = scan(&p.ID, &p.Name, &p.Phone, &p.State, &p.Password, &grants, &created, &p.Rev); err == nil {
		p.Created = at(created)
		err = decode(grants, &p.Grants)
	}
	return p, err
}

// person finds one; found is false if there is none.
func (t *tx) person(id string) (p scheduler.Person, found bool, err error) {
	err = t.each(func(scan func(...any) error) error {
		found = true
		p, err = scanPerson(scan)
		return err
	}, "SELECT "+personColumns+" FROM person WHERE id = ?", id)
	return p, found, err
}

// active finds one who still works here.
func (t *tx) active(id string) (scheduler.Person, error) {
	p, found, err := t.person(id)
	switch {
	case err != nil:
		return p, err
	case !found:
		return p, scheduler.Missing("person", id, t.ids("person"))
	case p.State != scheduler.PersonActive:
		return p, conflict("id", id,
			scheduler.Words{ZH: "这个人已经离开", EN: "this person has left"},
			scheduler.Words{ZH: "换一个账号添加", EN: "add an account under another id"})
	}
	return p, nil
}

// People lists everybody by id, those who left too.
func (s *Store) People(ctx context.Context) (out []scheduler.Person, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			p, err := scanPerson(scan)
			out = append(out, p)
			return err
		}, "SELECT "+personColumns+" FROM person ORDER BY id")
	})
	return out, err
}

// Person is one person.
func (s *Store) Person(ctx context.Context, id string) (p scheduler.Person, err error) {
	err = s.read(ctx, func(t *tx) error {
		var found bool
		if p, found, err = t.person(id); err == nil && !found {
			return scheduler.Missing("person", id, t.ids("person"))
		}
		return err
	})
	return p, err
}

// PutPerson adds a person or changes name and roles. What somebody may do is read
// at each request, so a change holds at once, for sessions and tokens too.
func (s *Store) PutPerson(ctx context.Context, p scheduler.Person) (out scheduler.Person, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, change, err = t.putPerson(p)
		return err
	})
	return out, change, err
}

// PutPeople adds or changes many in one transaction, or none.
func (s *Store) PutPeople(ctx context.Context, people []scheduler.Person) error {
	return s.write(ctx, func(t *tx) error {
		for _, p := range people {
			if _, _, err := t.putPerson(p); err != nil {
				return fmt.Errorf("put %s: %w", p.ID, err)
			}
		}
		return nil
	})
}

func (t *tx) putPerson(p scheduler.Person) (out scheduler.Person, change Change, err error) {
	if err := p.Validate(t.world()); err != nil {
		return out, "", err
	}
	old, found, err := t.person(p.ID)
	if err != nil {
		return out, "", err
	}
	if err := checkRev(p.Rev, old.Rev); err != nil {
		return out, "", err
	}
	out, change = old, Updated
	out.Name, out.Phone, out.Grants = p.Name, p.Phone, p.Grants
	switch {
	case !found:
		change = Created
		out = scheduler.Person{ID: p.ID, Name: p.Name, Phone: p.Phone, State: scheduler.PersonActive, Grants: p.Grants, Created: t.now}
	case old.State != scheduler.PersonActive:
		return out, "", conflict("id", p.ID,
			scheduler.Words{ZH: "这个人已经离开", EN: "this person has left"},
			scheduler.Words{ZH: "换一个账号添加", EN: "add an account under another id"})
	case encode(out) == encode(old):
		return out, Unchanged, nil
	}
	out.Rev++
	if err := t.exec(`INSERT INTO person (id, name, phone, state, password, grants, created, rev) VALUES (?, ?, ?, ?, '', ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone, grants = excluded.grants, rev = excluded.rev`,
		out.ID, out.Name, out.Phone, out.State, encode(out.Grants), ms(out.Created), out.Rev); err != nil {
		return out, "", fmt.Errorf("put person: %w", err)
	}
	if err := t.stillRun(old, found); err != nil {
		return out, "", err
	}
	return out, change, t.changed("put person", "person", out.ID, out.Name, before(found, old), out)
}

// stillRun refuses a change after which nobody runs the county any more. It comes
// after the change, in its transaction.
func (t *tx) stillRun(old scheduler.Person, found bool) error {
	if !found || !old.Runs(t.tree()) {
		return nil
	}
	run := false
	err := t.each(func(scan func(...any) error) error {
		p, err := scanPerson(scan)
		run = run || p.Runs(t.tree())
		return err
	}, "SELECT "+personColumns+" FROM person WHERE state = 'active'")
	if err == nil && !run {
		return conflict("id", old.ID,
			scheduler.Words{ZH: "这是全县最后一个管理员", EN: "this is the last administrator of the county"},
			scheduler.Words{ZH: "先让别人当管理员", EN: "make somebody else an administrator first"})
	}
	return err
}

// SetPassword keeps the hash of a person's password, and ends their sessions but
// the one that asked.
func (s *Store) SetPassword(ctx context.Context, id, hash string) error {
	return s.write(ctx, func(t *tx) error {
		p, err := t.active(id)
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE person SET password = ? WHERE id = ?", hash, id); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if _, err := t.count("UPDATE session SET ended = ? WHERE person = ? AND ended = 0 AND id <> ?", ms(t.now), id, t.actor.Session); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		return t.audit("set password", "person", id, p.Name)
	})
}

// PasswordHash is what is stored of a person's password.
func (s *Store) PasswordHash(ctx context.Context, id string) (hash string, err error) {
	err = s.read(ctx, func(t *tx) error {
		if _, err := t.active(id); err != nil {
			return err
		}
		_, err := t.one("SELECT password FROM person WHERE id = ?", []any{id}, &hash)
		return err
	})
	return hash, err
}

// Leave is the one act by which somebody leaves: nothing of theirs opens a door
// any more, and their drafts go to a successor, if one is named, those that wait
// for approval too. What they agreed to stays agreed to. What they could have
// approved others can; where there is nobody else, the answer names it.
func (s *Store) Leave(ctx context.Context, id, successor string) (out scheduler.Left, err error) {
	err = s.write(ctx, func(t *tx) error {
		old, err := t.active(id)
		if err != nil {
			return err
		}
		if successor == id {
			return conflict("to", successor,
				scheduler.Words{ZH: "不能移交给自己", EN: "nobody hands over to themselves"},
				scheduler.Words{ZH: "写另一个人，或不写", EN: "name another person, or none"})
		}
		if successor != "" {
			if _, err := t.active(successor); err != nil {
				return err
			}
		}
		out = scheduler.Left{Person: old, Successor: successor}
		out.Person.State, out.Person.Password, out.Person.Grants = scheduler.PersonLeft, false, nil
		out.Person.Rev++
		steps := []struct {
			count *int
			query string
			args  []any
		}{
			{nil, "UPDATE person SET state = ?, password = '', phone = '', grants = 'null', left_at = ?, rev = rev + 1 WHERE id = ?", []any{scheduler.PersonLeft, ms(t.now), id}},
			{&out.Sessions, "UPDATE session SET ended = ? WHERE person = ? AND ended = 0", []any{ms(t.now), id}},
			{&out.Tokens, "UPDATE token SET ended = ? WHERE person = ? AND ended = 0", []any{ms(t.now), id}},
			{&out.Cards, "DELETE FROM card WHERE person = ? AND used = 0", []any{id}},
			{nil, "DELETE FROM deputy WHERE person = ? OR deputy = ?", []any{id, id}},
			{nil, "UPDATE submission SET hands = json_insert(hands, '$[#]', ?) WHERE ended = 0 AND ? <> '' AND (programme, version) IN (SELECT id, version FROM programme WHERE author = ?)", []any{successor, successor, id}},
			{nil, "UPDATE programme SET hands = json_insert(CASE WHEN hands IN ('', 'null') THEN '[]' ELSE hands END, '$[#]', ?) WHERE author = ? AND state IN " + standing + " AND ? <> ''", []any{successor, id, successor}},
			{&out.Drafts, "UPDATE programme SET author = ? WHERE author = ? AND state IN ('draft', 'submitted', 'returned', 'releasing') AND ? <> ''", []any{successor, id, successor}},
		}
		for _, step := range steps {
			n, err := t.count(step.query, step.args...)
			if err != nil {
				return fmt.Errorf("leave: %w", err)
			}
			if step.count != nil {
				*step.count = int(n)
			}
		}
		if err := t.stillRun(old, true); err != nil {
			return err
		}
		if out.Unapproved, err = t.unapproved(); err != nil {
			return err
		}
		if err := t.telling(); err != nil {
			return err
		}
		return t.changed("leave", "person", id, old.Name, old, out)
	})
	return out, err
}

// PutDeputy lets one approve in the place of another for some days.
func (s *Store) PutDeputy(ctx context.Context, d scheduler.Deputy) error {
	return s.write(ctx, func(t *tx) error {
		today, err := t.today()
		if err != nil {
			return err
		}
		if err := d.Validate(today); err != nil {
			return err
		}
		for _, id := range []string{d.Person, d.Deputy} {
			if _, err := t.active(id); err != nil {
				return err
			}
		}
		if err := t.exec("INSERT INTO deputy (person, deputy, first, last) VALUES (?, ?, ?, ?) ON CONFLICT (person, deputy, first) DO UPDATE SET last = excluded.last",
			d.Person, d.Deputy, d.First, d.Last); err != nil {
			return fmt.Errorf("put deputy: %w", err)
		}
		return t.changed("name deputy", "deputy", d.Person, d.Deputy, nil, d)
	})
}

// RemoveDeputies ends all that a person named.
func (s *Store) RemoveDeputies(ctx context.Context, person string) error {
	return s.write(ctx, func(t *tx) error {
		old, err := t.deputies("person = ?", person)
		if err != nil || len(old) == 0 {
			return err
		}
		if err := t.exec("DELETE FROM deputy WHERE person = ?", person); err != nil {
			return fmt.Errorf("remove deputies: %w", err)
		}
		return t.changed("remove deputies", "deputy", person, "", old, nil)
	})
}

// Deputies lists whom a person named, those of the past too.
func (s *Store) Deputies(ctx context.Context, person string) (out []scheduler.Deputy, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.deputies("person = ? ORDER BY first", person)
		return err
	})
	return out, err
}

func (t *tx) deputies(where string, args ...any) (out []scheduler.Deputy, err error) {
	err = t.each(func(scan func(...any) error) error {
		var d scheduler.Deputy
		err := scan(&d.Person, &d.Deputy, &d.First, &d.Last)
		out = append(out, d)
		return err
	}, "SELECT person, deputy, first, last FROM deputy WHERE "+where, args...)
	return out, err
}

// today is the day in the county.
func (t *tx) today() (wire.Date, error) {
	zone, err := t.zone()
	if err != nil {
		return "", err
	}
	return wire.Date(t.now.In(zone).Format("2006-01-02")), nil
}

// grantsOf are a person's own, and the approvals that others lent them today.
func (t *tx) grantsOf(p scheduler.Person) ([]scheduler.Grant, error) {
	grants := p.Grants
	today, err := t.today()
	if err != nil {
		return nil, err
	}
	lent, err := t.deputies("deputy = ? AND first <= ? AND last >= ?", p.ID, today, today)
	for _, d := range lent {
		from, found, err := t.person(d.Person)
		if err != nil {
			return nil, err
		}
		if found && from.State == scheduler.PersonActive {
			grants = append(grants[:len(grants):len(grants)], from.Lends()...)
		}
	}
	return grants, err
}
