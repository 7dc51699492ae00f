package app_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/api"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// apart gives each door a listener of its own.
func apart(o *app.Options) {
	o.Listeners = map[scheduler.Door]string{scheduler.DoorUnits: "127.0.0.1:0", scheduler.DoorPhones: "127.0.0.1:0", scheduler.DoorAdmin: "127.0.0.1:0"}
}

// door is the address at which one of them listens.
func (w *web) door(d scheduler.Door) string { return w.app.Listener(d) }

func (w *web) phonesListener() string { return w.door(scheduler.DoorPhones) }

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// served tells whether anybody takes a request at a door.
func (w *web) served(d scheduler.Door, method, path string) bool {
	w.t.Helper()
	r, err := http.NewRequest(method, w.door(d)+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.HTTP.Transport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	switch res.StatusCode {
	case http.StatusMethodNotAllowed:
		return false
	case http.StatusNotFound:
		return !strings.HasPrefix(string(body), "404 page not found") && !strings.Contains(string(body), "not served here")
	}
	return true
}

// TestEveryRouteAtEveryListener: each route answers at the listeners of its
// doors, and is not there at the others; nothing that decides who may do what is
// reached by the phones' door, and devices meet nothing of people's.
func TestEveryRouteAtEveryListener(t *testing.T) {
	w := serve(t, apart)
	table, err := w.app.Table()
	if err != nil {
		t.Fatal(err)
	}
	type one struct {
		method, path string
		doors        scheduler.Doors
	}
	var all []one
	for _, r := range table {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if path == "" { // the API, whose own table follows
			continue
		}
		all = append(all, one{method, wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "x"), r.Doors})
	}
	people := 0
	for id, r := range api.Routes() {
		all = append(all, one{r.Method, wildcard.ReplaceAllString(r.Path, "x"), r.Doors})
		decides := slices.Contains([]scheduler.Act{scheduler.ActPlace, scheduler.ActInvite, scheduler.ActPeople, scheduler.ActSettings, scheduler.ActAudit}, r.Act)
		if r.Doors.Has(scheduler.DoorUnits) || !r.Doors.Has(scheduler.DoorAdmin) || r.Doors.Has(scheduler.DoorPhones) && decides && r.Scope != api.ScopeSelf {
			t.Errorf("%s (%s) is served at %v", id, r.Act, r.Doors)
		}
		if r.Doors.Has(scheduler.DoorPhones) {
			people++
		}
	}
	if len(all) < 60 || people < 20 {
		t.Fatalf("%d routes, %d for phones: the tables were not read", len(all), people)
	}
	for _, r := range all {
		for _, d := range scheduler.AllDoors() {
			if got := w.served(d, r.method, r.path); got != r.doors.Has(d) {
				t.Errorf("%s %s at the listener of %s: served %v", r.method, r.path, d, got)
			}
		}
	}
	for path, want := range map[string]bool{"/demo": false, client.Prefix + "/openapi.yaml": false, "/login": true} {
		if got := w.served(scheduler.DoorPhones, "GET", path); got != want {
			t.Errorf("%s at the listener of phones: served %v", path, got)
		}
	}
}

// TestPhonesComeByCardsAlone: at the phones' door no token counts, not even the
// administrator's, and nobody tries passwords; a card signs in there, and its
// session does there what its person may, but nothing of the administration.
func TestPhonesComeByCardsAlone(t *testing.T) {
	w := serve(t, apart)
	w.person("boss", client.Grant{Role: "administrator"})
	w.password("boss", "渔歌子 西塞山前 白鹭飞")
	card, err := w.AddCard(t.Context(), "boss", client.CardSpec{})
	if err != nil || !strings.HasPrefix(card.Link, w.app.PhonesURL()+"/login/") {
		t.Fatalf("the card leads to %s (%v), not to %s", card.Link, err, w.app.PhonesURL())
	}
	atPhones := &client.Client{Base: w.app.PhonesURL(), Token: w.app.Token()}
	if _, err := atPhones.Me(t.Context()); err == nil {
		t.Error("the administrator's token is taken at the phones' door")
	}
	if _, err := w.Me(t.Context()); err != nil {
		t.Errorf("and not at the administration's: %v", err)
	}
	mine := w.phone()
	mine.base = w.app.PhonesURL()
	if status := mine.login("boss", "渔歌子 西塞山前 白鹭飞"); status != http.StatusMethodNotAllowed {
		t.Errorf("a password at the phones' door gives %d", status)
	}
	if _, _, page := mine.do("GET", "/login", nil); strings.Contains(page, `name="password"`) || !strings.Contains(page, `name="code"`) {
		t.Error("the login page of phones asks for a password, or not for a card")
	}
	if status, _, _ := mine.do("POST", strings.TrimPrefix(card.Link, w.app.PhonesURL()), nil); status != http.StatusSeeOther || !mine.in() {
		t.Fatalf("the card gives %d", status)
	}
	for path, want := range map[string]int{"/status": 200, "/people": 404, "/audit": 404, "/tokens": 404} {
		if status, _, _ := mine.do("GET", client.Prefix+path, nil); status != want {
			t.Errorf("an administrator's session at the phones' door gets %d for %s, want %d", status, path, want)
		}
	}
	mine.base = w.app.URL()
	if status, _, _ := mine.do("GET", client.Prefix+"/people", nil); status != 200 {
		t.Errorf("and at the administration's %d", status)
	}
}

// TestAListenerThatIsTakenIsNamed: the setting at fault is said, and what was
// opened before it is let go.
func TestAListenerThatIsTakenIsNamed(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	var opened []net.Listener
	a, err := app.New(app.Options{Data: t.TempDir(), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0",
		Listeners: map[scheduler.Door]string{scheduler.DoorPhones: held.Addr().String()},
		Listen: func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err == nil {
				opened = append(opened, l)
			}
			return l, err
		}})
	if err == nil {
		err = a.Start(t.Context())
	}
	if e, ok := errors.AsType[*scheduler.Error](err); !ok || e.Field != "listen.phones" || e.Value != held.Addr().String() || !strings.Contains(e.Remedy.EN, "listen.phones") {
		t.Errorf("the start says %v", err)
	}
	if len(opened) < 2 {
		t.Fatalf("only %d listeners were opened before", len(opened))
	}
	for _, l := range opened {
		if again, err := net.Listen("tcp", l.Addr().String()); err != nil {
			t.Errorf("%s is still held: %v", l.Addr(), err)
		} else {
			_ = again.Close()
		}
	}
}
