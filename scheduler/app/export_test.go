package app

import (
	"net"
	"net/http"

	"github.com/villagecast/villagecast/scheduler"
)

// Table is the web server's route table.
func (a *App) Table() ([]Route, error) { return a.routes() }

// Caller is who a request comes from, and whether under TLS, before proxies that
// are trusted.
func Caller(trusted []string, r *http.Request) (from string, secure bool, err error) {
	p, err := parseProxies(trusted)
	v := p.visit(r)
	return v.from, v.secure, err
}

// Listener is the address at which a door listens, whatever its public one.
func (a *App) Listener(d scheduler.Door) string { return a.listeners[d] }

// Patient lets go of who takes nothing.
func Patient(l net.Listener) net.Listener { return patient{l} }
