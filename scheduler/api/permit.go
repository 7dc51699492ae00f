package api

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Route is what one operation declares: the act that it is, how far it looks, and
// by which doors it is reached.
type Route struct {
	Method string
	// Path is that of the pattern, under the prefix of the API.
	Path  string
	Act   scheduler.Act
	Scope Scope
	// Doors are where it is served.
	Doors scheduler.Doors
}

// Scope says how the area of a request is found.
type Scope string

// The scopes.
const (
	ScopeArea     Scope = "area"     // the request or the thing that it names has one
	ScopeAnywhere Scope = "anywhere" // it concerns no area: any grant that allows the act will do
	ScopeCounty   Scope = "county"   // it concerns the whole county
	ScopeSelf     Scope = "self"     // it concerns the person who asks, whatever their roles
)

// Routes is the whole route table, by operation id: what the API lets whom do.
func Routes() map[string]Route {
	s, _ := build(Options{})
	return s.routes
}

// need is one act in one area; every need of a request must be met.
type need struct {
	// act is the route's own if empty.
	act  scheduler.Act
	area string
}

// place finds what a request needs. It may fill in what was left out, such as
// the area of a list.
type place[I any] struct {
	scope Scope
	find  func(ctx context.Context, in *I) ([]need, error)
}

// at is the place of a request that has areas.
func at[I any](find func(context.Context, *I) ([]need, error)) place[I] {
	return place[I]{scope: ScopeArea, find: find}
}

// anywhere is the place of what concerns no area: whoever may do it somewhere
// may do it.
func anywhere[I any]() place[I] { return place[I]{scope: ScopeAnywhere} }

// county is the place of what concerns every area.
func county[I any]() place[I] { return place[I]{scope: ScopeCounty} }

// self is the place of what people do with what is their own.
func self[I any]() place[I] { return place[I]{scope: ScopeSelf} }

// permitting declares what a route needs, and makes the check that stands before
// its handler. There is no other way to add a route: see build.
func permitting[I any](s *server, op huma.Operation, act scheduler.Act, p place[I]) func(context.Context, *I) error {
	if act == "" || p.scope == "" || (p.scope == ScopeArea) != (p.find != nil) {
		panic("route " + op.OperationID + " does not say what it needs")
	}
	doors := p.doors(act)
	if len(doors) == 0 {
		panic("route " + op.OperationID + " has no door: say in scheduler/door.go by which its act can be done")
	}
	s.routes[op.OperationID] = Route{op.Method, op.Path, act, p.scope, doors}
	return func(ctx context.Context, in *I) error {
		tree, err := s.Store.Tree(ctx)
		if err != nil {
			return err
		}
		var needs []need
		switch p.scope {
		case ScopeSelf:
			return nil
		case ScopeCounty:
			needs = []need{{}}
		case ScopeAnywhere:
			needs = []need{{}}
			if all := actor(ctx).Areas(tree, act); len(all) > 0 {
				needs = []need{{area: all[0]}}
			}
		default:
			if needs, err = p.find(ctx, in); err != nil {
				return err
			}
		}
		for _, n := range needs {
			if err := actor(ctx).May(tree, cmp.Or(n.act, act), n.area); err != nil {
				return err
			}
		}
		return nil
	}
}

// checkRules wants every operation to have gone through permitting.
func (s *server) checkRules() {
	for path, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			if _, ok := s.routes[op.OperationID]; !ok {
				panic("route " + op.OperationID + " (" + path + ") was added without a rule")
			}
		}
	}
}

// actor is who asks; nobody, who may do nothing, if that was not found out.
func actor(ctx context.Context) scheduler.Actor { return scheduler.ActorIn(ctx, scheduler.Actor{}) }

// inArea is the place of a request that names an area.
func inArea[I any](field func(*I) string) place[I] {
	return at(func(_ context.Context, in *I) ([]need, error) { return []need{{area: field(in)}}, nil })
}

// thisArea is the place of a request for one area by its id.
func thisArea() place[byID] { return inArea(func(in *byID) string { return in.ID }) }

// narrowed is the place of a list with an optional area: left out, it is the
// actor's own.
func narrowed[I any](s *server, act scheduler.Act, field func(*I) *string) place[I] {
	return at(func(ctx context.Context, in *I) ([]need, error) { return s.narrow(ctx, act, field(in)) })
}

func (s *server) narrow(ctx context.Context, act scheduler.Act, area *string) ([]need, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil || *area != "" {
		return []need{{area: *area}}, err
	}
	home, err := homeOf(tree, actor(ctx), act, "area")
	*area = home
	return []need{{area: home}}, err
}

// homeOf is the one area in which the actor may do it: what is meant where none
// is named. It is "" for the county, and for those who may nowhere.
func homeOf(tree *scheduler.Tree, a scheduler.Actor, act scheduler.Act, field string) (string, error) {
	switch all := a.Areas(tree, act); len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	default:
		return "", &scheduler.Error{Kind: scheduler.Invalid, Field: field,
			Message: scheduler.Words{ZH: "你管几个区域，没有写是哪个", EN: "you have several areas, and none is named"},
			Remedy:  scheduler.Words{ZH: "写其中一个：" + strings.Join(all, "、"), EN: fmt.Sprintf("name one of %s", strings.Join(all, ", "))}}
	}
}

// unitOrArea is the place of a question about a unit or an area.
func unitOrArea[I any](s *server, fields func(*I) (unit string, area *string)) place[I] {
	return at(func(ctx context.Context, in *I) ([]need, error) {
		unit, area := fields(in)
		if unit == "" {
			return s.narrow(ctx, scheduler.ActRead, area)
		}
		needs, err := s.ofUnit(ctx, unit)
		if *area != "" {
			needs = append(needs, need{area: *area})
		}
		return needs, err
	})
}

// ofUnit needs the act where a unit stands.
func (s *server) ofUnit(ctx context.Context, id string) ([]need, error) {
	u, err := s.Store.Unit(ctx, id)
	return []need{{area: u.Area}}, err
}

func (s *server) thisUnit() place[byID] {
	return at(func(ctx context.Context, in *byID) ([]need, error) { return s.ofUnit(ctx, in.ID) })
}

// ofAddress needs an act where an address lies.
func (s *server) ofAddress(ctx context.Context, act scheduler.Act, a wire.Address) ([]need, error) {
	kind, id := a.Split()
	if kind == "unit" {
		needs, err := s.ofUnit(ctx, id)
		for i := range needs {
			needs[i].act = act
		}
		return needs, err
	}
	return []need{{act, id}}, nil
}
