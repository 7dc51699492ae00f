package api

import (
	"cmp"
	"context"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// cardDays is how long a card waits for its use, if nothing is said.
const cardDays = 14

type passwordChange struct {
	ID   string `path:"id" maxLength:"80"`
	Body client.PasswordSpec
}

// people adds the routes of accounts.
func (s *server) people() {
	type query struct {
		Area string `query:"area" doc:"Only people with a role there or below"`
	}
	route(s, methodGet, "/people", "list-people", "Accounts", scheduler.ActInvite,
		narrowed(s, scheduler.ActInvite, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Person]], error) {
			all, err := s.Store.People(ctx)
			if err == nil {
				all, err = s.peopleIn(ctx, all, in.Area)
			}
			return list(all, "", personOut), err
		})
	route(s, methodGet, "/people/{id}", "get-person", "One account", scheduler.ActInvite, s.ofPerson(),
		func(ctx context.Context, in *byID) (*answer[client.Person], error) {
			p, err := s.Store.Person(ctx, in.ID)
			return versioned(personOut(p), p.Rev), err
		})
	route(s, methodPut, "/people/{id}", "put-person", "Makes or changes an account: what it may do holds at once", scheduler.ActPeople, at(s.grantsOfPerson), s.putPerson)
	type leave struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.LeaveSpec
	}
	route(s, methodPost, "/people/{id}/leave", "leave", "Ends all of somebody's sessions, tokens and cards; drafts go to a successor", scheduler.ActPeople,
		at(func(ctx context.Context, in *leave) ([]need, error) { return s.overPerson(ctx, in.ID) }),
		func(ctx context.Context, in *leave) (*answer[client.Left], error) {
			l, err := s.Store.Leave(ctx, in.ID, in.Body.To)
			return reply(client.Left{Person: in.ID, Sessions: l.Sessions, Tokens: l.Tokens, Cards: l.Cards, Drafts: l.Drafts, To: l.Successor, Unapproved: l.Unapproved}), err
		})
	route(s, methodPut, "/people/{id}/password", "set-password", "Sets a password; other sessions of the person end", scheduler.ActPeople,
		at(func(ctx context.Context, in *passwordChange) ([]need, error) { return s.ownOr(ctx, in.ID) }), s.setPassword)
	type card struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.CardSpec
	}
	route(s, methodPost, "/people/{id}/cards", "give-card", "Makes a card that signs its person in once; one not used yet ends", scheduler.ActPeople,
		at(func(ctx context.Context, in *card) ([]need, error) { return s.overPerson(ctx, in.ID) }),
		func(ctx context.Context, in *card) (*answer[client.Card], error) {
			code, c, err := s.Store.AddCard(ctx, in.ID, time.Duration(cmp.Or(in.Body.Days, cardDays))*24*time.Hour)
			return reply(s.cardOut(code, c)), err
		})
	route(s, methodPost, "/recover", "recover", "Makes a one-time link for the administrator; only from the centre's own machine", scheduler.ActPeople, county[none](), s.recover)
	s.deputies()
}

func (s *server) cardOut(code string, c scheduler.Card) client.Card {
	return client.Card{ID: c.ID, Person: c.Person, Code: code, Link: s.SignInLink(code), Ends: c.Ends}
}

// recover is for whoever can read the data directory: nobody else holds its token.
func (s *server) recover(ctx context.Context, _ *none) (*answer[client.Card], error) {
	if actor(ctx).Via != scheduler.ViaFile {
		return nil, onTheMachine("people recover")
	}
	code, c, err := s.Store.AddCard(ctx, scheduler.AdminID, time.Hour)
	return reply(s.cardOut(code, c)), err
}

// deputies adds the routes of those who approve in the place of others.
func (s *server) deputies() {
	own := at(func(ctx context.Context, in *byID) ([]need, error) { return s.ownOr(ctx, in.ID) })
	route(s, methodGet, "/people/{id}/deputies", "list-deputies", "Who approves in this person's place, and when", scheduler.ActPeople, own,
		func(ctx context.Context, in *byID) (*answer[client.Page[client.Deputy]], error) {
			all, err := s.Store.Deputies(ctx, in.ID)
			return list(all, "", func(d scheduler.Deputy) client.Deputy {
				return client.Deputy{Deputy: d.Deputy, First: d.First, Last: d.Last}
			}), err
		})
	type put struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.Deputy
	}
	route(s, methodPut, "/people/{id}/deputies", "put-deputy", "Names one for some days", scheduler.ActPeople,
		at(func(ctx context.Context, in *put) ([]need, error) { return s.ownOr(ctx, in.ID) }),
		func(ctx context.Context, in *put) (*none, error) {
			return nil, s.Store.PutDeputy(ctx, scheduler.Deputy{Person: in.ID, Deputy: in.Body.Deputy, First: in.Body.First, Last: in.Body.Last})
		})
	route(s, methodDelete, "/people/{id}/deputies", "remove-deputies", "Ends all that this person named", scheduler.ActPeople, own,
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemoveDeputies(ctx, in.ID) })
}

// overGrants is what one needs to give or take roles: the authority over each.
func overGrants(grants ...scheduler.Grant) []need {
	needs := make([]need, 0, len(grants)+1)
	for _, g := range grants {
		needs = append(needs, need{g.Role.GivenBy(), g.Area})
	}
	if len(needs) == 0 {
		needs = append(needs, need{act: scheduler.ActPeople})
	}
	return needs
}

// overPerson is what one needs to change anything of a person: the authority over
// each of their roles.
func (s *server) overPerson(ctx context.Context, id string) ([]need, error) {
	if id == scheduler.AdminID {
		return overGrants(), nil
	}
	p, err := s.Store.Person(ctx, id)
	return overGrants(p.Grants...), err
}

// ownOr is the same, but nothing where it is one's own. A token is never its
// person: it would make more of itself.
func (s *server) ownOr(ctx context.Context, id string) ([]need, error) {
	if a := actor(ctx); a.ID == id && a.Limit == nil {
		return nil, nil
	}
	return s.overPerson(ctx, id)
}

// ofPerson is for those who may look after people where this one works.
func (s *server) ofPerson() place[byID] {
	return at(func(ctx context.Context, in *byID) ([]need, error) {
		p, err := s.Store.Person(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		tree, err := s.Store.Tree(ctx)
		for _, g := range p.Grants {
			if actor(ctx).May(tree, scheduler.ActInvite, g.Area) == nil {
				return []need{{area: g.Area}}, err
			}
		}
		return []need{{}}, err
	})
}

func (s *server) grantsOfPerson(ctx context.Context, in *change[client.PersonSpec]) ([]need, error) {
	needs := overGrants(grantsIn(in.Body.Grants)...)
	p, err := s.Store.Person(ctx, in.ID)
	if err != nil {
		return needs, absent(err)
	}
	return append(needs, overGrants(p.Grants...)...), nil
}

// peopleIn keeps those with a role in the area or below.
func (s *server) peopleIn(ctx context.Context, all []scheduler.Person, area string) ([]scheduler.Person, error) {
	tree, err := s.Store.Tree(ctx)
	if area == "" || area == tree.Root() || err != nil {
		return all, err
	}
	out := []scheduler.Person{}
	for _, p := range all {
		for _, g := range p.Grants {
			if tree.Within(g.Area, area) {
				out = append(out, p)
				break
			}
		}
	}
	return out, nil
}

func (s *server) putPerson(ctx context.Context, in *change[client.PersonSpec]) (*answer[client.Person], error) {
	rev, err := replaced(in.Match, in.ID, &in.Body.ID)
	if err != nil {
		return nil, err
	}
	p, _, err := s.Store.PutPerson(ctx, scheduler.Person{ID: in.ID, Name: in.Body.Name, Phone: in.Body.Phone, Grants: grantsIn(in.Body.Grants), Rev: rev})
	return versioned(personOut(p), p.Rev), err
}

func (s *server) setPassword(ctx context.Context, in *passwordChange) (*none, error) {
	if actor(ctx).ID == in.ID {
		return nil, s.Store.ChangePassword(ctx, in.ID, in.Body.Old, in.Body.Password)
	}
	return nil, s.Store.ChoosePassword(ctx, in.ID, in.Body.Password)
}

func grantsIn(grants []client.Grant) []scheduler.Grant {
	var out []scheduler.Grant
	for _, g := range grants {
		out = append(out, scheduler.Grant{Role: scheduler.Role(g.Role), Area: g.Area})
	}
	return out
}

func grantsOut(grants []scheduler.Grant) []client.Grant {
	out := []client.Grant{}
	for _, g := range grants {
		out = append(out, client.Grant{Role: string(g.Role), Area: g.Area})
	}
	return out
}

func personOut(p scheduler.Person) client.Person {
	return client.Person{PersonSpec: client.PersonSpec{ID: p.ID, Name: p.Name, Phone: p.Phone, Grants: grantsOut(p.Grants)}, State: string(p.State), Password: p.Password, Created: p.Created}
}
