package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// maxNonce bounds a question to prove itself.
const maxNonce = 64

// serveAbout proves to who knows the token that this is the centre, and tells
// anybody how the question was seen: nothing that the caller does not know, but
// for what lies between.
func (a *App) serveAbout(w http.ResponseWriter, r *http.Request) {
	nonce := r.URL.Query().Get("nonce")
	if len(nonce) < 16 || len(nonce) > maxNonce {
		http.Error(w, "give a nonce of 16 to 64 characters", http.StatusBadRequest)
		return
	}
	v := visitOf(r)
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	about := client.About{Nonce: nonce, At: time.Now().UTC(), Peer: peer, From: v.from, Secure: v.secure, Proxied: v.proxied,
		Said: r.Header.Get("X-Forwarded-For")+r.Header.Get("Forwarded") != "", Host: r.Host}
	for _, d := range scheduler.DoorsIn(r.Context()) {
		about.Doors = append(about.Doors, string(d))
	}
	about.Prove(a.token)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(about)
}

// serveAboutStream sends a few events, for who wants to know whether a proxy
// passes them on as they come.
func (a *App) serveAboutStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	flow := http.NewResponseController(w)
	tick := time.NewTicker(client.AboutPause)
	defer tick.Stop()
	for n := range client.AboutEvents {
		if _, err := fmt.Fprintf(w, "data: %d\n\n", n); err != nil || flow.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// setup is how the centre is set up and how its machine stands.
func (a *App) setup(ctx context.Context) (client.Setup, error) {
	s := client.Setup{At: time.Now().UTC(), PublicURL: a.options.PublicURL, Admin: a.URL(), Phones: a.PhonesURL(), Units: a.UnitsURL(), MQTT: a.mqttURL,
		TrustedProxies: append([]string{}, a.options.TrustedProxies...)}
	if a.cert != nil {
		ends := a.cert.Leaf().NotAfter
		s.CertificateEnds = &ends
		if err := a.cert.Fault(); err != nil {
			s.CertificateFault = err.Error()
		}
	}
	if board := airtime.Board(); board.Synced != nil {
		_, s.ClockKept = board.Synced()
	}
	var disk syscall.Statfs_t
	err := syscall.Statfs(a.options.Data, &disk)
	if err == nil {
		s.DiskFree, s.DiskSize = int64(disk.Bavail)*int64(disk.Bsize), int64(disk.Blocks)*int64(disk.Bsize)
	}
	st, err2 := a.store.Status(ctx, "", s.At)
	s.NotWatched = st.NotWatched.EN
	return s, errors.Join(err, err2)
}
