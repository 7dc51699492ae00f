package app

import (
	"net/http"
	"os"
	"path/filepath"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/api"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/console"
	"github.com/villagecast/villagecast/scheduler/sheet"
)

// Route is one entry of the web server's route table. The API has a table of its
// own, see api.Routes, in which each of its routes names its doors.
type Route struct {
	// Pattern as http.ServeMux reads it.
	Pattern string
	Doors   scheduler.Doors
	handler http.Handler
}

// The doors of people: their pages are served by both.
var people = scheduler.Doors{scheduler.DoorPhones, scheduler.DoorAdmin}

// routes is everything that the web server serves, and by which doors.
func (a *App) routes() ([]Route, error) {
	work := filepath.Join(a.options.Data, "uploads")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, err
	}
	units, admin := scheduler.Doors{scheduler.DoorUnits}, scheduler.Doors{scheduler.DoorAdmin}
	central := api.New(api.Options{
		Store:  desk{a.store, a.kick, a.passwords, a.ca != nil},
		Intake: &intake{store: a.store, files: a.files, speaker: a.speaker, dir: work, ceiling: a.options.UploadCeiling},
		Enrol:  a.Enrol, Certifies: a.ca != nil, ClaimFile: a.ClaimFile, Keys: a, Broker: a,
		Table:  sheet.Read,
		Detail: a.fleet, Commander: commander{a.fleet, &a.said}, Bundler: a.bundles,
		Who: a.Who, Guard: a.guard(), Setup: a.setup, SignInLink: a.signInLink, HereLink: a.hereLink, Version: a.options.Version, Logger: a.options.Logger,
	})
	all := []Route{
		{"GET /media/{hash}", units, http.HandlerFunc(a.serveMedia)},
		{"POST /time", units, http.HandlerFunc(a.serveTime)},
		{"POST /enrol", units, http.HandlerFunc(a.serveEnrol)},
		{"POST /renew", units, http.HandlerFunc(a.serveRenew)},
		{"PUT /bundle/{unit}/{command}", units, http.HandlerFunc(a.serveBundle)},
		{"GET " + client.AboutPath, scheduler.AllDoors(), http.HandlerFunc(a.serveAbout)},
		{"GET " + client.AboutStreamPath, scheduler.AllDoors(), http.HandlerFunc(a.serveAboutStream)},
		{"GET /{$}", people, console.Home(a.options.Demonstration != nil)},
		{"GET /static/", people, console.Static()},
		{client.Prefix + "/", people, central},
		{"/here/", people, a.here(central)},
	}
	all = append(all, Route{"GET /approvals", people, a.guarded(console.Approvals())}, Route{"GET /stops", people, a.guarded(console.Stops())})
	all = append(all, a.waysIn()...)
	if d := a.options.Demonstration; d != nil {
		page := a.guarded(console.Demo(d))
		all = append(all, Route{"/demo", admin, page}, Route{"/demo/", admin, page})
	}
	return all, nil
}

// behind serves the routes that have one of these doors, and nothing else.
func behind(doors scheduler.Doors, routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		if len(r.Doors) == 0 {
			panic("route " + r.Pattern + " has no door")
		}
		if r.Doors.Meet(doors) {
			mux.Handle(r.Pattern, r.handler)
		}
	}
	return mux
}
