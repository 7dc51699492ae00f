package api

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// tokenDays is how long a token is good, if nothing is said.
const tokenDays = 90

type byPerson struct {
	Person string `query:"person" doc:"One's own if absent"`
}

// mine fills in the person who asks, and needs authority over any other.
func (s *server) mine(ctx context.Context, person *string) ([]need, error) {
	*person = cmp.Or(*person, actor(ctx).ID)
	return s.ownOr(ctx, *person)
}

// access adds the routes of how people and programs come in.
func (s *server) access() {
	route(s, methodGet, "/me", "get-me", "Who the centre takes the caller for", scheduler.ActRead, self[none](),
		func(ctx context.Context, _ *none) (*answer[client.Me], error) {
			a := actor(ctx)
			out := client.Me{ID: a.ID, Name: a.Name, Via: a.Via, Grants: grantsOut(a.Grants)}
			if l := a.Limit; l != nil {
				out.Acts, out.Area = actsOut(l.Acts), l.Area
			}
			return reply(out), nil
		})
	people := at(func(ctx context.Context, in *byPerson) ([]need, error) { return s.mine(ctx, &in.Person) })
	route(s, methodGet, "/sessions", "list-sessions", "Where somebody is signed in", scheduler.ActPeople, people,
		func(ctx context.Context, in *byPerson) (*answer[client.Page[client.Session]], error) {
			all, err := s.Store.Sessions(ctx, in.Person)
			return list(all, "", func(v scheduler.Session) client.Session {
				return client.Session{ID: v.ID, Person: v.Person, Via: v.Via, Label: v.Label, From: v.From, Created: v.Created, Used: v.Used, Ends: v.Ends,
					This: v.ID == actor(ctx).Session}
			}), err
		})
	route(s, methodDelete, "/sessions/{id}", "end-session", "Signs a browser out", scheduler.ActPeople,
		at(func(ctx context.Context, in *byID) ([]need, error) {
			v, err := s.Store.Session(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return s.ownOr(ctx, v.Person)
		}),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.EndSession(ctx, in.ID) })
	route(s, methodGet, "/tokens", "list-tokens", "The tokens of somebody's programs", scheduler.ActPeople, people,
		func(ctx context.Context, in *byPerson) (*answer[client.Page[client.Token]], error) {
			all, err := s.Store.Tokens(ctx, in.Person)
			return list(all, "", tokenOut), err
		})
	type add struct{ Body client.TokenSpec }
	route(s, methodPost, "/tokens", "add-token", "Makes a token, which can do no more than its person; its secret is in the answer and nowhere else", scheduler.ActPeople,
		at(func(ctx context.Context, in *add) ([]need, error) { return s.mine(ctx, &in.Body.Person) }),
		func(ctx context.Context, in *add) (*answer[client.Token], error) {
			b := in.Body
			k := scheduler.Token{Person: b.Person, Title: b.Title, Area: b.Area, Ends: s.Now().Add(time.Duration(cmp.Or(b.Days, tokenDays)) * 24 * time.Hour)}
			for _, act := range b.Acts {
				k.Acts = append(k.Acts, scheduler.Act(act))
			}
			secret, k, err := s.Store.AddToken(ctx, k)
			out := tokenOut(k)
			out.Secret = secret
			return reply(out), err
		})
	route(s, methodDelete, "/tokens/{id}", "revoke-token", "Ends a token at once", scheduler.ActPeople,
		at(func(ctx context.Context, in *byID) ([]need, error) {
			k, err := s.Store.Token(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return s.ownOr(ctx, k.Person)
		}),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RevokeToken(ctx, in.ID) })
	s.audit()
}

func actsOut(acts []scheduler.Act) []string {
	out := make([]string, len(acts))
	for i, a := range acts {
		out[i] = string(a)
	}
	return out
}

func tokenOut(k scheduler.Token) client.Token {
	return client.Token{ID: k.ID, Person: k.Person, Title: k.Title, Acts: actsOut(k.Acts), Area: k.Area, Created: k.Created, Used: when(k.Used), Ends: k.Ends}
}

// audit adds the routes of who did what.
func (s *server) audit() {
	type query struct {
		Paged
		Actor string `query:"actor"`
		Kind  string `query:"kind" doc:"Of what, such as programme"`
		Ref   string `query:"ref" doc:"Its id"`
	}
	route(s, methodGet, "/audit", "list-audit", "Who did what, from where, before and after; newest first", scheduler.ActAudit, county[query](),
		func(ctx context.Context, in *query) (*answer[client.Page[client.AuditLine]], error) {
			all, next, err := s.Store.Audit(ctx, scheduler.AuditFilter{Actor: in.Actor, Kind: in.Kind, Ref: in.Ref, Page: in.page()})
			return list(all, next, auditOut), err
		})
	type verify struct {
		Head string `query:"head" maxLength:"64" doc:"A head noted before: is it in the chain?"`
	}
	route(s, methodGet, "/audit/verify", "verify-audit", "Walks the whole chain of the audit", scheduler.ActAudit, county[verify](),
		func(ctx context.Context, in *verify) (*answer[client.AuditVerdict], error) {
			v, err := s.Store.VerifyAudit(ctx, in.Head)
			return reply(client.AuditVerdict{Lines: v.Lines, Unsealed: v.Unsealed, Head: v.Head, Broken: v.Broken, Why: v.Why, Known: v.Known}), err
		})
}

func auditOut(l scheduler.AuditLine) client.AuditLine {
	return client.AuditLine{ID: l.ID, At: l.At, Actor: l.Actor, Name: l.Name, Via: l.Via, From: l.From, Act: l.Act, Kind: l.Kind, Ref: l.Ref, Text: l.Text,
		Was: recorded(l.Was), Is: recorded(l.Became), Prev: l.Prev, Hash: l.Hash}
}

// recorded is JSON that was kept, as it is.
func recorded(text string) any {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
