package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/screen/chrometest"
	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestACardInABrowser: in a real browser, with all headers that the centre sends,
// a card's page lets its person in, plain on loopback and under TLS, and nothing
// of our own is forbidden by our own policy; in a frame our pages stay empty.
func TestACardInABrowser(t *testing.T) {
	browser := chrometest.Start(t)
	for name, tls := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, func(o *app.Options) {
				apart(o)
				if o.TLS = tls; tls {
					o.Hosts = []string{"127.0.0.1"}
				}
			})
			w.Client.HTTP = pinning(t, w)
			w.person("zhang", client.Grant{Role: "village", Area: "village"})
			card, err := w.AddCard(t.Context(), "zhang", client.CardSpec{})
			if err != nil {
				t.Fatal(err)
			}
			page := browser.Page(t, 390, 844)
			page.Call("Security.enable", nil, nil)
			page.Call("Security.setIgnoreCertificateErrors", map[string]any{"ignore": true}, nil) // as a phone that was told to trust ca.pem
			page.Navigate(card.Link)
			page.Wait(`document.querySelector("strong")?.textContent === "名 zhang" && getComputedStyle(document.querySelector("form .button")).minHeight !== "auto"`, 5*time.Second)
			// Into another tab, so that this one can look on.
			page.Call("Runtime.evaluate", map[string]any{"expression": `document.querySelector("form").target = "_blank", document.querySelector("form .button").click()`, "userGesture": true}, nil)
			for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
				if all, err := w.Sessions(t.Context(), "zhang"); err == nil && len(all) == 1 && all[0].Label == "Linux, Chrome" {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the button signs nobody in; the browser says %q", page.Errors())
				}
			}
			var me, cookies string
			page.Eval(`(async () => { for (let n = 0; n < 100; n++) { const m = await fetch("/api/v1/me"); if (m.ok) return (await m.json()).id; await new Promise(d => setTimeout(d, 50)) } return "" })()`, &me)
			page.Eval(`document.cookie`, &cookies)
			if me != "zhang" || cookies != "" {
				t.Errorf("signed in as %q; scripts see the cookies %q", me, cookies)
			}
			for _, e := range page.Errors() {
				if !strings.Contains(e, "401") { // asked before the other tab had the cookie
					t.Errorf("the browser complains: %q", e)
				}
			}
			var framed bool
			page.Eval(`new Promise(done => {
				const f = document.createElement("iframe");
				f.onload = () => { try { done(f.contentDocument !== null && f.contentDocument.title !== "") } catch { done(false) } };
				f.src = "/login"; document.body.append(f) })`, &framed)
			if framed {
				t.Error("a page of ours stands in a frame")
			}
		})
	}
}
