package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// tableIn is a spreadsheet on its way in. What it would change is read once,
// before it is asked whether that is allowed.
type tableIn struct {
	Language string `header:"Accept-Language"`
	Body     client.TableSpec

	roster scheduler.Roster
}

// cardsIn asks for cards; people are those who get one.
type cardsIn struct {
	Body client.CardsSpec

	people []string
}

// rosters adds the routes by which many get their accounts and cards at once.
func (s *server) rosters() {
	route(s, methodPost, "/people/import", "import-people", "Makes or changes accounts from a spreadsheet: all of them, or none", scheduler.ActPeople, at(s.placesOfRoster), s.importPeople)
	route(s, methodPost, "/units/import", "import-units", "Adds or changes units from a spreadsheet: all of them, or none", scheduler.ActPlace, at(s.placesOfUnits), s.importUnits)
	route(s, methodPost, "/people/cards", "give-cards", "Makes sign-in cards for many: those named, or all who still need one", scheduler.ActPeople, at(s.placesOfCards),
		func(ctx context.Context, in *cardsIn) (*answer[client.Page[client.Card]], error) {
			codes, cards, err := s.Store.AddCards(ctx, in.people, time.Duration(cmp.Or(in.Body.Days, cardDays))*24*time.Hour)
			page := client.Page[client.Card]{Items: []client.Card{}}
			for i := range codes {
				page.Items = append(page.Items, s.cardOut(codes[i], cards[i]))
			}
			return reply(page), err
		})
}

// unitsIn is a list of units on its way in.
type unitsIn struct {
	Language string `header:"Accept-Language"`
	Body     client.UnitsTableSpec

	list scheduler.UnitList
}

// placesOfUnits reads the list, and wants the authority where each unit stands and
// where it is put.
func (s *server) placesOfUnits(ctx context.Context, in *unitsIn) ([]need, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if len(actor(ctx).Areas(tree, scheduler.ActPlace)) == 0 {
		return []need{{}}, nil // refused before the table is read
	}
	table, err := s.Table(in.Body.Table, in.Language)
	if err != nil {
		return nil, err
	}
	existing, err := s.allUnits(ctx)
	if err != nil {
		return nil, err
	}
	if in.list, err = scheduler.ReadUnits(table, in.Language, tree, existing); err != nil {
		return nil, err
	}
	refused := &scheduler.TableError{Kind: scheduler.Forbidden, Lang: in.Language}
	for _, l := range in.list.Units {
		err := actor(ctx).May(tree, scheduler.ActPlace, l.Thing.Area)
		if err == nil && l.Change != scheduler.Created {
			err = actor(ctx).May(tree, scheduler.ActPlace, l.Old.Area)
		}
		if err == nil && in.Body.Claims {
			err = actor(ctx).May(tree, scheduler.ActEnrol, l.Thing.Area)
		}
		refused.Refuse(l.Row, l.Thing.ID, "你不能在这里添加或改动终端", err)
	}
	return nil, refused.Any()
}

// allUnits are the units of the county, those out of service too.
func (s *server) allUnits(ctx context.Context) (out []scheduler.Unit, err error) {
	for _, state := range []scheduler.UnitState{"", scheduler.UnitRemoved} {
		f := scheduler.UnitFilter{State: state, Page: scheduler.Page{Limit: 1000}}
		for {
			page, next, err := s.Store.Units(ctx, f)
			if err != nil {
				return nil, err
			}
			for _, v := range page {
				out = append(out, v.Unit)
			}
			if f.After = next; next == "" {
				break
			}
		}
	}
	return out, nil
}

func (s *server) importUnits(ctx context.Context, in *unitsIn) (*answer[client.UnitsImported], error) {
	out := client.UnitsImported{Imported: client.Imported{Check: in.Body.Check, Rows: []client.ImportedAs{}, Ignored: in.list.Ignored}}
	var added, changed []scheduler.Unit
	for _, l := range in.list.Units {
		out.Rows = append(out.Rows, client.ImportedAs{Row: l.Row, ID: l.Thing.ID, Name: l.Thing.Name, Area: l.Thing.Area, Change: string(l.Change)})
		switch l.Change {
		case scheduler.Created:
			added = append(added, l.Thing)
		case scheduler.Updated:
			changed = append(changed, l.Thing)
		}
	}
	if in.Body.Check || len(added)+len(changed) == 0 {
		return reply(out), nil
	}
	made, err := s.Store.ImportUnits(ctx, added, changed, in.Body.Claims)
	if err != nil {
		return nil, err
	}
	out.Claims, err = s.issued(made)
	return reply(out), err
}

// placesOfRoster reads the list, and wants the authority over every person in it:
// over the roles that they have and those that they get. All rows for which it is
// missing are named.
func (s *server) placesOfRoster(ctx context.Context, in *tableIn) ([]need, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if len(actor(ctx).Areas(tree, scheduler.ActInvite)) == 0 {
		return []need{{}}, nil // refused before the table is read
	}
	table, err := s.Table(in.Body.Table, in.Language)
	if err != nil {
		return nil, err
	}
	existing, err := s.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	in.roster, err = scheduler.ReadRoster(table, in.Language, scheduler.World{Tree: tree}, existing)
	if err != nil {
		return nil, err
	}
	refused := &scheduler.TableError{Kind: scheduler.Forbidden, Lang: in.Language}
	for _, l := range in.roster.People {
		for _, n := range overGrants(slices.Concat(l.Thing.Grants, l.Old.Grants)...) {
			if refused.Refuse(l.Row, l.Thing.Name, "你不能给这里的这个角色开账号", actor(ctx).May(tree, n.act, n.area)) {
				break
			}
		}
	}
	return nil, refused.Any()
}

func (s *server) importPeople(ctx context.Context, in *tableIn) (*answer[client.Imported], error) {
	out := client.Imported{Check: in.Body.Check, Rows: []client.ImportedAs{}, Ignored: in.roster.Ignored}
	var changed []scheduler.Person
	for _, l := range in.roster.People {
		as := client.ImportedAs{Row: l.Row, ID: l.Thing.ID, Name: l.Thing.Name, Change: string(l.Change)}
		if len(l.Thing.Grants) > 0 {
			as.Area = l.Thing.Grants[0].Area
		}
		out.Rows = append(out.Rows, as)
		if l.Change != scheduler.Unchanged {
			changed = append(changed, l.Thing)
		}
	}
	if in.Body.Check || len(changed) == 0 {
		return reply(out), nil
	}
	return reply(out), s.Store.PutPeople(ctx, changed)
}

// placesOfCards finds out who gets a card, and wants the authority over each.
func (s *server) placesOfCards(ctx context.Context, in *cardsIn) ([]need, error) {
	in.people = in.Body.People
	needs, err := s.somewhere(ctx, scheduler.ActInvite)
	if err != nil {
		return nil, err
	}
	if len(in.people) == 0 {
		if in.people, err = s.cardlessIn(ctx, in.Body.Area); err != nil {
			return nil, err
		}
		if in.Body.Area != "" {
			needs = append(needs, need{act: scheduler.ActInvite, area: in.Body.Area})
		}
	}
	for _, id := range in.people {
		over, err := s.overPerson(ctx, id)
		if err != nil {
			return nil, err
		}
		needs = append(needs, over...)
	}
	return needs, nil
}

// cardlessIn are those in an area, or in the actor's own, who still need a card
// and to whom the actor may give one.
func (s *server) cardlessIn(ctx context.Context, area string) ([]string, error) {
	people, err := s.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	if people, err = s.peopleIn(ctx, people, area); err != nil {
		return nil, err
	}
	cardless, err := s.Store.Cardless(ctx)
	if err != nil {
		return nil, err
	}
	tree, err := s.Store.Tree(ctx)
	var out []string
	for _, p := range people {
		if len(p.Grants) == 0 || !slices.Contains(cardless, p.ID) {
			continue
		}
		mine := true
		for _, n := range overGrants(p.Grants...) {
			mine = mine && actor(ctx).May(tree, n.act, n.area) == nil
		}
		if mine {
			out = append(out, p.ID)
		}
	}
	return out, err
}
