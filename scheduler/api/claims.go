package api

import (
	"context"
	"slices"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// claims adds the routes by which devices become those of units.
func (s *server) claims() {
	type issue struct{ Body client.ClaimSpec }
	route(s, methodPost, "/claims", "issue-claims", "Makes claims, for devices that make themselves those of units; their codes are in the answer and nowhere else", scheduler.ActEnrol,
		at(func(ctx context.Context, in *issue) ([]need, error) { return s.placesOfClaims(ctx, &in.Body) }),
		func(ctx context.Context, in *issue) (*answer[client.Page[client.IssuedClaim]], error) {
			return s.issueClaims(ctx, in.Body)
		})
	type query struct {
		Area string `query:"area" doc:"Only those of units in this area and below"`
	}
	route(s, methodGet, "/claims", "list-claims", "Claims that wait for their device", scheduler.ActEnrol,
		narrowed(s, scheduler.ActEnrol, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Claim]], error) {
			all, err := s.Store.Claims(ctx, in.Area)
			return list(all, "", s.claimOut), err
		})
	route(s, methodGet, "/certificates", "list-certificates", "Certificates of devices that hold", scheduler.ActEnrol,
		narrowed(s, scheduler.ActEnrol, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Certificate]], error) {
			all, err := s.Store.Certificates(ctx, in.Area)
			return list(all, "", func(c scheduler.Certificate) client.Certificate {
				return client.Certificate{Unit: c.Unit, Serial: c.Serial, Issued: c.Issued, Ends: c.Ends}
			}), err
		})
	type revoke struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.RevokeSpec
	}
	route(s, methodPost, "/units/{id}/revoke", "revoke-unit", "Ends all by which devices come in as the unit, and their connections", scheduler.ActEnrol,
		at(func(ctx context.Context, in *revoke) ([]need, error) { return s.ofUnit(ctx, in.ID) }),
		func(ctx context.Context, in *revoke) (*answer[client.Revoked], error) {
			n, err := s.Store.Revoke(ctx, in.ID, in.Body.Why)
			return reply(client.Revoked{Unit: in.ID, Ended: n}), err
		})
	s.placing()
}

// placing adds the route by which units get their places.
func (s *server) placing() {
	type placing struct {
		ID   string `path:"id" maxLength:"80"`
		Body client.PlacingSpec
	}
	route(s, methodPost, "/units/{id}/place", "place-unit", "Puts a unit in its place", scheduler.ActEnrol,
		at(func(ctx context.Context, in *placing) ([]need, error) {
			return s.placesOfPlacing(ctx, in.ID, in.Body.Area)
		}),
		func(ctx context.Context, in *placing) (*answer[client.Unit], error) {
			p := scheduler.Placing{Unit: in.ID, Area: in.Body.Area, Name: in.Body.Name}
			if at := in.Body.Position; at != nil {
				p.Position = &scheduler.Position{Lat: at.Lat, Lon: at.Lon}
			}
			if _, err := s.Store.BindUnit(ctx, p); err != nil {
				return nil, err
			}
			v, err := s.Store.Unit(ctx, in.ID)
			return versioned(unitOut(v), v.Rev), err
		})
}

// placesOfClaims are where the units stand, or who is to look after the new ones.
func (s *server) placesOfClaims(ctx context.Context, spec *client.ClaimSpec) (needs []need, err error) {
	if spec.New > 0 || len(spec.Units) == 0 {
		needs, err = s.narrow(ctx, scheduler.ActEnrol, &spec.Area)
	}
	for _, id := range spec.Units {
		of, e := s.ofUnit(ctx, id)
		if e != nil {
			return nil, e
		}
		needs = append(needs, of...)
	}
	return needs, err
}

// placesOfPlacing are where the unit is put, and where it stood. One without a
// place is in the hands of whoever has it.
func (s *server) placesOfPlacing(ctx context.Context, unit, area string) ([]need, error) {
	u, err := s.Store.Unit(ctx, unit)
	needs := []need{{area: area}}
	if u.State != scheduler.UnitUnplaced {
		needs = append(needs, need{area: u.Area})
	}
	return needs, err
}

func (s *server) issueClaims(ctx context.Context, spec client.ClaimSpec) (*answer[client.Page[client.IssuedClaim]], error) {
	var made []scheduler.IssuedClaim
	var err error
	switch {
	case (spec.New > 0) == (len(spec.Units) > 0):
		err = &scheduler.Error{Kind: scheduler.Invalid, Field: "units",
			Message: scheduler.Words{ZH: "要么写终端，要么写新终端的数目", EN: "either units or a number of new ones is wanted"},
			Remedy:  scheduler.Words{ZH: "units 和 new 里给一个", EN: "give one of units and new"}}
	case spec.New > 0:
		made, err = s.Store.AddUnplaced(ctx, spec.Area, spec.New, spec.Outputs)
	default:
		made, err = s.Store.IssueClaims(ctx, slices.Compact(slices.Sorted(slices.Values(spec.Units))))
	}
	if err != nil {
		return nil, err
	}
	out, err := s.issued(made)
	return list(out, "", func(c client.IssuedClaim) client.IssuedClaim { return c }), err
}

// issued are claims with the files of their devices.
func (s *server) issued(made []scheduler.IssuedClaim) ([]client.IssuedClaim, error) {
	out := []client.IssuedClaim{}
	for _, c := range made {
		file, err := s.ClaimFile(c.Unit, c.Code)
		if err != nil {
			return nil, err
		}
		out = append(out, client.IssuedClaim{Claim: s.claimOut(c.Claim), Name: c.Name, Code: c.Code, Settings: file})
	}
	return out, nil
}

func (s *server) claimOut(c scheduler.Claim) client.Claim {
	return client.Claim{Unit: c.Unit, By: c.By, Created: c.Created, Ends: c.Ends, Here: s.HereLink(c.Unit)}
}
