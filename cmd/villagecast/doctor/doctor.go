// Package doctor looks at a centre from inside and from outside: how its machine
// stands, and whether phones and units really come in by the ways that are set up
// for them. It changes nothing.
package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/scheduler/client"
)

// Verdict of one check.
type Verdict string

// The verdicts.
const (
	OK   Verdict = "ok"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
	Skip Verdict = "skip" // it could not be looked at, and the line says why
)

// Line is one check.
type Line struct {
	// Check names what was looked at, Code what was found.
	Check   string  `json:"check"`
	Code    string  `json:"code"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
	// Remedy is what helps, where something must be done.
	Remedy string `json:"remedy,omitempty"`
}

// Options say where to look. Client and Token must be set.
type Options struct {
	// Client speaks to the administration's listener; Token is the one in the data
	// directory, by which the centre proves itself.
	Client *client.Client
	Token  string
	// Own is the centre's own authority, nil if its certificate is not here.
	Own *x509.CertPool
	// Data is the centre's data directory, if this is its machine.
	Data string
	// Backup is where backups of the database are laid.
	Backup string
	// Chinese chooses the language.
	Chinese bool

	// Roots are those that phones trust, the system's if nil.
	Roots *x509.CertPool
	// Dial and Lookup replace the network's own.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup func(ctx context.Context, host string) ([]string, error)
	// Now is the clock of this machine; time.Now if nil.
	Now func() time.Time
}

// each bounds one look at the network.
const each = 10 * time.Second

// patient is one examination.
type patient struct {
	Options
	ctx   context.Context
	setup client.Setup
	lines []Line
}

// Examine makes all checks, in order.
func Examine(ctx context.Context, o Options) []Line {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: each}).DialContext
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupHost
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &patient{Options: o, ctx: ctx}
	if p.centre() {
		p.clock()
		p.disk()
		p.broker()
	}
	p.database()
	p.backup()
	if p.setup.Admin != "" {
		p.outside()
		p.units()
	}
	return p.lines
}

// Worst is the worst verdict of them.
func Worst(lines []Line) Verdict {
	worst := OK
	for _, l := range lines {
		if l.Verdict == Fail || l.Verdict == Warn && worst == OK {
			worst = l.Verdict
		}
	}
	return worst
}

// say adds a line; the words of its code are filled with args.
func (p *patient) say(v Verdict, code string, args ...any) {
	p.lines = append(p.lines, line(v, code, p.Chinese, args...))
}

// short bounds one look.
func (p *patient) short() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, each)
}

// client is one that follows nothing and keeps nothing.
func (p *patient) client(roots *x509.CertPool) *http.Client {
	return &http.Client{Timeout: each, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: p.Dial, TLSClientConfig: trusting(roots)}}
}
