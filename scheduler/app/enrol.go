package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/auth"
)

// maxEnrolment bounds a request for a certificate in bytes.
const maxEnrolment = 16 << 10

// serveEnrol makes a device that of a unit, by a claim.
func (a *App) serveEnrol(w http.ResponseWriter, r *http.Request) {
	if !a.certifies(w) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEnrolment))
	if err != nil {
		http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
		return
	}
	e, err := wire.Decode[wire.Enrolment](body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q, err := auth.ParseRequest(e.Request)
	if err == nil && q.Unit != e.Unit {
		err = errors.New("the request is in the name of another unit")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c, replaced, err := a.store.Enrol(r.Context(), scheduler.Enrolling{Unit: e.Unit, Code: e.Claim, Key: q.Key}, a.certifier(q))
	if err == nil && replaced {
		a.kick(e.Unit) // the device before it
	}
	a.giveCertificate(w, e.Unit, c, err)
}

// serveRenew gives a device that shows its certificate another one for the same
// key. That the key is its own is proved by TLS; the dates do not matter.
func (a *App) serveRenew(w http.ResponseWriter, r *http.Request) {
	if !a.certifies(w) {
		return
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		http.Error(w, "show the certificate that is to be renewed", http.StatusUnauthorized)
		return
	}
	leaf := r.TLS.PeerCertificates[0] // of our own authority, see auth.CA.ClientTLS
	q, err := auth.RequestAgain(leaf)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c, err := a.store.Renew(r.Context(), auth.Serial(leaf), a.certifier(q))
	a.giveCertificate(w, q.Unit, c, err)
}

// certifies tells whether this centre gives certificates, and keeps those who ask
// too often waiting.
func (a *App) certifies(w http.ResponseWriter) bool {
	w.Header().Set("Cache-Control", "no-store")
	if a.ca == nil {
		http.Error(w, "this centre certifies no devices", http.StatusNotFound)
		return false
	}
	if !a.enrolBucket.take(time.Now()) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many ask for certificates at once; ask again in a while", http.StatusTooManyRequests)
		return false
	}
	return true
}

// certifier makes the certificate that is asked for.
func (a *App) certifier(q auth.Request) func(time.Time) (scheduler.Certificate, error) {
	return func(now time.Time) (scheduler.Certificate, error) {
		leaf, err := a.ca.Certify(q, now)
		if err != nil {
			return scheduler.Certificate{}, err
		}
		return scheduler.Certificate{Serial: auth.Serial(leaf), Unit: q.Unit, Key: q.Key, DER: leaf.Raw, Issued: now, Ends: leaf.NotAfter}, nil
	}
}

func (a *App) giveCertificate(w http.ResponseWriter, unit string, c scheduler.Certificate, err error) {
	status := http.StatusInternalServerError
	switch scheduler.KindOf(err) {
	case scheduler.Unauthorized:
		status = http.StatusUnauthorized
	case scheduler.Forbidden:
		status = http.StatusForbidden
	case "":
		if err != nil {
			a.log.Error("certify", "unit", unit, "error", err)
			http.Error(w, "the centre cannot certify anybody now", status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(wire.Certificate{Certificate: c.DER})
		return
	}
	a.log.Warn("a device is refused", "unit", unit, "error", err)
	http.Error(w, err.Error(), status)
}

// certified tells whose a certificate is, or why it does not count now. That it is
// of our own authority was seen when the connection was made.
func (a *App) certified(leaf *x509.Certificate) (unit string, err error) {
	if err := auth.InForce(leaf, time.Now()); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), loginTime)
	defer cancel()
	if err := a.store.CertificateOK(ctx, auth.Serial(leaf)); err != nil {
		return "", err
	}
	return leaf.Subject.CommonName, nil
}

// isUnit tells whether a request is of the unit's device: by its certificate, or
// by the secret of before.
func (a *App) isUnit(r *http.Request, unit string) bool {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		who, err := a.certified(r.TLS.PeerCertificates[0])
		return err == nil && who == unit
	}
	user, secret, _ := r.BasicAuth()
	return user == unit && a.unitMayEnter(unit, secret)
}
