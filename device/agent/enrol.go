package agent

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// certifyTimeout bounds one request for a certificate.
	certifyTimeout = 30 * time.Second
	// certifyLook is how often the agent looks whether there is something to ask
	// for; by what the clock says then.
	certifyLook = 10 * time.Minute
	// certifyRefused is how soon it asks again for what was refused, at first; it
	// takes a person to change that.
	certifyRefused = 5 * time.Minute
	// maxCertificateAnswer bounds an answer in bytes.
	maxCertificateAnswer = 16 << 10
)

// errRefusedHere says that the centre answered, and does not give a certificate.
var errRefusedHere = errors.New("the centre refuses")

// enroller keeps the device's certificate: it gets the first one by a claim, and
// the next ones by the one before.
type enroller struct {
	badge  *badge
	centre func() *endpoint
	dates  dates
	// knows tells whether the centre has named a feature.
	knows func(feature string) bool
	// turned tells that the broker turned the device away, since it was asked last.
	turned atomic.Bool
	cond   *conditions
	log    *slog.Logger
	// changed is called when there is another certificate.
	changed func()
	wake    chan struct{}
}

// run gets what is needed until ctx ends.
func (e *enroller) run(ctx context.Context) {
	for attempt := 0; ; {
		wait := certifyLook
		ask, what := e.needed()
		if ask != nil {
			switch err := ask(ctx); {
			case ctx.Err() != nil:
				return
			case err == nil:
				attempt = 0
				e.turned.Store(false)
				e.cond.clear(CodeCertificate)
				e.log.Info("the centre has certified this device", "until", e.badge.leaf().NotAfter)
				e.changed()
				continue
			case errors.Is(err, errRefusedHere):
				wait = certifyRefused + jitter(attempt, certifyRefused, certifyLook)
				attempt++
				e.cond.raise(CodeCertificate, err.Error())
				e.log.Error(what+" was refused", "err", err)
			default:
				wait = jitter(attempt, backoffFirst, backoffMost)
				attempt++
				e.log.Debug(what+" failed", "err", err)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// needed is what is to be asked for now; nil for nothing.
func (e *enroller) needed() (ask func(context.Context) error, what string) {
	s := e.centre().settings
	leaf := e.badge.leaf()
	switch now, _, known := e.dates(); {
	case s.Claim != "" && !e.badge.used(s.Claim):
		return func(ctx context.Context) error { return e.enrol(ctx, s.Claim) }, "enrolment"
	case leaf == nil && s.Secret != "" && e.knows(wire.FeatureCertificates):
		return func(ctx context.Context) error { return e.enrol(ctx, s.Secret) }, "enrolment"
	case leaf == nil:
		return nil, ""
	case known && !now.Before(renewAt(leaf)), e.turned.Swap(false):
		return e.renew, "renewal"
	}
	return nil, ""
}

// enrol uses a claim, or the secret from before.
func (e *enroller) enrol(ctx context.Context, claim string) error {
	request, err := e.badge.request(claim)
	if err != nil {
		return err
	}
	body, err := wire.Encode(wire.Enrolment{Unit: e.badge.unit, Claim: claim, Request: request})
	if err != nil {
		return fmt.Errorf("ask for a certificate: %w", err)
	}
	der, err := e.ask(ctx, "/enrol", body)
	if err != nil {
		return err
	}
	return e.badge.enrolled(der)
}

func (e *enroller) renew(ctx context.Context) error {
	der, err := e.ask(ctx, "/renew", nil)
	if err != nil {
		return err
	}
	return e.badge.renewed(der)
}

// ask posts to the centre. The dates of its certificate are not looked at: a unit
// that was dark for a year knows no time, and the root it pins is enough.
func (e *enroller) ask(ctx context.Context, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, certifyTimeout)
	defer cancel()
	centre := e.centre()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(centre.settings.HTTP, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask for a certificate: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := centre.undated.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for a certificate: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxCertificateAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask for a certificate: %w", err)
	case resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests:
		return nil, fmt.Errorf("%w: %s: %s", errRefusedHere, resp.Status, strings.TrimSpace(string(raw)))
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask for a certificate: the centre answers %s", resp.Status)
	}
	v, err := wire.DecodeLenient[wire.Certificate](raw)
	if err != nil {
		return nil, fmt.Errorf("ask for a certificate: %w", err)
	}
	return v.Certificate, nil
}

// turnedAway is told why a session did not come about, and with which certificate.
// What the broker says of the device itself may be mended by another one, unless
// there is another one by now.
func (e *enroller) turnedAway(shown *x509.Certificate, err error) {
	if shown == nil || shown != e.badge.leaf() || !strings.Contains(err.Error(), "not Authorized") && !strings.Contains(err.Error(), "remote error: tls") {
		return
	}
	e.turned.Store(true)
}
