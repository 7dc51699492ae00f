package console

import (
	"bytes"
	"embed"
	"html"
	"io/fs"
	"net/http"
	"strings"

	"github.com/villagecast/villagecast/device/looks"
	"github.com/villagecast/villagecast/scheduler"
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

// Approvals serves the page on which people see, hear and approve what waits for
// them.
func Approvals() http.Handler {
	return strict(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, read("approvals.html")) }))
}

// Stops serves the page on which people see which units have not confirmed that
// they are silent, and what is in force.
func Stops() http.Handler {
	return strict(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, read("stops.html")) }))
}

// Fault is what the login page says went wrong.
type Fault string

// What can go wrong when somebody signs in.
const (
	FaultNone  Fault = "none"
	FaultWrong Fault = "wrong" // account or password
	FaultWait  Fault = "wait"  // too many wrong ones
	FaultCard  Fault = "card"  // used, expired or mistyped
)

// Login serves the login page; to is the path to which it leads. Where passwords
// are not taken it asks for a card alone.
func Login(w http.ResponseWriter, r *http.Request, status int, fault Fault, to string) {
	strict(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page := bytes.ReplaceAll(read("login.html"), []byte("{{to}}"), []byte(html.EscapeString(to)))
		if !scheduler.DoorsIn(r.Context()).Has(scheduler.DoorAdmin) {
			head, rest, _ := bytes.Cut(page, []byte("<!-- password -->"))
			_, tail, _ := bytes.Cut(rest, []byte("<!-- end -->"))
			page = append(bytes.Clone(head), tail...)
		}
		write(w, status, bytes.Replace(page, []byte(`data-fault="none"`), []byte(`data-fault="`+fault+`"`), 1))
	})).ServeHTTP(w, r)
}

// Card serves the page of a sign-in card, with the button that uses it up: what
// only looks at links, as messengers do, shall not.
func Card(w http.ResponseWriter, r *http.Request, name, action string) {
	strict(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page := bytes.Replace(read("card.html"), []byte("{{name}}"), []byte(html.EscapeString(name)), 1)
		write(w, http.StatusOK, bytes.Replace(page, []byte("{{action}}"), []byte(html.EscapeString(action)), 1))
	})).ServeHTTP(w, r)
}

// LoginNeeded answers a request of somebody who is not logged in: the login page,
// one line for a program.
func LoginNeeded(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		Login(w, r, http.StatusUnauthorized, FaultNone, r.URL.RequestURI())
		return
	}
	refuse(w, r, http.StatusUnauthorized, "", "log in first: open the link that the centre printed at its start, or /login")
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

// policy lets the pages use files of our own and nothing else: no script or style
// within a page, nothing from outside, and no page of others around them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// strict sets the headers that keep foreign content out; those that hold for
// every answer the centre sets itself.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		if h.Get("Cache-Control") == "" {
			h.Set("Cache-Control", "no-cache")
		}
		next.ServeHTTP(w, r)
	})
}
