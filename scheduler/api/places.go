package api

import (
	"cmp"
	"context"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// somewhere needs the act in any area at all.
func (s *server) somewhere(ctx context.Context, act scheduler.Act) ([]need, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if all := actor(ctx).Areas(tree, act); len(all) > 0 {
		return []need{{act, all[0]}}, nil
	}
	return []need{{act: act}}, nil
}

// absent turns "there is none" into nothing: what is about to be made is nowhere yet.
func absent(err error) error {
	if scheduler.KindOf(err) == scheduler.NotFound {
		return nil
	}
	return err
}

// placesOfArea are the area itself, once it is there, and the one that it is put
// under, if it was not under it before.
func (s *server) placesOfArea(ctx context.Context, in *change[client.Area]) ([]need, error) {
	old, err := s.Store.Area(ctx, in.ID)
	if err != nil {
		return []need{{area: in.Body.Parent}}, absent(err)
	}
	needs := []need{{area: in.ID}}
	if in.Body.Parent != old.Parent {
		needs = append(needs, need{area: in.Body.Parent}, need{area: old.Parent})
	}
	return needs, nil
}

// placesOfGroup are where its members are, those that it has and those that it
// is given.
func (s *server) placesOfGroup(ctx context.Context, g scheduler.Group) ([]need, error) {
	all, err := s.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	for _, old := range all {
		if old.ID == g.ID {
			g.Areas, g.Units = append(g.Areas[:len(g.Areas):len(g.Areas)], old.Areas...), append(g.Units[:len(g.Units):len(g.Units)], old.Units...)
		}
	}
	var needs []need
	for _, area := range g.Areas {
		needs = append(needs, need{area: area})
	}
	for _, unit := range g.Units {
		of, err := s.ofUnit(ctx, unit)
		if absent(err) != nil { // an unknown unit is refused by name later
			return nil, err
		}
		needs = append(needs, of...)
	}
	if len(needs) == 0 {
		return s.somewhere(ctx, scheduler.ActDraft)
	}
	return needs, nil
}

// placesOfUnit are where it stands and where it is put.
func (s *server) placesOfUnit(ctx context.Context, in *change[client.UnitSpec]) ([]need, error) {
	needs, err := s.ofUnit(ctx, in.ID)
	return append(needs, need{area: in.Body.Area}), err
}

// placesOfPlaylist are the areas whose it is and will be. A new one is its
// maker's, if nothing else is said.
func (s *server) placesOfPlaylist(ctx context.Context, in *change[client.Playlist]) ([]need, error) {
	old, err := s.Store.Playlist(ctx, in.ID)
	switch {
	case err == nil:
		in.Body.Area = cmp.Or(in.Body.Area, old.Area)
		return []need{{area: old.Area}, {area: in.Body.Area}}, nil
	case absent(err) != nil:
		return nil, err
	}
	return s.narrow(ctx, scheduler.ActDraft, &in.Body.Area)
}

func (s *server) ofPlaylist(ctx context.Context, in *byID) ([]need, error) {
	p, err := s.Store.Playlist(ctx, in.ID)
	return []need{{area: p.Area}}, err
}

// placesOfDraft are the areas in whose name the programme goes out, as it is and
// as it will be. A new one goes out in its maker's, if nothing else is said.
func (s *server) placesOfDraft(ctx context.Context, in *programmeChange) ([]need, error) {
	needs, err := s.issuers(ctx, in.ID)
	switch {
	case err == nil:
		// Left out, the issuer stays what it was.
		in.Body.Issuer = cmp.Or(in.Body.Issuer, needs[0].area)
		return append(needs, need{area: in.Body.Issuer}), nil
	case absent(err) != nil:
		return nil, err
	}
	return s.narrow(ctx, scheduler.ActDraft, &in.Body.Issuer)
}

func (s *server) thisProgramme() place[ProgrammeByID] {
	return at(func(ctx context.Context, in *ProgrammeByID) ([]need, error) { return s.issuers(ctx, in.ID) })
}

// issuers are the areas in whose name the newest version of a programme and the
// one on air go out, the newest first.
func (s *server) issuers(ctx context.Context, id string) ([]need, error) {
	all, err := s.Store.Versions(ctx, id)
	if err != nil {
		return nil, err
	}
	var needs []need
	for i, p := range all {
		if i == 0 || p.State == scheduler.ProgrammeReleased {
			needs = append(needs, need{area: p.Issuer})
		}
	}
	return needs, nil
}

// heard is the place of a question about a programme: those in whose name it
// goes out may read it, and those whom it reaches once it was released.
func (s *server) heard(ctx context.Context, id string, version int) ([]need, error) {
	p, err := s.Store.Programme(ctx, id, version)
	if err != nil {
		return nil, err
	}
	tree, err := s.Store.Tree(ctx)
	if err != nil || p.State.Open() {
		return []need{{area: p.Issuer}}, err
	}
	targets := p.Targets.Areas
	for _, unit := range p.Targets.Units {
		if of, err := s.ofUnit(ctx, unit); err == nil {
			targets = append(targets[:len(targets):len(targets)], of[0].area)
		}
	}
	if len(p.Targets.Groups) > 0 || p.Targets.Heard != "" { // who is in a group is no secret worth an expansion here
		targets = append(targets[:len(targets):len(targets)], p.Issuer)
	}
	for _, own := range actor(ctx).Areas(tree, scheduler.ActRead) {
		for _, to := range targets {
			if tree.Within(own, to) || tree.Within(to, own) {
				return []need{{area: own}}, nil
			}
		}
	}
	return []need{{area: p.Issuer}}, nil
}

// timetablePlace adds the draft that is looked at to the unit or area.
func (s *server) timetablePlace() place[timetableQuery] {
	base := unitOrArea(s, func(in *timetableQuery) (string, *string) { return in.Unit, &in.Area })
	return at(func(ctx context.Context, in *timetableQuery) ([]need, error) {
		if (in.Unit == "") == (in.Area == "") {
			return s.somewhere(ctx, scheduler.ActRead) // the handler says what is wrong
		}
		needs, err := base.find(ctx, in)
		if err == nil && in.Draft != "" {
			var of []need
			of, err = s.heard(ctx, in.Draft, 0)
			needs = append(needs, of...)
		}
		return needs, err
	})
}

// proofPlace is that of every question about proof.
func proofPlace[I any](s *server, query func(*I) *ProofQuery) place[I] {
	return unitOrArea(s, func(in *I) (string, *string) { return query(in).Unit, &query(in).Area })
}

// placesOfWarning are the area that hears it and the one in whose name it goes out.
func placesOfWarning(spec client.WarningSpec) []need {
	return []need{{area: spec.Area}, {area: cmp.Or(spec.Issuer, spec.Area)}}
}

// lifting needs it where the warning was issued.
func (s *server) lifting(ctx context.Context, in *byID) ([]need, error) {
	w, err := s.Store.Warning(ctx, in.ID)
	return []need{{area: w.Issuer}}, err
}

// confirming needs it where the warning is to be heard and in whose name.
func (s *server) confirming(ctx context.Context, in *byID) ([]need, error) {
	w, err := s.Store.Warning(ctx, in.ID)
	return []need{{area: w.Area}, {area: w.Issuer}}, err
}

// silencing is what a mute is an act of: a pause hides an outage, so it is one of
// its own.
func silencing(pause bool) scheduler.Act {
	if pause {
		return scheduler.ActPause
	}
	return scheduler.ActMute
}

func (s *server) placesOfMute(ctx context.Context, b client.MuteSpec) ([]need, error) {
	address := wire.AreaAddress(b.Area)
	if b.Unit != "" {
		address = wire.UnitAddress(b.Unit)
	}
	return s.ofAddress(ctx, silencing(b.Pause), address)
}

func (s *server) unmuting(ctx context.Context, in *byID) ([]need, error) {
	m, err := s.Store.MuteByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.ofAddress(ctx, silencing(m.Pause), m.Address)
}

// areaSeen shows whom to call only where the actor may look.
func (s *server) areaSeen(ctx context.Context) func(scheduler.Area) client.Area {
	tree, err := s.Store.Tree(ctx)
	return func(a scheduler.Area) client.Area {
		if err != nil || actor(ctx).May(tree, scheduler.ActRead, a.ID) != nil {
			a.Contact = ""
		}
		return areaOut(a)
	}
}
