package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/villagecast/villagecast/scheduler"
)

// releasedNaming finds the released versions that name a thing of a kind.
const releasedNaming = `SELECT n.programme, n.version FROM programme_names n JOIN programme p ON p.id = n.programme AND p.version = n.version
	WHERE n.kind = ? AND n.name = ? AND p.state = 'released'`

// releasedForUnit finds those that name a unit, or a group that holds it.
const releasedForUnit = `SELECT n.programme, n.version FROM programme_names n JOIN programme p ON p.id = n.programme AND p.version = n.version
	WHERE p.state = 'released' AND (n.kind = 'unit' AND n.name = ? OR n.kind = 'group' AND n.name IN (SELECT grp FROM group_member WHERE kind = 'unit' AND member = ?))`

const programmeColumns = "id, version, state, drafted, released, rev, created, released_at, author, hands"

func scanProgramme(scan func(...any) error) (p scheduler.Programme, drafted scheduler.Programme, err error) {
	var id, draft, released, author, hands string
	var version int
	var state scheduler.ProgrammeState
	var rev, created, releasedAt int64
	if err = scan(&id, &version, &state, &draft, &released, &rev, &created, &releasedAt, &author, &hands); err != nil {
		return p, p, err
	}
	fill := func(body string) (scheduler.Programme, error) {
		var p scheduler.Programme
		err := decode(body, &p)
		p.ID, p.Version, p.State, p.Rev = id, version, state, rev
		p.Created, p.ReleasedAt, p.Author = at(created), at(releasedAt), author
		if err == nil {
			err = decode(hands, &p.Hands)
		}
		return p, err
	}
	if drafted, err = fill(draft); err != nil || released == "" {
		return drafted, drafted, err
	}
	p, err = fill(released)
	return p, drafted, err
}

// programmes reads what a query of programmeColumns gives.
func (t *tx) programmes(query string, args ...any) (out []scheduler.Programme, err error) {
	err = t.each(func(scan func(...any) error) error {
		p, _, err := scanProgramme(scan)
		out = append(out, p)
		return err
	}, query, args...)
	return out, err
}

// version finds a version, 0 for the newest, also as it was drafted.
func (t *tx) version(id string, version int) (p, drafted scheduler.Programme, err error) {
	found := false
	err = t.each(func(scan func(...any) error) error {
		found = true
		p, drafted, err = scanProgramme(scan)
		return err
	}, "SELECT "+programmeColumns+" FROM programme WHERE id = ? AND (? = 0 OR version = ?) ORDER BY version DESC LIMIT 1", id, version, version)
	if err == nil && !found {
		err = scheduler.Missing("programme", id, t.ids("programme"))
		if version > 0 {
			err = scheduler.Missing("version of this programme", fmt.Sprintf("%s@%d", id, version), nil)
		}
	}
	return p, drafted, err
}

// content is what people say of a programme, without what the store adds.
func content(p scheduler.Programme) string {
	p.Version, p.State, p.Rev, p.Items, p.Author, p.Hands = 0, "", 0, nil, "", nil
	p.Created, p.ReleasedAt, p.ReleasedBy, p.EndAssumed = at(0), at(0), "", false
	return encode(p)
}

// PutDraft makes or changes the draft of a programme: version 1 of a new one,
// the next version of one that was released. What was submitted becomes a draft
// again, and whoever agreed to it has to be asked anew. Defaults are filled in. The same
// content as the newest version changes nothing, also when that one is released;
// of a version that was withdrawn or stopped it makes a new draft.
// Rev, if not 0, must be the one of the newest version.
func (s *Store) PutDraft(ctx context.Context, p scheduler.Programme) (out scheduler.Programme, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, change, err = t.putDraft(p)
		return err
	})
	return out, change, err
}

func (t *tx) putDraft(p scheduler.Programme) (scheduler.Programme, Change, error) {
	p.Version, p.State, p.Items = 0, "", nil
	p = p.WithDefaults(t.tree().Root())
	if err := p.Validate(t.world()); err != nil {
		return p, "", err
	}
	newest, drafted, err := t.version(p.ID, 0)
	change := Updated
	switch {
	case scheduler.KindOf(err) == scheduler.NotFound:
		change = Created
	case err != nil:
		return p, "", err
	}
	if err := checkRev(p.Rev, newest.Rev); err != nil {
		return p, "", err
	}
	stands := newest.State.Open() || newest.State == scheduler.ProgrammeReleased
	if stands && (content(p) == content(newest) || content(p) == content(drafted)) && !t.outdated(newest) {
		return newest, Unchanged, nil
	}
	p.Version, p.Created, p.Hands = newest.Version, newest.Created, []string{t.actor.ID}
	if !newest.State.Open() {
		p.Version, p.Created = newest.Version+1, t.now
	} else if p.Hands, err = t.again(newest); err != nil {
		return p, "", err
	}
	p.Rev = newest.Rev + 1
	p.ReleasedAt, p.ReleasedBy, p.EndAssumed, p.Author = at(0), "", false, t.actor.ID
	if err := t.saveDraft(p); err != nil {
		return p, "", fmt.Errorf("put draft: %w", err)
	}
	return p, change, t.changed("draft programme", "programme", p.ID, p.Title, before(change == Updated, newest), p)
}

// again makes a version that was submitted a draft again, and gives all who
// drafted it.
func (t *tx) again(p scheduler.Programme) ([]string, error) {
	w, err := t.way(p)
	if err != nil {
		return nil, err
	}
	w.Hands = p.Hands
	next, err := w.Edit(t.actor.ID)
	if err != nil {
		return nil, err
	}
	if p.State == scheduler.ProgrammeDraft {
		return next.Hands, nil
	}
	if err := t.finish(w, scheduler.OutcomeChanged, ""); err != nil {
		return nil, err
	}
	return next.Hands, t.setState(p.ID, p.Version, next.State)
}

// outdated tells whether a released version carries other items than its
// playlist holds now: then the same words make a new version.
func (t *tx) outdated(p scheduler.Programme) bool {
	if p.State != scheduler.ProgrammeReleased {
		return false
	}
	list, _, err := t.playlist(p.Playlist)
	if err != nil {
		return false
	}
	var failed error
	items, err := list.Wire(t.assetOf(&failed))
	return err == nil && failed == nil && encode(items) != encode(p.Items)
}

func (t *tx) saveDraft(p scheduler.Programme) error {
	err := t.exec(`INSERT INTO programme (id, version, state, title, category, campaign, playlist, issuer, drafted, released, rev, created, released_at, ends, ended_at, author, hands)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, 0, 0, ?, ?) ON CONFLICT (id, version) DO UPDATE SET title = excluded.title, category = excluded.category,
		campaign = excluded.campaign, playlist = excluded.playlist, issuer = excluded.issuer, drafted = excluded.drafted, rev = excluded.rev, author = excluded.author, hands = excluded.hands`,
		p.ID, p.Version, p.State, p.Title, p.Category, p.Campaign, p.Playlist, p.Issuer, encode(p), p.Rev, ms(p.Created), p.Author, encode(p.Hands))
	if err != nil {
		return err
	}
	if err := t.exec("DELETE FROM programme_names WHERE programme = ? AND version = ?", p.ID, p.Version); err != nil {
		return err
	}
	return t.name(p, map[string][]string{"area": p.Targets.Areas, "group": p.Targets.Groups, "unit": p.Targets.Units,
		"except": p.Targets.Except, "heard": heardName(p.Targets), "calendar": slices.Concat(p.Rule.On, p.Rule.Off)})
}

// name notes what a version names.
func (t *tx) name(p scheduler.Programme, names map[string][]string) error {
	for kind, list := range names {
		for _, n := range once(list) {
			if err := t.exec("INSERT INTO programme_names (kind, name, programme, version) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", kind, n, p.ID, p.Version); err != nil {
				return err
			}
		}
	}
	return nil
}

// Programme is one version; version 0 is the newest.
func (s *Store) Programme(ctx context.Context, id string, version int) (p scheduler.Programme, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err = t.version(id, version)
		return err
	})
	return p, err
}

// Versions lists all versions of a programme, newest first.
func (s *Store) Versions(ctx context.Context, id string) (out []scheduler.Programme, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.programmes("SELECT "+programmeColumns+" FROM programme WHERE id = ? ORDER BY version DESC", id)
		if err == nil && len(out) == 0 {
			return scheduler.Missing("programme", id, t.ids("programme"))
		}
		return err
	})
	return out, err
}

// Programmes lists the newest version of each programme by id; with a State,
// the newest version in that state.
func (s *Store) Programmes(ctx context.Context, f ProgrammeFilter) (out []scheduler.Programme, next string, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.programmes("SELECT "+programmeColumns+` FROM programme p WHERE id > ? AND (? = '' OR campaign = ?) AND (? = '' OR category = ?)
			AND version = (SELECT max(version) FROM programme q WHERE q.id = p.id AND (? = '' OR q.state = ?)) ORDER BY id`,
			f.After, f.Campaign, f.Campaign, f.Category, f.Category, f.State, f.State)
		if err != nil || f.Area == "" {
			out = all
			return err
		}
		reaching, err := t.reaching(f.Area)
		for _, p := range all {
			if reaching[p.ID] || t.tree().Within(p.Issuer, f.Area) {
				out = append(out, p)
			}
		}
		return err
	})
	out, next = cut(out, f.Page, func(p scheduler.Programme) string { return p.ID })
	return out, next, err
}

// reaching are the ids of released programmes for the area, one above or below it.
func (t *tx) reaching(area string) (map[string]bool, error) {
	tree := t.tree()
	if _, ok := tree.Area(area); !ok {
		return nil, scheduler.Missing("area", area, tree.IDs)
	}
	out := map[string]bool{}
	err := t.each(func(scan func(...any) error) error {
		var address, id, unitArea string
		if err := scan(&address, &id, &unitArea); err != nil {
			return err
		}
		if unitArea != "" && tree.Within(unitArea, area) {
			out[id] = true
		} else if unitArea == "" {
			a := address[len("area/"):]
			out[id] = out[id] || tree.Within(area, a) || tree.Within(a, area)
		}
		return nil
	}, `SELECT a.address, a.programme, coalesce(u.area, '') FROM programme_address a JOIN programme p ON p.id = a.programme AND p.version = a.version
		LEFT JOIN unit u ON a.address = 'unit/' || u.id WHERE p.state = 'released'`)
	return out, err
}

// RemoveDraft removes the newest version if it is a draft.
func (s *Store) RemoveDraft(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		p, _, err := t.version(id, 0)
		if err != nil {
			return err
		}
		if p.State != scheduler.ProgrammeDraft && p.State != scheduler.ProgrammeReturned {
			return conflict("id", id,
				scheduler.Words{ZH: fmt.Sprintf("它最新的版本不是草稿（%s）", p.State), EN: fmt.Sprintf("its newest version is not a draft but %s", p.State)},
				scheduler.Words{ZH: "不想再播的话，请撤播", EN: "withdraw it, if it shall not play any more"})
		}
		if err := t.exec("DELETE FROM programme WHERE id = ? AND version = ?", id, p.Version); err != nil {
			return fmt.Errorf("remove draft: %w", err)
		}
		return t.audit("remove draft", "programme", id, p.Title)
	})
}
