package console

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"strings"

	"github.com/villagecast/villagecast/device/looks"
)

//go:embed static
var static embed.FS

// files are the pages with their scripts and styles, and what all pages share.
func files() fs.FS {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return looks.With(sub)
}

// Static serves the scripts and styles of the plain pages; it stands at /static/
// and holds nothing that needs a login.
func Static() http.Handler {
	return strict(http.StripPrefix("/static/", http.FileServerFS(files())))
}

// Home serves the page that says what this is and where to go on. demo tells
// whether the demonstration runs.
func Home(demo bool) http.Handler {
	return strict(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page := read("home.html")
		if demo {
			page = bytes.Replace(page, []byte(`data-demo="no"`), []byte(`data-demo="yes"`), 1)
		}
		write(w, http.StatusOK, page)
	}))
}

// LoginNeeded answers a request of somebody who is not logged in: a page that
// says how to, one line for a program.
func LoginNeeded(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusUnauthorized, "login.html", "log in first: open the link that the centre printed at its start")
}

// LinkSpent answers a login link that was used or has expired.
func LinkSpent(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusForbidden, "spent.html", "this login link was used or has expired: start the centre again for a new one")
}

func refuse(w http.ResponseWriter, r *http.Request, status int, page, line string) {
	strict(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Error(w, line, status)
			return
		}
		write(w, status, read(page))
	})).ServeHTTP(w, r)
}

func read(name string) []byte {
	page, err := static.ReadFile("static/" + name)
	if err != nil {
		panic(err) // embedded above
	}
	return page
}

func write(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page) // the reader may have gone
}

// strict sets the headers that keep foreign content out.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
