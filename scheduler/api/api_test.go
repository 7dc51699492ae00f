package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// broken is a store whose disk has failed in the middle of the night.
type broken struct{ Store }

var errInside = errors.New("sqlite: cannot open /var/lib/villagecast/villagecast.db (secret-of-the-house)")

func (broken) Areas(context.Context) ([]scheduler.Area, error) { return nil, errInside }
func (broken) Tree(context.Context) (*scheduler.Tree, error)   { return scheduler.NewTree(nil), nil }
func (broken) Area(context.Context, string) (scheduler.Area, error) {
	return scheduler.Area{}, scheduler.Missing("area", "x", nil)
}
func (broken) Recall(context.Context, string, string) (*scheduler.Remembered, error) {
	return nil, errInside
}

// serveBroken is the API over a broken store, and its log.
func serveBroken(t *testing.T) (http.Handler, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	who := func(r *http.Request) (scheduler.Actor, error) {
		if r.Header.Get("Authorization") == "Bearer good" {
			return scheduler.TheAdmin(scheduler.ViaFile), nil
		}
		return scheduler.Actor{}, &scheduler.Error{Kind: scheduler.Unauthorized,
			Message: scheduler.Words{ZH: "你还没有登录", EN: "you are not logged in"},
			Remedy:  scheduler.Words{ZH: "带上令牌", EN: "send a token"}}
	}
	return New(Options{Store: broken{}, Who: who, Logger: slog.New(slog.NewTextHandler(log, nil))}), log
}

func ask(h http.Handler, method, path, body string, set ...string) (*http.Response, client.Problem) {
	r := httptest.NewRequestWithContext(scheduler.WithDoors(context.Background(), scheduler.AllDoors()), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	for i := 0; i+1 < len(set); i += 2 {
		r.Header.Set(set[i], set[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p client.Problem
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	res := w.Result()
	res.Body = io.NopCloser(w.Body)
	return res, p
}

func TestInternalErrorsTellNothing(t *testing.T) {
	for name, r := range map[string]struct{ method, path, body string }{
		"a read":             {http.MethodGet, "/api/v1/areas", ""},
		"a repeated request": {http.MethodPost, "/api/v1/warnings", "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			h, log := serveBroken(t)
			res, p := ask(h, r.method, r.path, r.body, "Idempotency-Key", "k")
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/problem+json" || p.Status != 500 || p.Code != "internal" || p.Detail == "" {
				t.Errorf("%s %+v", res.Status, p)
			}
			for _, inner := range []string{"sqlite", "/var", "secret"} {
				if strings.Contains(string(body), inner) {
					t.Errorf("the answer tells of %q: %s", inner, body)
				}
			}
			if !strings.Contains(log.String(), "secret-of-the-house") {
				t.Errorf("the log does not say what happened: %s", log)
			}
		})
	}
}

// TestRefusals holds every kind of refusal that the API itself makes to the one
// error body: what is wrong, with which value, and what helps.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		set                []string
		status             int
		code, field, value string
		remedy             string
	}{
		"no token":          {"GET", "/api/v1/areas", "", []string{"Authorization", ""}, 401, "unauthorized", "", "", "token"},
		"a wrong token":     {"GET", "/api/v1/areas", "", []string{"Authorization", "Bearer s3cr3t"}, 401, "unauthorized", "", "", "token"},
		"a wrong cookie":    {"GET", "/api/v1/areas", "", []string{"Authorization", "", "Cookie", "villagecast=s3cr3t"}, 401, "unauthorized", "", "", "token"},
		"another site":      {"POST", "/api/v1/warnings", "{}", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403, "forbidden", "Origin", "https://evil.example", "own pages"},
		"no such address":   {"GET", "/api/v1/aeras", "", nil, 404, "not-found", "path", "GET /api/v1/aeras", "openapi.yaml"},
		"another method":    {"PATCH", "/api/v1/areas/x", "{}", nil, 405, "invalid", "method", "PATCH /api/v1/areas/x", "use GET or PUT or DELETE"},
		"no content type":   {"PUT", "/api/v1/areas/x", "<a/>", []string{"Content-Type", "application/xml"}, 415, "invalid", "Content-Type", "", "application/json"},
		"no JSON":           {"PUT", "/api/v1/areas/x", `{"name": "s3cr3t`, nil, 400, "invalid", "body", "", "JSON"},
		"no body":           {"PUT", "/api/v1/areas/x", ``, nil, 400, "invalid", "body", "", "openapi.yaml"},
		"a list":            {"PUT", "/api/v1/areas/x", `["s3cr3t"]`, nil, 422, "invalid", "body", "", "{\"name\": value}"},
		"a wrong type":      {"PUT", "/api/v1/areas/x", `{"id":"x","name":5}`, nil, 422, "invalid", "name", "5", "JSON string"},
		"an unknown name":   {"PUT", "/api/v1/areas/x", `{"id":"x","name":"x","nmae":"y"}`, nil, 422, "invalid", "nmae", "", "correct it"},
		"a missing name":    {"PUT", "/api/v1/areas/x", `{"id":"x"}`, nil, 422, "invalid", "name", "", "give it"},
		"a secret":          {"PUT", "/api/v1/areas/x", `{"id":"x","name":"x","secret":"s3cr3t","password":"s3cr3t"}`, nil, 422, "invalid", "password", "", ""},
		"a large body":      {"PUT", "/api/v1/areas/x", `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, "too-large", "body", "", "1 MiB"},
		"a large post":      {"POST", "/api/v1/warnings", strings.Repeat("x", 2<<20), []string{"Idempotency-Key", "k"}, 413, "too-large", "body", "", "1 MiB"},
		"a long key":        {"POST", "/api/v1/warnings", "{}", []string{"Idempotency-Key", strings.Repeat("k", 129)}, 422, "invalid", "Idempotency-Key", strings.Repeat("k", 20) + "…", "random"},
		"a wrong ETag":      {"PUT", "/api/v1/areas/x", `{"id":"x","name":"x"}`, []string{"If-Match", `"yesterday"`}, 422, "invalid", "If-Match", `"yesterday"`, "ETag"},
		"another id":        {"PUT", "/api/v1/areas/x", `{"id":"y","name":"x"}`, nil, 422, "invalid", "id", "y", "equal"},
		"a limit":           {"GET", "/api/v1/units?limit=5000", "", nil, 422, "invalid", "limit", "5000", "limit"},
		"an unknown word":   {"GET", "/api/v1/units?shows=lost", "", nil, 422, "invalid", "shows", "lost", "use one of: on-air, idle"},
		"no time":           {"GET", "/api/v1/asrun?from=yesterday", "", nil, 422, "invalid", "from", "yesterday", "write it as 2026-11-24T07:00:00+08:00"},
		"an empty text":     {"POST", "/api/v1/assets/text", `{"text":""}`, nil, 422, "invalid", "text", "", "give it"},
		"no number":         {"GET", "/api/v1/units?limit=many", "", nil, 422, "invalid", "limit", "many", "such as 10"},
		"neither unit nor":  {"GET", "/api/v1/timetable", "", nil, 422, "invalid", "unit", "", "one of the two"},
		"no offset":         {"PATCH", "/api/v1/uploads/x", "x", nil, 422, "invalid", "Upload-Offset", "", "openapi.yaml"},
		"a negative offset": {"PATCH", "/api/v1/uploads/x", "x", []string{"Upload-Offset", "-1"}, 422, "invalid", "Upload-Offset", "-1", "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			h, log := serveBroken(t)
			res, p := ask(h, c.method, c.path, c.body, append([]string{"Content-Type", "application/json"}, c.set...)...)
			text, _ := json.Marshal(p)
			if res.StatusCode != c.status || p.Status != c.status || p.Code != c.code || p.Title == "" || p.Detail == "" || len(p.Errors) == 0 {
				t.Fatalf("%s %s", res.Status, text)
			}
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type %q", got)
			}
			f := p.Errors[0]
			if f.Field != c.field || f.Value != c.value || !strings.Contains(f.Remedy, c.remedy) || f.Message == "" || f.Remedy == "" {
				t.Errorf("%s", text)
			}
			if strings.Contains(string(text), "15:04:05") || strings.Contains(string(text), "expected") {
				t.Errorf("says what is internal: %s", text)
			}
			_, zh := ask(h, c.method, c.path, c.body, append([]string{"Content-Type", "application/json", "Accept-Language", "zh-CN,zh;q=0.9"}, c.set...)...)
			for _, line := range []string{zh.Title, zh.Detail, zh.Errors[0].Message, zh.Errors[0].Remedy} {
				if !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					t.Errorf("is not said in Chinese: %q", line)
				}
			}
			if strings.Contains(string(text), "s3cr3t") {
				t.Errorf("says a secret back: %s", text)
			}
			if c.status == 405 && res.Header.Get("Allow") != "GET, PUT, DELETE" {
				t.Errorf("allows %q", res.Header.Get("Allow"))
			}
			if log.Len() > 0 {
				t.Errorf("a caller's mistake is in the log: %s", log)
			}
		})
	}
}

func TestEveryKindOfErrorHasItsStatus(t *testing.T) {
	s := &server{}
	for kind, status := range map[scheduler.ErrorKind]int{
		scheduler.Invalid: 422, scheduler.NotFound: 404, scheduler.Conflict: 409, scheduler.Stale: 412, scheduler.Unauthorized: 401,
		scheduler.Forbidden: 403, scheduler.TooLarge: 413, scheduler.Full: 507, scheduler.Unavailable: 503,
	} {
		w := httptest.NewRecorder()
		s.problemOf(&scheduler.Error{Kind: kind, Field: "f", Value: "v",
			Message: scheduler.Words{ZH: "错", EN: "m"},
			Remedy:  scheduler.Words{ZH: "改", EN: "r"}, Err: errInside}).write(w, "en")
		var p client.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		want := client.ProblemField{Field: "f", Value: "v", Message: "m", Remedy: "r"}
		if w.Code != status || p.Status != status || p.Code != string(kind) || len(p.Errors) != 1 || p.Errors[0] != want || strings.Contains(w.Body.String(), "sqlite") {
			t.Errorf("%s: %d %s", kind, w.Code, w.Body)
		}
	}
}

// TestARouteWithoutARuleStopsTheStart: what was added past permitting, or says
// only half of what it needs, never serves.
func TestARouteWithoutARuleStopsTheStart(t *testing.T) {
	handle := func(context.Context, *none) (*none, error) { return nil, nil }
	for name, add := range map[string]func(*server){
		"past the table": func(s *server) {
			huma.Register(s.api, huma.Operation{OperationID: "wild", Method: "GET", Path: "/wild"}, handle)
			s.checkRules()
		},
		"no act":   func(s *server) { route(s, methodGet, "/wild", "wild", "", "", anywhere[none](), handle) },
		"no place": func(s *server) { route(s, methodGet, "/wild", "wild", "", scheduler.ActRead, place[none]{}, handle) },
		"no door":  func(s *server) { route(s, methodGet, "/wild", "wild", "", "dance", anywhere[none](), handle) },
		"no way to its area": func(s *server) {
			route(s, methodGet, "/wild", "wild", "", scheduler.ActRead, at[none](nil), handle)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := build(Options{})
			defer func() {
				if recover() == nil {
					t.Error("it starts")
				}
			}()
			add(s)
		})
	}
}
