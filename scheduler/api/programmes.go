package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

type programmeQuery struct {
	Paged
	Language string `header:"Accept-Language"`
	State    string `query:"state" enum:"draft,submitted,returned,releasing,released,superseded,withdrawn,stopped"`
	Area     string `query:"area" doc:"Only programmes that reach this area, or are made in its name"`
	Campaign string `query:"campaign"`
	Category string `query:"category"`
}

// ProgrammeByID is a request for one version. Its name is exported because huma
// reads no embedded struct whose name is not.
type ProgrammeByID struct {
	ID       string `path:"id" maxLength:"80"`
	Language string `header:"Accept-Language"`
	Version  int    `query:"version" minimum:"0" doc:"0 or absent: the newest"`
}

type programmeChange struct {
	ID       string `path:"id" maxLength:"80"`
	Language string `header:"Accept-Language"`
	Match    string `header:"If-Match"`
	Body     client.ProgrammeSpec
}

// programmes adds the routes of programmes.
func (s *server) programmes() {
	route(s, methodGet, "/programmes", "list-programmes", "The newest version of each programme", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *programmeQuery) *string { return &in.Area }),
		func(ctx context.Context, in *programmeQuery) (*answer[client.Page[client.Programme]], error) {
			f := scheduler.ProgrammeFilter{State: scheduler.ProgrammeState(in.State), Area: in.Area, Campaign: in.Campaign, Category: in.Category, Page: in.page()}
			all, next, err := s.Store.Programmes(ctx, f)
			return list(all, next, s.programmeOut(ctx, in.Language)), err
		})
	route(s, methodGet, "/programmes/{id}", "get-programme", "One version of a programme", scheduler.ActRead,
		at(func(ctx context.Context, in *ProgrammeByID) ([]need, error) { return s.heard(ctx, in.ID, in.Version) }),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.Programme], error) {
			p, err := s.Store.Programme(ctx, in.ID, in.Version)
			if err != nil {
				return nil, err
			}
			out := s.withSubmission(ctx, s.programmeOut(ctx, in.Language)(p))
			out.Next, err = s.next(ctx, p)
			return versioned(out, p.Rev), err
		})
	route(s, methodPut, "/programmes/{id}", "put-programme", "Makes or changes the draft of a programme", scheduler.ActDraft, at(s.placesOfDraft), s.putProgramme)
	route(s, methodPost, "/programmes/{id}/release", "release-programme", "Puts the draft on air, after ten seconds in which it can be undone", scheduler.ActRelease, at(func(ctx context.Context, in *releaseRequest) ([]need, error) { return s.issuers(ctx, in.ID) }), s.release)
	route(s, methodPost, "/programmes/{id}/withdraw", "withdraw-programme", "Takes the programme out of the bulletins", scheduler.ActWithdraw, s.thisProgramme(),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.Programme], error) {
			p, err := s.Store.Withdraw(ctx, in.ID)
			return reply(s.programmeOut(ctx, in.Language)(p)), err
		})
	s.dryRuns()
	s.records()
}

func (s *server) putProgramme(ctx context.Context, in *programmeChange) (*answer[client.Programme], error) {
	rev, err := replaced(in.Match, in.ID, &in.Body.ID)
	if err != nil {
		return nil, err
	}
	p := programmeIn(in.Body)
	p.Rev = rev
	p, _, err = s.Store.PutDraft(ctx, p)
	return versioned(s.programmeOut(ctx, in.Language)(p), p.Rev), err
}

type releaseRequest struct {
	ProgrammeByID
	Now bool `query:"now" doc:"At once, without time to undo it"`
}

func (s *server) release(ctx context.Context, in *releaseRequest) (*answer[client.Released], error) {
	p, reach, _, err := s.Store.ReleaseSoon(ctx, in.ID, in.Version, delay(in.Now))
	return reply(client.Released{Programme: s.programmeOut(ctx, in.Language)(p), Villages: reach.Villages, Units: reach.Units,
		Addresses: len(reach.Addresses), Offline: append([]string{}, reach.Offline...)}), err
}
