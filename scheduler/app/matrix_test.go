package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/api"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/store"
)

// sample is one request of an operation about an area, and what it needs, written
// down here a second time: act and scope.
type sample struct {
	needs string
	// ask makes the request: what follows /api/v1, and the body.
	ask func(f *fixture, area string) (path, body string)
	// fails tells that it cannot succeed here even where it is allowed.
	fails bool
	// waits tells that it waits for a unit where it is allowed: that is asked once.
	waits bool
}

// swift is the operating system's file layer without waiting for the disk: what
// is asked here is not what survives a power cut.
type swift struct{ vfs.VFSFilename }

func (s *swift) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := s.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &swiftFile{f}, flags, nil
}

// unsynced puts the centre's database on it.
func unsynced(t *testing.T) func(*app.Options) {
	vfs.Register("app-swift", &swift{vfs.Find("os").(vfs.VFSFilename)})
	t.Cleanup(func() { vfs.Unregister("app-swift") })
	return func(o *app.Options) { o.VFS = "app-swift" }
}

type swiftFile struct{ vfs.File }

func (f *swiftFile) Sync(vfs.SyncFlag) error { return nil }
func (f *swiftFile) Unwrap() vfs.File        { return f.File }
func (f *swiftFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

// fixture makes things in an area.
type fixture struct {
	*web
	n int
}

func (f *fixture) id(kind string) string { f.n++; return fmt.Sprintf("%s%d", kind, f.n) }

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) unit(area string) string {
	id := f.id("u")
	_, _, err := f.app.Store().AddUnit(f.t.Context(), scheduler.Unit{ID: id, Area: area, Volume: 50, Outputs: []wire.Output{wire.OutputSound}})
	f.must(err)
	return id
}

func (f *fixture) area(parent string) string {
	id := f.id("a")
	_, _, err := f.app.Store().PutArea(f.t.Context(), scheduler.Area{ID: id, Parent: parent, Name: id})
	f.must(err)
	return id
}

func (f *fixture) group(area string) string {
	id := f.id("g")
	_, _, err := f.app.Store().PutGroup(f.t.Context(), scheduler.Group{ID: id, Areas: []string{area}})
	f.must(err)
	return id
}

func (f *fixture) text() string {
	a, _, err := f.app.Store().AddAsset(f.t.Context(), scheduler.Asset{Kind: scheduler.AssetText, Text: f.id("text ")})
	f.must(err)
	return a.ID
}

func (f *fixture) playlist(area string) string {
	id := f.id("l")
	_, _, err := f.app.Store().PutPlaylist(f.t.Context(), scheduler.Playlist{ID: id, Area: area, Items: []scheduler.PlaylistItem{{Text: f.text()}}})
	f.must(err)
	return id
}

func (f *fixture) programme(area string) string {
	id := f.id("p")
	_, _, err := f.app.Store().PutDraft(f.t.Context(), scheduler.Programme{ID: id, Title: id, Playlist: f.playlist(""), Issuer: area, Targets: scheduler.Targets{Areas: []string{area}},
		Rule: wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"07:00"}}})
	f.must(err)
	return id
}

func (f *fixture) warning(area string) string {
	w, _, err := f.app.Store().Warn(f.t.Context(), scheduler.Warning{Area: area, Level: wire.LevelBlue, Title: "w", Text: "w", Until: time.Now().Add(time.Hour)})
	f.must(err)
	return w.ID
}

func (f *fixture) mute(area string) string {
	m, err := f.app.Store().Mute(f.t.Context(), scheduler.Mute{Address: wire.AreaAddress(area), Until: time.Now().Add(time.Hour)})
	f.must(err)
	return m.ID
}

func (f *fixture) person(area string) string {
	id := f.id("x")
	_, _, err := f.app.Store().PutPerson(f.t.Context(), scheduler.Person{ID: id, Grants: []scheduler.Grant{{Role: scheduler.RoleEditor, Area: area}}})
	f.must(err)
	return id
}

func (f *fixture) session(person string) (secret, id string) {
	secret, s, err := f.app.Store().SignInEnd(f.t.Context(), person, store.Browser{}, true)
	f.must(err)
	return secret, s.ID
}

func (f *fixture) token(person string) string {
	_, k, err := f.app.Store().AddToken(f.t.Context(), scheduler.Token{Person: person, Title: "t", Acts: []scheduler.Act{scheduler.ActRead}, Ends: time.Now().Add(time.Hour)})
	f.must(err)
	return k.ID
}

// get is a sample of a path that holds %s for the area, or none.
func get(needs, path string) sample {
	return sample{needs: needs, ask: func(_ *fixture, area string) (string, string) { return strings.ReplaceAll(path, "%s", area), "" }}
}

// about is a sample of a path that names a thing in the area.
func about(needs, path string, thing func(*fixture, string) string, body string) sample {
	return sample{needs: needs, ask: func(f *fixture, area string) (string, string) {
		id := thing(f, area)
		return strings.ReplaceAll(path, "%s", id), strings.NewReplacer("%s", id, "%area", area).Replace(body)
	}}
}

// may tells that an allowed request may still fail here.
func may(s sample) sample { s.fails = true; return s }

func waiting(s sample) sample { s.fails, s.waits = true, true; return s }

func fresh(kind string) func(*fixture, string) string {
	return func(f *fixture, _ string) string { return f.id(kind) }
}

func sampleText(f *fixture, _ string) string { return f.text() }

const rule = `"rule":{"kind":"at","times":["07:00"]}`

// samples has one request for every operation. An operation that is not here
// fails the test.
var samples = map[string]sample{
	"get-county":         get("read anywhere", "/county"),
	"put-county":         about("settings county", "/county", fresh("c"), `{"name":"county","zone":"Asia/Shanghai"}`),
	"list-areas":         get("read anywhere", "/areas"),
	"get-area":           get("read anywhere", "/areas/%s"),
	"put-area":           about("place area", "/areas/%s", fresh("a"), `{"id":"%s","name":"n","parent":"%area"}`),
	"remove-area":        about("place area", "/areas/%s", (*fixture).area, ""),
	"list-groups":        get("read anywhere", "/groups"),
	"put-group":          about("draft area", "/groups/%s", fresh("g"), `{"id":"%s","areas":["%area"]}`),
	"remove-group":       about("draft area", "/groups/%s", (*fixture).group, ""),
	"list-calendars":     get("read anywhere", "/calendars"),
	"put-calendar":       about("settings county", "/calendars/%s", fresh("c"), `{"id":"%s","dates":["2026-12-01"]}`),
	"remove-calendar":    may(get("settings county", "/calendars/none")),
	"list-units":         get("read area", "/units?area=%s"),
	"get-unit":           about("read area", "/units/%s", (*fixture).unit, ""),
	"add-unit":           about("place area", "/units", fresh("u"), `{"id":"%s","area":"%area","outputs":["sound"]}`),
	"put-unit":           about("place area", "/units/%s", (*fixture).unit, `{"id":"%s","area":"%area","outputs":["screen"]}`),
	"remove-unit":        about("place area", "/units/%s", (*fixture).unit, ""),
	"get-uptime":         about("read area", "/units/%s/uptime", (*fixture).unit, ""),
	"issue-claims":       may(about("enrol area", "/claims", (*fixture).unit, `{"units":["%s"]}`)),
	"list-claims":        get("enrol area", "/claims?area=%s"),
	"place-unit":         about("enrol area", "/units/%s/place", (*fixture).unit, `{"area":"%area"}`),
	"list-certificates":  get("enrol area", "/certificates?area=%s"),
	"revoke-unit":        about("enrol area", "/units/%s/revoke", (*fixture).unit, `{"why":"stolen"}`),
	"command-unit":       may(about("command area", "/units/%s/commands", (*fixture).unit, `{"do":"tone"}`)),
	"get-command":        may(about("command area", "/units/%s/commands/none", (*fixture).unit, "")),
	"get-bundle":         may(about("command area", "/units/%s/commands/none/bundle", (*fixture).unit, "")),
	"list-assets":        get("read anywhere", "/assets"),
	"get-asset":          about("read anywhere", "/assets/%s", sampleText, ""),
	"get-asset-file":     may(about("read anywhere", "/assets/%s/file", sampleText, "")),
	"add-text":           about("draft anywhere", "/assets/text", fresh("t"), `{"text":"%s"}`),
	"add-speech":         may(about("draft anywhere", "/assets/speech", fresh("s"), `{"text":"%s"}`)),
	"remove-asset":       about("draft county", "/assets/%s", sampleText, ""),
	"begin-upload":       about("draft anywhere", "/uploads", fresh("f"), `{"name":"%s.wav","size":9,"hash":"`+strings.Repeat("ab", 32)+`"}`),
	"get-upload":         may(get("draft anywhere", "/uploads/none")),
	"append-upload":      may(get("draft anywhere", "/uploads/none")),
	"finish-upload":      may(get("draft anywhere", "/uploads/none/finish")),
	"list-playlists":     get("read anywhere", "/playlists"),
	"get-playlist":       about("read anywhere", "/playlists/%s", (*fixture).playlist, ""),
	"put-playlist":       about("draft area", "/playlists/%s", fresh("l"), `{"id":"%s","area":"%area","items":[]}`),
	"remove-playlist":    about("draft area", "/playlists/%s", (*fixture).playlist, ""),
	"list-programmes":    get("read area", "/programmes?area=%s"),
	"get-programme":      about("read area", "/programmes/%s", (*fixture).programme, ""),
	"put-programme":      about("draft area", "/programmes/%s", (*fixture).programme, `{"id":"%s","title":"x","playlist":"shared","issuer":"%area","targets":{"areas":["%area"]},`+rule+`}`),
	"check-programme":    about("read area", "/programmes/%s/check", (*fixture).programme, ""),
	"get-record":         about("read area", "/programmes/%s/record", (*fixture).programme, ""),
	"release-programme":  may(about("release area", "/programmes/%s/release", (*fixture).programme, "")), // it may need approval
	"withdraw-programme": may(about("withdraw area", "/programmes/%s/withdraw", (*fixture).programme, "")),
	"list-warnings":      get("read area", "/warnings?area=%s"),
	"warn":               about("warn area", "/warnings", fresh("w"), `{"area":"%area","level":"blue","title":"%s","text":"x","until":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`),
	"get-later":          get("read area", "/warnings/later?area=%s&level=yellow"),
	"lift":               about("lift area", "/warnings/%s/lift", (*fixture).warning, ""),
	"stop":               get("stop area", "/areas/%s/stop"),
	"list-stops":         get("read area", "/stops?area=%s"),
	"get-stop":           about("read area", "/stops/%s", (*fixture).stop, ""),
	"list-exceptions":    get("read area", "/exceptions?area=%s"),
	"add-exception":      about("mute area", "/exceptions", fresh("x"), `{"area":"%area","why":"x","until":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`),
	"end-exception":      about("mute area", "/exceptions/%s/end", (*fixture).exception, ""),
	"list-mutes":         get("read anywhere", "/mutes"),
	"mute":               about("mute area", "/mutes", fresh("m"), `{"area":"%area","until":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`),
	"unmute":             about("mute area", "/mutes/%s/end", (*fixture).mute, ""),
	"get-timetable":      get("read area", "/timetable?area=%s"),
	"list-asrun":         get("read area", "/asrun?area=%s"),
	"list-asrun-entries": about("read area", "/asrun/entries?unit=%s", (*fixture).unit, ""),
	"get-asrun-detail":   waiting(about("read area", "/asrun/detail?unit=%s", (*fixture).unit, "")),
	"list-skips":         get("read area", "/asrun/skips?area=%s"),
	"list-outages":       get("read area", "/outages?area=%s"),
	"list-gaps":          get("read anywhere", "/outages/gaps"),
	"get-status":         get("read area", "/status?area=%s"),
	"get-delivery":       get("read area", "/delivery?area=%s"),
	"list-calls":         get("read area", "/calls?area=%s"),
	"events":             get("read anywhere", "/events"),
	"list-people":        get("invite area", "/people?area=%s"),
	"get-person":         about("invite area", "/people/%s", (*fixture).person, ""),
	"put-person":         about("people area", "/people/%s", (*fixture).person, `{"id":"%s","grants":[{"role":"viewer","area":"%area"}]}`),
	"leave":              about("people area", "/people/%s/leave", (*fixture).person, "{}"),
	"set-password":       may(about("people area", "/people/%s/password", (*fixture).person, `{"password":"short"}`)),
	"give-card":          about("people area", "/people/%s/cards", (*fixture).person, "{}"),
	"recover":            get("nobody", "/recover"),
	"rotate-keys":        about("nobody", "/keys/rotate", fresh("k"), "{}"),
	"make-broker-files":  about("nobody", "/broker/files", fresh("k"), "{}"),
	"cut-revoked":        get("enrol county", "/broker/cut"),
	"list-keys":          get("audit county", "/keys"),
	"list-deputies":      about("people area", "/people/%s/deputies", (*fixture).person, ""),
	"put-deputy":         may(about("people area", "/people/%s/deputies", (*fixture).person, `{"deputy":"x","first":"2026-12-01","last":"2026-12-01"}`)),
	"remove-deputies":    about("people area", "/people/%s/deputies", (*fixture).person, ""),
	"get-me":             get("self", "/me"),
	"list-sessions":      about("people area", "/sessions?person=%s", (*fixture).person, ""),
	"end-session": about("people area", "/sessions/%s", func(f *fixture, area string) string {
		_, id := f.session(f.person(area))
		return id
	}, ""),
	"list-tokens":  about("people area", "/tokens?person=%s", (*fixture).person, ""),
	"add-token":    about("people area", "/tokens", (*fixture).person, `{"person":"%s","title":"x","acts":["read"]}`),
	"revoke-token": about("people area", "/tokens/%s", func(f *fixture, area string) string { return f.token(f.person(area)) }, ""),
	"list-audit":   get("audit county", "/audit"),
	"verify-audit": get("audit county", "/audit/verify"),
	"get-setup":    get("settings county", "/setup"),
}

// status makes one request as the holder of a session's secret; 504 if the answer
// takes longer than patience.
func (f *fixture) status(patience time.Duration, method, path, body, session string) (int, string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel() // ends a stream
	r, err := http.NewRequestWithContext(ctx, method, f.app.URL()+"/api/v1"+path, strings.NewReader(body))
	f.must(err)
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/offset+octet-stream")
		r.Header.Set("Upload-Offset", "0")
	}
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "villagecast", Value: session})
	}
	res, err := http.DefaultClient.Do(r)
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusGatewayTimeout, ""
	}
	f.must(err)
	defer res.Body.Close()
	if res.Header.Get("Content-Type") == "text/event-stream" {
		return res.StatusCode, ""
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	f.must(err)
	return res.StatusCode, string(text)
}

// TestEveryRouteForEveryRole asks every operation of the route table as every
// role, for its own area and a foreign one, with the role given for a town and for
// the whole county: what is allowed is just what the table of roles says.
func TestEveryRouteForEveryRole(t *testing.T) {
	f := &fixture{web: serve(t, unsynced(t))}
	_, _, err := f.app.Store().PutArea(t.Context(), scheduler.Area{ID: "other", Parent: "county", Name: "other"})
	f.must(err)
	_, _, err = f.app.Store().PutPlaylist(t.Context(), scheduler.Playlist{ID: "shared", Items: []scheduler.PlaylistItem{{Text: f.text()}}})
	f.must(err)
	type caller struct {
		role    scheduler.Role
		county  bool
		session string
	}
	var callers []caller
	for _, role := range scheduler.Roles() {
		for _, area := range []string{"town", "county"} {
			id := f.id("caller")
			_, _, err := f.app.Store().PutPerson(t.Context(), scheduler.Person{ID: id, Grants: []scheduler.Grant{{Role: role, Area: area}}})
			f.must(err)
			secret, _ := f.session(id)
			callers = append(callers, caller{role, area == "county", secret})
		}
	}
	routes := api.Routes()
	asked := 0
	begun := time.Now()
	for id, route := range routes {
		s, ok := samples[id]
		if !ok {
			t.Errorf("%s has no sample: say what it needs", id)
			continue
		}
		act, scope, _ := strings.Cut(s.needs, " ")
		if declared := string(route.Act) + " " + string(route.Scope); s.needs != declared && s.needs != "nobody" && !(s.needs == "self" && route.Scope == api.ScopeSelf) {
			t.Errorf("%s declares %q, want %q", id, declared, s.needs)
		}
		path, body := s.ask(f, "town")
		if status, text := f.status(time.Minute, route.Method, path, body, ""); status != 401 {
			t.Errorf("%s by nobody: %d %s", id, status, text)
		}
		made, waited := map[string]struct{ path, body string }{}, false
		for _, c := range callers {
			for area, own := range map[string]bool{"town": true, "other": false} {
				if c.county && !own {
					continue // the county's own is both
				}
				want := c.role.Allows(scheduler.Act(act))
				switch {
				case act == "self":
					want = true
				case scope == "area":
					want = want && (own || c.county)
				case scope == "county":
					want = want && c.county
				}
				if s.waits && want {
					if waited {
						continue
					}
					waited = true
				}
				// What was refused is as it was, and serves again.
				a, ok := made[area]
				if !ok {
					a.path, a.body = s.ask(f, area)
					made[area] = a
				}
				patience := time.Minute
				if s.waits && want {
					patience = 2 * time.Second
				}
				status, text := f.status(patience, route.Method, a.path, a.body, c.session)
				if asked++; status < 300 && route.Method != http.MethodGet {
					delete(made, area)
				}
				switch {
				case want && (status == 401 || status == 403 || status >= 400 && !s.fails):
					t.Errorf("%s as %s (county %v) for %s is refused: %d %s", id, c.role, c.county, area, status, text)
				case !want && status != 403:
					t.Errorf("%s as %s (county %v) for %s is not refused: %d %s", id, c.role, c.county, area, status, text)
				case !want && !strings.Contains(text, `"remedy":"ask `) && s.needs != "nobody":
					t.Errorf("%s as %s: the refusal does not say whom to ask: %s", id, c.role, text)
				}
			}
		}
	}
	for id := range samples {
		if _, ok := routes[id]; !ok {
			t.Errorf("there is no operation %s any more", id)
		}
	}
	t.Logf("%d operations, %d requests in %v", len(routes), asked, time.Since(begun).Round(time.Millisecond))
	if !slices.Contains(scheduler.Roles(), scheduler.RoleViewer) || asked < 1000 {
		t.Errorf("only %d requests", asked)
	}
}
