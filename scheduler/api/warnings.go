package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// warnings adds the routes of warnings and of STOP.
func (s *server) warnings() {
	type query struct {
		Paged
		Area    string `query:"area"`
		InForce bool   `query:"inForce"`
	}
	route(s, methodGet, "/warnings", "list-warnings", "Warnings, newest first", scheduler.ActRead,
		narrowed(s, scheduler.ActRead, func(in *query) *string { return &in.Area }),
		func(ctx context.Context, in *query) (*answer[client.Page[client.Warning]], error) {
			all, next, err := s.Store.Warnings(ctx, scheduler.WarningFilter{Area: in.Area, InForce: in.InForce, Page: in.page()})
			return list(all, next, warningOut), err
		})
	type warn struct {
		Language string `header:"Accept-Language"`
		Body     client.WarningSpec
	}
	route(s, methodPost, "/warnings", "warn", "Sends out a warning: it takes sound and screen at once", scheduler.ActWarn,
		at(func(_ context.Context, in *warn) ([]need, error) { return placesOfWarning(in.Body), nil }),
		func(ctx context.Context, in *warn) (*answer[client.Warning], error) {
			out, err := s.warn(ctx, in.Body, in.Language)
			if err == nil {
				out.Body.Later = s.later(ctx, out.Body.Area, out.Body.Level, in.Language)
			}
			return out, err
		})
	type early struct {
		Language string     `header:"Accept-Language"`
		Area     string     `query:"area" required:"true"`
		Level    wire.Level `query:"level" required:"true" enum:"blue,yellow,orange,red"`
	}
	route(s, methodGet, "/warnings/later", "get-later", "Where a warning of a level would not sound now, and until when", scheduler.ActRead,
		inArea(func(in *early) string { return in.Area }),
		func(ctx context.Context, in *early) (*answer[client.Later], error) {
			l, err := s.Store.Later(ctx, in.Area, in.Level)
			return reply(laterOut(l, in.Language)), err
		})
	route(s, methodPost, "/warnings/{id}/lift", "lift", "Ends a warning", scheduler.ActLift, at(s.lifting),
		func(ctx context.Context, in *byID) (*answer[client.Warning], error) {
			w, err := s.Store.Lift(ctx, in.ID)
			return reply(warningOut(w)), err
		})
	route(s, methodPost, "/warnings/{id}/confirm", "confirm-warning", "The second person's word, where a warning waits for one: it goes out at once", scheduler.ActWarn, at(s.confirming),
		func(ctx context.Context, in *byID) (*answer[client.Warning], error) {
			w, reach, err := s.Store.Confirm(ctx, in.ID)
			out := warningOut(w)
			out.Units = reach.Units
			return reply(out), err
		})
	type stop struct {
		ID  string `path:"id" maxLength:"80"`
		Why string `query:"why" maxLength:"200"`
	}
	route(s, methodPost, "/areas/{id}/stop", "stop", "Ends what is on air in the area, now and for good", scheduler.ActStop, inArea(func(in *stop) string { return in.ID }),
		func(ctx context.Context, in *stop) (*answer[client.Stopped], error) {
			st, err := s.Store.Stop(ctx, in.ID, in.Why)
			return reply(stoppedOut(in.ID, st)), err
		})
	s.mutes()
	s.stops()
	s.exceptions()
}

// later tells where a warning that is out does not sound yet. What cannot be told
// does not fail it.
func (s *server) later(ctx context.Context, area string, level wire.Level, lang string) *client.Later {
	l, err := s.Store.Later(ctx, area, level)
	if err != nil {
		s.Logger.Error("find where a warning does not sound", "component", "api", "err", err)
	}
	if err != nil || l.Units == 0 {
		return nil
	}
	out := laterOut(l, lang)
	return &out
}

func laterOut(l scheduler.Later, lang string) client.Later {
	out := client.Later{Units: l.Units, Until: when(l.Until)}
	if l.Units > 0 {
		out.Why = l.Why.Text(lang)
	}
	return out
}

// warn speaks the text first, where no recording is given. A warning is never
// held up by speech that cannot be had: it then goes to the screens alone, and
// the answer says so.
func (s *server) warn(ctx context.Context, spec client.WarningSpec, lang string) (*answer[client.Warning], error) {
	w := scheduler.Warning{Area: spec.Area, Issuer: spec.Issuer, Level: spec.Level, Title: spec.Title, Text: spec.Text, Audio: spec.Audio,
		Repeat: spec.Repeat, Pause: spec.Pause, Volume: spec.Volume, Until: spec.Until}
	spoken, made := "yes", ""
	if w.Audio == "" && w.Text != "" {
		begun := s.Now().Truncate(time.Millisecond)
		a, err := s.speakSoon(ctx, called(w.Text), w.Title)
		switch {
		case err != nil:
			spoken = "no: " + s.problemOf(err).in(lang).Detail
		case !a.Created.Before(begun):
			made = a.ID
			fallthrough
		default:
			w.Audio = a.ID
		}
	}
	w, reach, err := s.Store.Warn(ctx, w)
	if err != nil && made != "" { // a refused warning leaves nothing behind
		if err := s.Intake.Remove(context.WithoutCancel(ctx), made); err != nil {
			s.Logger.Error("remove the speech of a refused warning", "component", "api", "err", err)
		}
	}
	out := warningOut(w)
	out.Units, out.Spoken = reach.Units, spoken
	return reply(out), err
}

// called is a warning's text as it is spoken: a word or two are gone before
// anybody listens, and shorter than a round may be, so they are called thrice.
func called(text string) string {
	if utf8.RuneCountInString(text) > 10 {
		return text
	}
	return strings.Repeat(strings.TrimRight(text, "。！!. ")+"。", 3)
}

// warnWait is how long a warning waits for its speech.
const warnWait = 20 * time.Second

func (s *server) speakSoon(ctx context.Context, text, title string) (scheduler.Asset, error) {
	soon, cancel := context.WithTimeout(ctx, warnWait)
	defer cancel()
	a, err := s.Intake.Speak(soon, text, title)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &scheduler.Error{Kind: scheduler.Unavailable, Field: "text",
			Message: scheduler.Words{ZH: fmt.Sprintf("语音合成超过了 %v", warnWait), EN: fmt.Sprintf("the speech took longer than %v", warnWait)},
			Remedy:  scheduler.Words{ZH: "给一段录音，或缩短文字", EN: "give a recording, or a shorter text"}, Err: err}
	}
	return a, err
}

func stoppedOut(area string, st scheduler.Stopped) client.Stopped {
	out := client.Stopped{Stop: st.Halt, Area: area, Programmes: []string{}, Warnings: append([]string{}, st.Warnings...),
		Units: st.Units, Offline: append([]string{}, st.Offline...)}
	for _, b := range st.Programmes {
		out.Programmes = append(out.Programmes, versionName(b.ID, b.Version))
	}
	return out
}
