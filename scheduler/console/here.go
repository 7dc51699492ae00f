package console

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/villagecast/villagecast/scheduler/client"
)

//go:embed here.html
var hereFile embed.FS

var herePage = template.Must(template.New("here.html").Funcs(template.FuncMap{"marks": marks}).ParseFS(hereFile, "here.html"))

// marks are the drawings of the states, as the demonstration has them.
func marks() template.HTML {
	_, rest, _ := strings.Cut(string(read("demo.html")), `<svg width="0" height="0" hidden>`)
	symbols, _, _ := strings.Cut(rest, "</svg>\n<header")
	return template.HTML(`<svg width="0" height="0" hidden>` + symbols + `</svg>`)
}

// languageCookie keeps the language of pages that are made here and not in the
// browser.
const languageCookie = "language"

// Here serves the page at the pole, /here/UNIT: what the unit on which its sticker
// is does, where it hangs, and a test tone. ask is the API for whoever sends a
// request. The page works without scripts; with them it is live. Requests of other
// sites are to be kept away from it.
func Here(ask func(*http.Request) *client.Client) http.Handler {
	h := &here{ask}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /here/{unit}", h.show)
	mux.HandleFunc("GET /here/{unit}/state", h.state)
	mux.HandleFunc("GET /here/{unit}/{act}", func(w http.ResponseWriter, r *http.Request) { // a login led to where a form was sent
		http.Redirect(w, r, herePath(r.PathValue("unit"), nil), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /here/{unit}/place", h.place)
	mux.HandleFunc("POST /here/{unit}/tone", h.tone)
	return strict(mux)
}

type here struct {
	ask func(*http.Request) *client.Client
}

// client asks the API for whoever sent a request, in the language of the page.
func (h *here) client(r *http.Request, lang string) *client.Client {
	c := h.ask(r)
	c.Language = lang
	return c
}

func herePath(unit string, query url.Values) string {
	path := "/here/" + url.PathEscape(unit)
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// chosen is the language of a request: the address's, else the one chosen last,
// else Chinese.
func chosen(w http.ResponseWriter, r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "en" || lang == "zh-CN" {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/here", MaxAge: 400 * 24 * 3600, SameSite: http.SameSiteLaxMode})
		return lang
	}
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == "en" {
		return "en"
	}
	return "zh-CN"
}

func (h *here) show(w http.ResponseWriter, r *http.Request) {
	v := h.view(w, r)
	if r.URL.Query().Get("done") == "place" {
		v.Done = true
	}
	v.write(w, http.StatusOK, "here.html")
}

// state is the part of the page that changes by itself.
func (h *here) state(w http.ResponseWriter, r *http.Request) {
	h.view(w, r).write(w, http.StatusOK, "state")
}

// view asks for all that the page shows.
func (h *here) view(w http.ResponseWriter, r *http.Request) *hereView {
	v := &hereView{Lang: chosen(w, r), ID: r.PathValue("unit"), Now: time.Now(), Command: r.URL.Query().Get("command")}
	c := h.client(r, v.Lang)
	if err := v.load(r.Context(), c); err != nil {
		v.refuse(err)
	}
	return v
}

// place binds the unit to the place that was chosen.
func (h *here) place(w http.ResponseWriter, r *http.Request) {
	v := h.view(w, r)
	v.Area, v.Place = r.PostFormValue("area"), strings.TrimSpace(r.PostFormValue("name"))
	if v.Refused == "" && v.checkPlace() {
		_, err := h.client(r, v.Lang).PlaceUnit(r.Context(), v.ID, client.PlacingSpec{Area: v.Area, Name: v.Place})
		if err == nil {
			http.Redirect(w, r, herePath(v.ID, url.Values{"done": {"place"}}), http.StatusSeeOther)
			return
		}
		v.AreaFault = v.words(err)
	}
	v.write(w, http.StatusUnprocessableEntity, "here.html")
}

// tone has the unit sound, and say where it hangs.
func (h *here) tone(w http.ResponseWriter, r *http.Request) {
	m, err := h.client(r, chosen(w, r)).SayWhere(r.Context(), r.PathValue("unit"))
	if err == nil {
		http.Redirect(w, r, herePath(m.Unit, url.Values{"command": {m.ID}})+"#state", http.StatusSeeOther)
		return
	}
	v := h.view(w, r)
	v.ToneFault = v.words(err)
	v.write(w, http.StatusConflict, "here.html")
}

// load asks the API.
func (v *hereView) load(ctx context.Context, c *client.Client) (err error) {
	if v.Unit, err = c.Unit(ctx, v.ID); err != nil {
		return err
	}
	if v.me, err = c.Me(ctx); err != nil {
		return err
	}
	if v.areas, err = c.Areas(ctx); err != nil {
		return err
	}
	county, err := c.County(ctx)
	if err != nil {
		return err
	}
	if v.zone, err = time.LoadLocation(county.Zone); err != nil || county.Zone == "" {
		v.zone = time.UTC
	}
	v.Place = v.Unit.Name
	if v.Place == v.ID {
		v.Place = "" // nobody has named it yet
	}
	if v.Command != "" {
		if m, err := c.Commanded(ctx, v.ID, v.Command, ""); err == nil {
			v.Tone = &m
		}
	}
	v.choices()
	return nil
}

// refuse says why there is nothing to show.
func (v *hereView) refuse(err error) {
	v.Refused = v.say("中心现在答不上来，请过一会儿刷新。", "The centre cannot answer now. Reload in a while.")
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return
	}
	v.status = e.Status
	switch e.Status {
	case http.StatusNotFound:
		v.Refused = v.say("没有这个终端。对一下标签上的编号，或告诉县里。", "There is no such unit. Compare with the number on its sticker, or tell the county.")
	case http.StatusForbidden:
		v.Refused = v.say("这里不归你管。请找镇里或县里。", "This place is not yours to look after. Ask your town or the county.")
	}
}

func (v *hereView) write(w http.ResponseWriter, status int, part string) {
	var out bytes.Buffer
	if err := herePage.ExecuteTemplate(&out, part, v); err != nil {
		http.Error(w, "the page cannot be made now", http.StatusInternalServerError)
		return
	}
	if v.status != 0 {
		status = v.status
	}
	write(w, status, out.Bytes())
}
