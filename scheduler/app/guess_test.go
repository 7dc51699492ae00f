package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/villagecast/villagecast/scheduler/client"
)

// TestGuessesAtOnceAreCounted: who tries an account from a hundred devices at the
// same moment is given five guesses, as who tries one after the other; and by all
// that nobody behind the same address is kept out: not another account, not the
// owner's own browser, and not the owner's card.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	w := serve(t, nil)
	const password = "渔歌子 西塞山前 白鹭飞"
	for _, id := range []string{"li", "wang"} {
		w.person(id, client.Grant{Role: "editor", Area: "county"})
		w.password(id, password)
	}
	card, err := w.AddCard(t.Context(), "li", client.CardSpec{})
	if err != nil {
		t.Fatal(err)
	}
	own := w.phone()
	if status := own.login("li", password); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	tried := map[int]int{}
	for i := range 100 {
		device := w.phone()
		all.Go(func() {
			status := device.login("li", fmt.Sprint("guess ", i))
			mu.Lock()
			defer mu.Unlock()
			tried[status]++
		})
	}
	all.Wait()
	if tried[http.StatusUnauthorized] != 5 || tried[http.StatusTooManyRequests] != 95 {
		t.Errorf("a hundred guesses at once: %v, want 5 tried and 95 held back", tried)
	}
	if status := w.phone().login("li", password); status != http.StatusTooManyRequests {
		t.Errorf("the next, though right, gives %d", status)
	}
	if status := w.phone().login("wang", password); status != http.StatusSeeOther {
		t.Errorf("another account at the same address gives %d", status)
	}
	if status := own.login("li", password); status != http.StatusSeeOther {
		t.Errorf("the owner's own browser gives %d", status)
	}
	if status, _, _ := w.phone().do("POST", strings.TrimPrefix(card.Link, w.app.URL()), url.Values{}); status != http.StatusSeeOther {
		t.Errorf("the owner's card gives %d", status)
	}
}
