package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

func TestEverythingIsForItsOwnerAlone(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		if info, err := os.Stat(c.dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the data directory has mode %v (%v), want 0700", info.Mode(), err)
		}
		for _, name := range []string{"root.key", "keys.json", "token", "villagecast.db", "address", "lock"} {
			if info, err := os.Stat(filepath.Join(c.dir, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, want mode 0600", name, err)
			}
		}
		for name, want := range map[string]string{"address": "http://" + httpAddress + "\n", "lock": ""} {
			b, err := os.ReadFile(filepath.Join(c.dir, name))
			if err != nil || !strings.HasPrefix(string(b), want) {
				t.Errorf("%s holds %q (%v), want %q", name, b, err, want)
			}
		}
	})
}

func TestTwoCentresOnOneDirectoryAreTold(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		second, err := app.New(c.options)
		if err != nil {
			t.Fatal(err)
		}
		err = second.Start(context.Background())
		if err == nil || scheduler.KindOf(err) != scheduler.Invalid || !strings.Contains(err.Error(), "another centre runs on this data directory: process ") {
			t.Errorf("a second centre: %v", err)
		}
		if err := second.Stop(); err != nil {
			t.Errorf("stopping what never started: %v", err)
		}
		if answer := c.get("/media/x", nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("the first centre answers %s", answer.Status)
		}
	})
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	dir := t.TempDir()
	first, err := app.New(app.Options{Data: filepath.Join(dir, "县 one"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(first.Stop(), first.Stop()); err != nil {
			t.Error(err)
		}
	}()
	u, err := url.Parse(first.URL())
	if err != nil {
		t.Fatal(err)
	}
	second, err := app.New(app.Options{Data: filepath.Join(dir, "two"), HTTP: u.Host, MQTT: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	err = second.Start(t.Context())
	if e, ok := errors.AsType[*scheduler.Error](err); !ok || e.Field != "http" || e.Value != u.Host {
		t.Errorf("a taken port: %v, want an error that names http and %s", err, u.Host)
	}
	again, err := app.New(app.Options{Data: filepath.Join(dir, "two"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err == nil {
		err = again.Start(t.Context())
	}
	if err != nil {
		t.Errorf("after a failed start the directory is not free: %v", err)
	}
	if err := again.Stop(); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for field, o := range map[string]app.Options{
		"data":               {},
		"http":               {Data: "x", HTTP: "8080"},
		"mqtt":               {Data: "x", MQTT: "nowhere"},
		"public_http":        {Data: "x", PublicHTTP: "centre"},
		"public_mqtt":        {Data: "x", PublicMQTT: "centre"},
		"public_url":         {Data: "x", PublicURL: "https://centre.example/path"},
		"listen.units":       {Data: "x", Listeners: map[scheduler.Door]string{scheduler.DoorUnits: "8522"}},
		"listen.phones":      {Data: "x", Listeners: map[scheduler.Door]string{scheduler.DoorPhones: "nowhere"}},
		"trusted_proxies[1]": {Data: "x", TrustedProxies: []string{"127.0.0.1", "proxy.example"}},
		"trusted_proxies[0]": {Data: "x", TrustedProxies: []string{"0.0.0.0/0"}},
		"tls.key":            {Data: "x", CertFile: "a.pem"},
		"tls.cert":           {Data: "x", KeyFile: "a.pem"},
		"listen.units/":      {Data: "x", CertFile: "a.pem", KeyFile: "b.pem"},
	} {
		_, err := app.New(o)
		field = strings.TrimSuffix(field, "/")
		if e, ok := errors.AsType[*scheduler.Error](err); !ok || e.Field != field || e.Remedy.EN == "" || e.Remedy.ZH == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestALoginLinkOpensOneSession(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		link := strings.TrimPrefix(c.app.LoginLink("/demo"), "http://"+httpAddress)
		answer := c.get(link, nil)
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/demo" || len(answer.Cookies()) != 2 {
			t.Fatalf("the link gives %s to %q with cookies %v", answer.Status, answer.Header.Get("Location"), answer.Cookies())
		}
		if again := c.get(link, nil); again.StatusCode != http.StatusForbidden {
			t.Errorf("a used link gives %s", again.Status)
		}
		who := func(set func(*http.Request)) bool {
			r, _ := http.NewRequestWithContext(scheduler.WithDoors(t.Context(), scheduler.AllDoors()), http.MethodGet, "/", nil)
			set(r)
			return c.app.LoggedIn(r)
		}
		token, err := os.ReadFile(filepath.Join(c.dir, "token"))
		if err != nil {
			t.Fatal(err)
		}
		cookie := answer.Cookies()[1]
		if !who(func(r *http.Request) { r.AddCookie(cookie) }) || !who(func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		}) {
			t.Error("the cookie or the token is not taken")
		}
		if who(func(*http.Request) {}) || who(func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }) {
			t.Error("a stranger is logged in")
		}
		for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
			link := strings.TrimPrefix(c.app.LoginLink(to), "http://"+httpAddress)
			if got := c.get(link, nil).Header.Get("Location"); got != "/" {
				t.Errorf("a link to %q leads to %q", to, got)
			}
		}
	})
}

func TestDevicesUnderstandTheirSettings(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		text, err := c.app.Enrol("u1", "geheim")
		if err != nil {
			t.Fatal(err)
		}
		s, err := agent.ParseSettings([]byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		root, err := s.RootKey()
		if err != nil || !root.Equal(c.app.Keys().Root()) {
			t.Errorf("the root is not the centre's (%v)", err)
		}
		s.Root = ""
		if want := (agent.Settings{Unit: "u1", MQTT: "tcp://" + mqttAddress, HTTP: "http://" + httpAddress, Secret: "geheim"}); s != want {
			t.Errorf("settings %+v, want %+v", s, want)
		}
	})
}

func TestOnlyPublishedFilesAreServed(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		sound := strings.Repeat("sound", 1000)
		hash, _, err := c.app.Files().Put(strings.NewReader(sound), "")
		if err != nil {
			t.Fatal(err)
		}
		path := "/media/" + string(hash)
		if answer := c.get(path, nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("a file that nothing names gives %s", answer.Status)
		}
		c.publish("p1", string(hash), int64(len(sound)))
		time.Sleep(5 * time.Second)
		answer := c.get(path, nil)
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusOK || string(body) != sound || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("a published file gives %s, %d bytes, %q", answer.Status, len(body), answer.Header.Get("Cache-Control"))
		}
		answer = c.get(path, func(r *http.Request) { r.Header.Set("Range", "bytes=4995-") })
		body, _ = io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusPartialContent || string(body) != "sound" {
			t.Errorf("the end of a file gives %s, %q", answer.Status, body)
		}
		for _, bad := range []string{"/media/", "/media/" + strings.ToUpper(string(hash)), "/media/..%2ftoken", "/media/" + strings.Repeat("0", 64)} {
			if answer := c.get(bad, nil); answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s gives %s", bad, answer.Status)
			}
		}
	})
}
