package api

import (
	"cmp"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// delay is how long a release can be undone.
func delay(now bool) time.Duration {
	if now {
		return 0
	}
	return scheduler.ReleaseDelay
}

type approveRequest struct {
	ProgrammeByID
	Body client.ApproveSpec
}

type returnRequest struct {
	ProgrammeByID
	Body client.ReturnSpec
}

type soundRequest struct {
	ProgrammeByID
	Hash string `path:"hash" minLength:"64" maxLength:"64"`
}

// approvals adds the routes by which a programme gets to the air.
func (s *server) approvals() {
	route(s, methodPost, "/programmes/{id}/submit", "submit-programme", "Hands the draft in for approval", scheduler.ActSubmit, s.thisProgramme(),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.Programme], error) {
			sub, err := s.Store.Submit(ctx, in.ID, in.Version)
			return s.after(ctx, in, sub, err)
		})
	route(s, methodPost, "/programmes/{id}/approve", "approve-programme", "Agrees to what was looked at; the last approval releases it", scheduler.ActApprove,
		at(func(ctx context.Context, in *approveRequest) ([]need, error) { return s.issuers(ctx, in.ID) }),
		func(ctx context.Context, in *approveRequest) (*answer[client.Programme], error) {
			sub, err := s.Store.Approve(ctx, in.ID, in.Version, in.Body.Hash, delay(in.Body.Now))
			return s.after(ctx, &in.ProgrammeByID, sub, err)
		})
	route(s, methodPost, "/programmes/{id}/return", "return-programme", "Hands it back to its author, with a reason", scheduler.ActApprove,
		at(func(ctx context.Context, in *returnRequest) ([]need, error) { return s.issuers(ctx, in.ID) }),
		func(ctx context.Context, in *returnRequest) (*answer[client.Programme], error) {
			sub, err := s.Store.Return(ctx, in.ID, in.Version, in.Body.Why)
			return s.after(ctx, &in.ProgrammeByID, sub, err)
		})
	route(s, methodPost, "/programmes/{id}/undo", "undo-release", "Takes back a release that has not taken effect", scheduler.ActWithdraw, s.thisProgramme(),
		func(ctx context.Context, in *ProgrammeByID) (*answer[client.Programme], error) {
			sub, err := s.Store.Undo(ctx, in.ID, in.Version)
			return s.after(ctx, in, sub, err)
		})
	route(s, methodGet, "/programmes/{id}/review", "review-programme", "All that a version puts on the air: what an approval is about", scheduler.ActRead,
		at(func(ctx context.Context, in *ProgrammeByID) ([]need, error) { return s.heard(ctx, in.ID, in.Version) }), s.review)
	route(s, methodGet, "/programmes/{id}/sounds/{hash}", "get-programme-sound", "A sound of it, just as the units play it", scheduler.ActRead,
		at(func(ctx context.Context, in *soundRequest) ([]need, error) { return s.heard(ctx, in.ID, in.Version) }), s.sound)
	type query struct {
		Language string `header:"Accept-Language"`
		All      bool   `query:"all" doc:"Also what others may give"`
	}
	route(s, methodGet, "/approvals", "list-approvals", "What waits for the one who asks", scheduler.ActRead, anywhere[query](),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Waiting]], error) {
			all, err := s.waiting(ctx, "", in.Language)
			out := []client.Waiting{}
			for _, w := range all {
				if in.All || w.Mine {
					out = append(out, w)
				}
			}
			return list(out, "", func(w client.Waiting) client.Waiting { return w }), err
		})
}

// after answers with the version that was moved on.
func (s *server) after(ctx context.Context, in *ProgrammeByID, sub scheduler.Submission, err error) (*answer[client.Programme], error) {
	if err != nil {
		return nil, err
	}
	p, err := s.Store.Programme(ctx, in.ID, sub.Version)
	return versioned(s.withSubmission(ctx, s.programmeOut(ctx, in.Language)(p)), p.Rev), err
}

// withSubmission adds how far a version is, if it ever was submitted.
func (s *server) withSubmission(ctx context.Context, p client.Programme) client.Programme {
	if sub, err := s.Store.Submission(ctx, p.ID, p.Version); err == nil {
		p.Submission = submissionOut(sub)
	}
	return p
}

func submissionOut(sub scheduler.Submission) *client.Submission {
	out := client.Submission{Hash: sub.Hash, Steps: sub.Steps, Given: []client.Consent{}, By: sub.By, Name: sub.Name, At: sub.At, First: when(sub.First), Late: when(sub.Late),
		Effective: when(sub.Effective), Outcome: sub.Outcome, Why: sub.Why}
	for _, c := range sub.Given {
		out.Given = append(out.Given, client.Consent(c))
	}
	return &out
}

func (s *server) review(ctx context.Context, in *ProgrammeByID) (*answer[client.Review], error) {
	g, err := s.Store.GoesOut(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	out := client.Review{Programme: s.programmeOut(ctx, in.Language)(g.Programme), Hash: g.Hash, Changed: g.Changed, Items: []client.ReviewItem{},
		Addresses: append([]wire.Address{}, g.Addresses...), Villages: g.Reach.Villages, Units: g.Reach.Units}
	for _, it := range g.Programme.Items {
		item := client.ReviewItem{Title: it.Title, Seconds: seconds(it.Frames())}
		if it.Sound != nil {
			item.Sound, item.Type = string(it.Sound.Hash), it.Sound.Type
		}
		if it.Text != nil {
			item.Text, item.Stay, item.Effect, item.Color = it.Text.Body, float64(it.Text.Stay)/1000, it.Text.Effect, it.Text.Color
		}
		out.Items = append(out.Items, item)
	}
	return reply(out), nil
}

var soundTypes = map[string]string{"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}

// sound gives no file but those of the version that is asked for.
func (s *server) sound(ctx context.Context, in *soundRequest) (*huma.StreamResponse, error) {
	g, err := s.Store.GoesOut(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	for _, it := range g.Programme.Items {
		if it.Sound == nil || string(it.Sound.Hash) != in.Hash {
			continue
		}
		f, err := s.Intake.Rendition(ctx, in.Hash)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			defer f.Close()
			h.SetHeader("Content-Type", soundTypes[it.Sound.Type])
			h.SetHeader("Content-Length", strconv.FormatInt(it.Sound.Size, 10))
			_, _ = io.Copy(h.BodyWriter(), f)
		}}, nil
	}
	return nil, &scheduler.Error{Kind: scheduler.NotFound, Field: "hash", Value: in.Hash,
		Message: scheduler.Words{ZH: "这个版本没有这段声音", EN: "this version has no such sound"},
		Remedy:  scheduler.Words{ZH: "见它的审核页", EN: "see its review"}}
}

// waiting is what waits of an area, "" for all that the actor may see.
func (s *server) waiting(ctx context.Context, area, lang string) ([]client.Waiting, error) {
	tree, err := s.Store.Tree(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Waiting(ctx)
	out := []client.Waiting{}
	for _, w := range all {
		o := client.Waiting{By: w.By, Name: w.Name, Since: w.Since, Step: 1, Steps: 1, Mine: w.For(tree, actor(ctx))}
		reaches := ""
		if m := w.Warning; m != nil {
			o.Warning, o.Title, o.Level, o.Area, reaches = m.ID, m.Title, m.Level, m.Issuer, m.Area
			o.Text, o.Audio, o.To, o.Until = m.Text, m.Audio, m.Area, when(m.Until)
			may := scheduler.WhoMay(tree, scheduler.ActWarn, m.Issuer)
			asks := cmp.Or(w.Name, w.By)
			o.Who = scheduler.Words{ZH: asks + "以外的人：" + may.ZH, EN: "another person than " + asks + ": " + may.EN}.In(lang)
		} else {
			sub := w.Submission
			o.Programme, o.Version, o.Title, o.Area, reaches = sub.Programme, sub.Version, sub.Title, sub.Issuer, sub.Issuer
			o.By, o.Name = sub.By, sub.Name
			o.Step, o.Steps, o.First, o.Late = len(sub.Given)+1, sub.Steps, when(sub.First), !sub.Late.IsZero()
			may := scheduler.WhoMay(tree, scheduler.ActApprove, sub.Issuer)
			o.Who = scheduler.Words{ZH: "另一个人：" + may.ZH, EN: "another person: " + may.EN}.In(lang)
		}
		if (o.Mine || actor(ctx).May(tree, scheduler.ActRead, reaches) == nil) && (area == "" || tree.Within(reaches, area) || tree.Within(area, reaches)) {
			out = append(out, o)
		}
	}
	return out, err
}

// held is what keeps things from going out: freezes, and what waits.
func (s *server) held(ctx context.Context, area, lang string) ([]client.Freeze, []client.Waiting, error) {
	freezes, err := s.Store.Freezes(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	out := []client.Freeze{}
	for _, f := range freezes {
		out = append(out, freezeOut(f))
	}
	waiting, err := s.waiting(ctx, area, lang)
	return out, waiting, err
}

// freezes adds the routes of change freezes.
func (s *server) freezes() {
	type query struct {
		Past bool `query:"past" doc:"Those that are over, too"`
	}
	route(s, methodGet, "/freezes", "list-freezes", "Change freezes, in force and to come", scheduler.ActRead, anywhere[query](),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Freeze]], error) {
			all, err := s.Store.Freezes(ctx, in.Past)
			return list(all, "", freezeOut), err
		})
	type set struct{ Body client.FreezeSpec }
	route(s, methodPost, "/freezes", "set-freeze", "Sets a time in which only warnings, withdrawals and what is approved for it are possible", scheduler.ActSettings, county[set](),
		func(ctx context.Context, in *set) (*answer[client.Freeze], error) {
			f := scheduler.Freeze{Until: in.Body.Until, Why: in.Body.Why}
			if in.Body.From != nil {
				f.From = *in.Body.From
			}
			f, err := s.Store.SetFreeze(ctx, f, in.Body.Approved)
			return reply(freezeOut(f)), err
		})
	route(s, methodPost, "/freezes/{id}/lift", "lift-freeze", "Ends it before its time", scheduler.ActSettings, county[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Freeze], error) {
			f, err := s.Store.LiftFreeze(ctx, in.ID)
			return reply(freezeOut(f)), err
		})
}

func freezeOut(f scheduler.Freeze) client.Freeze {
	out := client.Freeze{ID: f.ID, From: f.From, Until: f.Until, Why: f.Why, By: f.By, Lifted: when(f.Lifted), Approved: []string{}}
	seen := map[string]bool{}
	for _, a := range f.Approved {
		if !seen[a.Programme] {
			seen[a.Programme] = true
			out.Approved = append(out.Approved, a.Programme)
		}
	}
	return out
}
