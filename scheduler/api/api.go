// Package api is the centre's HTTP API, version 1: it decodes requests, asks the
// store and the other rooms through small interfaces, and answers in the types
// of package client. The OpenAPI document is made from those types.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// maxBody is the largest JSON body that is read, in bytes.
const maxBody = 1 << 20

// Options of the API. All but Logger and Now must be set.
type Options struct {
	Store Store
	// Intake takes audio files in and speaks texts.
	Intake Intake
	// Enrol writes the settings file of a unit's device.
	Enrol func(unit, secret string) (settings string, err error)
	// Table reads a spreadsheet; its errors are *scheduler.TableError, in lang.
	Table func(data []byte, lang string) (scheduler.Table, error)
	// Certifies tells that devices get certificates, by claims; ClaimFile writes the
	// file for a device that is to become a unit's.
	Certifies bool
	ClaimFile func(unit, code string) (settings string, err error)
	// Keys are the signing keys, Broker what one of the operator's own is told.
	Keys   Keys
	Broker Broker
	// Detail asks a unit for the finest proof.
	Detail Detailer
	// Commander tells units to do something once, Bundler gives what they sent.
	Commander Commander
	Bundler   Bundler
	// Who tells who asks: Unauthorized if the request carries neither a good
	// token nor a good session.
	Who func(*http.Request) (scheduler.Actor, error)
	// Setup tells how the centre is set up.
	Setup func(context.Context) (client.Setup, error)
	// Guard refuses what pages of other sites send; the standard one if nil.
	Guard *http.CrossOriginProtection
	// SignInLink is the address at which the code of a card is used.
	SignInLink func(code string) string
	// HereLink is the address of a unit's page at the pole.
	HereLink func(unit string) string
	// Version of the software.
	Version string
	Logger  *slog.Logger
	// Now is the centre's clock; time.Now if nil.
	Now func() time.Time
}

// server holds what the handlers work with.
type server struct {
	Options
	api huma.API
	// routes are what was declared, by operation id.
	routes map[string]Route
}

// New makes the handler of everything under /api/v1.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s, mux := build(o)
	var h http.Handler = mux
	h = s.idempotent(h)
	h = s.authenticated(h)
	h = s.byDoor(mux, h)
	h = http.MaxBytesHandler(h, client.MaxChunk+maxBody)
	return h
}

// OpenAPI is the document that describes the API, as YAML.
func OpenAPI(version string) ([]byte, error) {
	s, _ := build(Options{Version: version})
	return s.api.OpenAPI().YAML()
}

func build(o Options) (*server, *http.ServeMux) {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Villagecast", o.Version)
	config.OpenAPIPath = client.Prefix + "/openapi"
	config.DocsPath = "" // the page would load scripts from outside
	config.SchemasPath = ""
	config.CreateHooks = nil // no $schema with a host's name in every answer
	config.Transformers = append(config.Transformers, translate)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	s := &server{Options: o, api: humago.New(mux, config), routes: map[string]Route{}}
	s.county()
	s.areas()
	s.units()
	s.claims()
	s.keys()
	s.outside()
	s.commands()
	s.assets()
	s.uploads()
	s.playlists()
	s.programmes()
	s.approvals()
	s.freezes()
	s.warnings()
	s.proof()
	s.presence()
	s.events()
	s.people()
	s.rosters()
	s.access()
	s.setup()
	s.checkRules()
	mux.HandleFunc("/", s.elsewhere(mux))
	return s, mux
}

// elsewhere answers what no route takes: an address that there is not, or one
// that knows other methods.
func (s *server) elsewhere(mux *http.ServeMux) http.HandlerFunc {
	remedy := scheduler.Words{ZH: "见 " + client.Prefix + "/openapi.yaml", EN: "see " + client.Prefix + "/openapi.yaml"}
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := []string{}
		for _, m := range []string{methodGet, methodPut, methodPost, http.MethodPatch, methodDelete} {
			if _, pattern := mux.Handler(&http.Request{Method: m, URL: r.URL, Host: r.Host}); pattern != "/" {
				allowed = append(allowed, m)
			}
		}
		given := cut(r.Method+" "+r.URL.Path, 80)
		if len(allowed) == 0 {
			s.fail(w, r, &scheduler.Error{Kind: scheduler.NotFound, Field: "path", Value: given,
				Message: scheduler.Words{ZH: "API 里没有这个地址", EN: "there is no such address in the API"}, Remedy: remedy})
			return
		}
		// RFC 9110, 15.5.6: a 405 names the methods in Allow.
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		rejected(http.StatusMethodNotAllowed, scheduler.Error{Field: "method", Value: given,
			Message: scheduler.Words{ZH: "这个地址不认这种方法", EN: "this address does not know this method"},
			Remedy:  scheduler.Words{ZH: "用 " + strings.Join(allowed, "、") + "；" + remedy.ZH, EN: "use " + strings.Join(allowed, " or ") + "; " + remedy.EN}}).
			write(w, r.Header.Get("Accept-Language"))
	}
}
