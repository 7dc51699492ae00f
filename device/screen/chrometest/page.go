package chrometest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// Page is one tab. Its methods fail the test when the browser refuses.
type Page struct {
	t       testing.TB
	browser *Browser
	session string

	mu     sync.Mutex
	errors []string
	loaded chan struct{} // gets a token when a page has loaded
}

// Page opens a tab of width by height CSS pixels, which the browser's end closes.
func (b *Browser) Page(t testing.TB, width, height int) *Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var target struct{ TargetID string }
	b.must(ctx, t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.must(ctx, t, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &Page{t: t, browser: b, session: attached.SessionID, loaded: make(chan struct{}, 1)}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.Call(domain+".enable", nil, nil)
	}
	p.Viewport(width, height)
	return p
}

func (b *Browser) must(ctx context.Context, t testing.TB, method string, params, result any) {
	t.Helper()
	raw, err := b.call(ctx, "", method, params)
	if err == nil {
		err = json.Unmarshal(raw, result)
	}
	if err != nil {
		t.Fatalf("Chromium: %s: %v", method, err)
	}
}

// Call sends any command of the DevTools protocol for the page and decodes the
// answer into result unless that is nil.
func (p *Page) Call(method string, params, result any) {
	p.t.Helper()
	if err := p.try(method, params, result); err != nil {
		p.t.Fatalf("Chromium: %s: %v", method, err)
	}
}

func (p *Page) try(method string, params, result any) error {
	ctx, cancel := context.WithTimeout(p.browser.ctx, patience)
	defer cancel()
	raw, err := p.browser.call(ctx, p.session, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(raw, result)
	}
	return err
}

// Viewport sets the size of the page in CSS pixels.
func (p *Page) Viewport(width, height int) {
	p.t.Helper()
	p.Call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
	}, nil)
}

// EmulateMedia sets media features, such as "prefers-reduced-motion" to
// "reduce", given as name and value in turn. It replaces earlier ones.
func (p *Page) EmulateMedia(nameValue ...string) {
	p.t.Helper()
	features := []map[string]string{}
	for i := 0; i+1 < len(nameValue); i += 2 {
		features = append(features, map[string]string{"name": nameValue[i], "value": nameValue[i+1]})
	}
	p.Call("Emulation.setEmulatedMedia", map[string]any{"features": features}, nil)
}

// Navigate opens the address and waits until the page has loaded.
func (p *Page) Navigate(url string) {
	p.t.Helper()
	select {
	case <-p.loaded:
	default:
	}
	var result struct{ ErrorText string }
	p.Call("Page.navigate", map[string]any{"url": url}, &result)
	if result.ErrorText != "" {
		p.t.Fatalf("open %s: %s", url, result.ErrorText)
	}
	select {
	case <-p.loaded:
	case <-time.After(patience):
		p.t.Fatalf("open %s: it does not finish loading", url)
	}
}

// Eval runs an expression in the page, waits if it is a promise, and decodes its
// value into result unless that is nil. An exception fails the test.
func (p *Page) Eval(expression string, result any) {
	p.t.Helper()
	if err := p.eval(expression, result); err != nil {
		p.t.Fatalf("Chromium: %v", err)
	}
}

func (p *Page) eval(expression string, result any) error {
	var out struct {
		Result struct {
			Value json.RawMessage
		}
		ExceptionDetails *exception
	}
	err := p.try("Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true,
	}, &out)
	switch {
	case err != nil:
		return err
	case out.ExceptionDetails != nil:
		return fmt.Errorf("script %s: %v", expression, out.ExceptionDetails)
	case result == nil || len(out.Result.Value) == 0:
		return nil
	}
	if err := json.Unmarshal(out.Result.Value, result); err != nil {
		return fmt.Errorf("script %s: its value: %w", expression, err)
	}
	return nil
}

// leaving tells that a script ended because its page gave way to the next.
func leaving(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "navigated or closed") || strings.Contains(err.Error(), "context was destroyed") || strings.Contains(err.Error(), "Cannot find context"))
}

// Wait asks until the expression is true, looking at every frame of the page and of
// the one that follows it, and fails the test after the time given.
func (p *Page) Wait(expression string, most time.Duration) {
	p.t.Helper()
	end := time.Now().Add(most)
	for {
		var ok bool
		err := p.eval("new Promise(r => requestAnimationFrame(() => r(!!("+expression+"))))", &ok)
		if err != nil && !leaving(err) {
			p.t.Fatalf("Chromium: %v", err)
		}
		if ok {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("after %v it is still not true that %s", most, expression)
		}
	}
}

// Screenshot takes a picture of the page as PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	var out struct{ Data []byte }
	p.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &out)
	return out.Data
}

// Errors is everything that the page complained about so far: exceptions, console
// errors and warnings, refused content and failed requests.
func (p *Page) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.errors...)
}

type exception struct {
	Text      string
	Exception struct{ Description string }
}

func (e *exception) String() string { return e.Text + " " + e.Exception.Description }

// event notes what the browser tells of the page.
func (p *Page) event(method string, params json.RawMessage) {
	var e struct {
		Type             string
		Args             []struct{ Value, Description any }
		ExceptionDetails *exception
		Entry            struct{ Level, Text, URL string }
	}
	if json.Unmarshal(params, &e) != nil {
		return
	}
	switch method {
	case "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	case "Runtime.exceptionThrown":
		p.complain(e.ExceptionDetails.String())
	case "Log.entryAdded":
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			p.complain(strings.TrimSpace(e.Entry.Text + " " + e.Entry.URL))
		}
	case "Runtime.consoleAPICalled":
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			p.complain(fmt.Sprint("console: ", e.Args))
		}
	}
}

func (p *Page) complain(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors = append(p.errors, s)
}
