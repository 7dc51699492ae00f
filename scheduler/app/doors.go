package app

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
	"github.com/villagecast/villagecast/scheduler/console"
	"github.com/villagecast/villagecast/scheduler/store"
)

// Cookies of a session, and of a browser: the second lasts, and tells a browser
// that was used before from all others when passwords are tried.
const (
	cookieName  = "villagecast"
	browserName = "villagecast-browser"
	browserPath = "/login"
	browserLife = 400 * 24 * time.Hour // as long as browsers keep any
)

// linkLife is how long the link that the centre prints can be used.
const linkLife = 15 * time.Minute

// maxForm is the largest form that is read, in bytes.
const maxForm = 8 << 10

// waysIn are the ways in: the login page, cards, links, and the way out. Phones
// come by cards alone: by their door nobody tries passwords.
func (a *App) waysIn() []Route {
	guard := a.guard()
	form := func(f http.HandlerFunc) http.Handler {
		return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			secretive(w)
			f(w, r)
		}))
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		console.Login(w, r, http.StatusOK, console.FaultNone, localPath(r.URL.Query().Get("to")))
	}
	return []Route{
		{"GET /login", people, http.HandlerFunc(page)},
		{"POST /login", scheduler.Doors{scheduler.DoorAdmin}, form(a.withPassword)},
		{"POST /login/card", people, form(func(w http.ResponseWriter, r *http.Request) { a.withCard(w, r, r.PostFormValue("code")) })},
		{"GET /login/{code}", people, http.HandlerFunc(a.serveLogin)},
		{"POST /login/{code}", people, form(func(w http.ResponseWriter, r *http.Request) { a.withCard(w, r, r.PathValue("code")) })},
		{"POST /logout", people, form(a.logout)},
	}
}

// secretive lets nobody keep an answer. That an address is told to no other site
// holds for all of them.
func secretive(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
}

// LoginLink is a link that logs its reader in once, within 15 minutes, and leads
// to a page of the centre, such as "/demo".
func (a *App) LoginLink(page string) string {
	code := a.links.Issue(time.Now(), linkLife)
	return a.URL() + "/login/" + code + "?to=" + url.QueryEscape(page)
}

// signInLink is where the code of a card is used.
func (a *App) signInLink(code string) string { return a.PhonesURL() + "/login/" + code }

// hereLink is the page of a unit at its pole, which its sticker holds.
func (a *App) hereLink(unit string) string { return a.PhonesURL() + "/here/" + unit }

// serveLogin turns a one-time link into a session. A card it only shows.
func (a *App) serveLogin(w http.ResponseWriter, r *http.Request) {
	secretive(w)
	code, to := r.PathValue("code"), localPath(r.URL.Query().Get("to"))
	card, name, err := a.store.CardOf(r.Context(), code)
	switch {
	case err == nil:
		if name == "" {
			name = card.Person
		}
		console.Card(w, r, name, "/login/"+url.PathEscape(code))
	case a.LoggedIn(r):
		http.Redirect(w, r, to, http.StatusSeeOther)
	case a.links.Redeem(time.Now(), code):
		secret, session, err := a.store.SignInAdmin(r.Context(), a.browser(w, r))
		a.enter(w, r, secret, session, err, console.FaultCard, to)
	default:
		console.LinkSpent(w, r)
	}
}

// withPassword signs in by account and password.
func (a *App) withPassword(w http.ResponseWriter, r *http.Request) {
	account, password, to := strings.ToLower(strings.TrimSpace(r.PostFormValue("account"))), r.PostFormValue("password"), localPath(r.PostFormValue("to"))
	from := a.browser(w, r)
	hash, err := a.store.SignInStart(r.Context(), account, from)
	if err != nil {
		a.enter(w, r, "", scheduler.Session{}, err, console.FaultWait, to)
		return
	}
	right, err := a.passwords.Verify(r.Context(), password, hash)
	if err != nil {
		a.enter(w, r, "", scheduler.Session{}, err, console.FaultWrong, to)
		return
	}
	secret, session, err := a.store.SignInEnd(r.Context(), account, from, right)
	a.enter(w, r, secret, session, err, console.FaultWrong, to)
}

// withCard signs in by a card, which is used up.
func (a *App) withCard(w http.ResponseWriter, r *http.Request, code string) {
	to := localPath(r.PostFormValue("to"))
	secret, session, err := a.store.UseCard(r.Context(), code, a.browser(w, r))
	a.enter(w, r, secret, session, err, console.FaultCard, to)
}

// enter ends every way in: with the cookie of a session, or with the login page
// again and what went wrong.
func (a *App) enter(w http.ResponseWriter, r *http.Request, secret string, session scheduler.Session, err error, fault console.Fault, to string) {
	if e, ok := errors.AsType[*scheduler.Error](err); ok {
		status := http.StatusUnauthorized
		if e.Kind == scheduler.Forbidden {
			status = http.StatusTooManyRequests
		}
		console.Login(w, r, status, fault, to)
		return
	}
	if err != nil {
		a.log.Error("sign in", "error", err)
		http.Error(w, "the centre cannot sign anybody in now", http.StatusInternalServerError)
		return
	}
	setCookie(w, r, cookieName, secret, "/", time.Until(session.Ends))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// setCookie sets a cookie for this host alone, flagged by how the request came.
func setCookie(w http.ResponseWriter, r *http.Request, name, value, path string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: cookieFor(r, name, path), Value: value, Path: path, MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: visitOf(r).secure, SameSite: http.SameSiteLaxMode})
}

// cookieFor is the name of a cookie: under TLS with the prefix by which browsers
// see to it that no other host and no plain connection set it.
func cookieFor(r *http.Request, name, path string) string {
	switch {
	case !visitOf(r).secure:
		return name
	case path == "/":
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// browser is what is known of where a request comes from. A browser without a
// mark is given one.
func (a *App) browser(w http.ResponseWriter, r *http.Request) store.Browser {
	b := store.Browser{Label: browserLabel(r.UserAgent()), From: from(r)}
	if c, err := r.Cookie(cookieFor(r, browserName, browserPath)); err == nil && len(c.Value) == 43 {
		b.Device = c.Value
	} else {
		b.Device, _ = auth.NewSecret()
	}
	setCookie(w, r, browserName, b.Device, browserPath, browserLife)
	return b
}

// browserLabel is the least by which people tell their browsers apart.
func browserLabel(agent string) string {
	find := func(words ...string) string {
		for i := 0; i+1 < len(words); i += 2 {
			if strings.Contains(agent, words[i]) {
				return words[i+1]
			}
		}
		return ""
	}
	system := find("HarmonyOS", "HarmonyOS", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Macintosh", "Mac", "Linux", "Linux")
	program := find("MicroMessenger", "WeChat", "DingTalk", "DingTalk", "Edg", "Edge", "Firefox", "Firefox", "Chrome", "Chrome", "Safari", "Safari")
	return strings.Trim(system+", "+program, ", ")
}

// logout ends the session of the browser that asks.
func (a *App) logout(w http.ResponseWriter, r *http.Request) {
	who, err := a.Who(r)
	if err == nil && who.Via == scheduler.ViaSession {
		err = a.store.EndSession(scheduler.WithActor(r.Context(), who), who.Session)
	}
	if err != nil && scheduler.KindOf(err) == "" {
		a.log.Error("sign out", "error", err)
	}
	setCookie(w, r, cookieName, "", "/", -time.Second)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// localPath is a path on this server, "/" for anything that could lead elsewhere.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		return "/"
	}
	return to
}

// Who tells who asks: by the token of the data directory, by an API token, or by
// a session that has not ended.
func (a *App) Who(r *http.Request) (scheduler.Actor, error) {
	// Tokens are for programs, and those come by the administration's door.
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && scheduler.DoorsIn(r.Context()).Has(scheduler.DoorAdmin) {
		token = strings.TrimSpace(token)
		if auth.Match(token, a.hash) {
			who := scheduler.TheAdmin(scheduler.ViaFile)
			who.From = from(r)
			return who, nil
		}
		return a.store.TokenActor(r.Context(), token, from(r))
	}
	if c, err := r.Cookie(cookieFor(r, cookieName, "/")); err == nil {
		return a.store.SessionActor(r.Context(), c.Value, from(r))
	}
	return scheduler.Actor{}, &scheduler.Error{Kind: scheduler.Unauthorized, Message: scheduler.Words{ZH: "你还没有登录", EN: "you are not signed in"},
		Remedy: scheduler.Words{ZH: "在 /login 登录，打开中心启动时印出的链接，或带上令牌（如数据目录里 token 文件中的那个）", EN: "sign in at /login, open the link that the centre printed at its start, or send a token such as the one in the file token of its data directory"}}
}

// LoggedIn tells whether Who knows who asks.
func (a *App) LoggedIn(r *http.Request) bool {
	_, err := a.Who(r)
	return err == nil
}
