package client

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// AboutPath is where the centre proves itself at each of its listeners, to who
// knows its token, and says how it saw the question; AboutStreamPath sends
// AboutEvents events, AboutPause apart, as the event stream of the API does.
const (
	AboutPath       = "/about"
	AboutStreamPath = "/about/stream"
	AboutEvents     = 4
	AboutPause      = 250 * time.Millisecond
)

// About is how the centre saw one question.
type About struct {
	// Nonce is that of the question.
	Nonce string    `json:"nonce"`
	At    time.Time `json:"at"`
	// Peer is the address that connected; From the one that the centre takes the
	// caller for, and Secure whether it takes the way for one under TLS.
	Peer   string `json:"peer"`
	From   string `json:"from"`
	Secure bool   `json:"secure"`
	// Proxied tells that Peer is a trusted proxy, Said that somebody named another
	// caller in a header.
	Proxied bool `json:"proxied"`
	Said    bool `json:"said"`
	// Host is the name that was asked for.
	Host string `json:"host"`
	// Doors are those of the listener.
	Doors []string `json:"doors"`
	// Proof is over all of this, with the centre's token.
	Proof string `json:"proof"`
}

// proof is the HMAC-SHA256 of everything else.
func (a About) proof(token string) string {
	a.Proof = ""
	text, _ := json.Marshal(a) // strings, times and truths
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("villagecast about\n"))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// Prove fills in the proof.
func (a *About) Prove(token string) { a.Proof = a.proof(token) }

// Proven tells whether who holds the token answered this nonce.
func (a About) Proven(token, nonce string) bool {
	return a.Nonce == nonce && hmac.Equal([]byte(a.Proof), []byte(a.proof(token)))
}

// Setup is how the centre is set up, and how its machine stands.
type Setup struct {
	At time.Time `json:"at"`
	// PublicURL is the setting; Admin, Phones and Units are the addresses that are
	// given to each, MQTT that of the broker for units.
	PublicURL string `json:"publicUrl,omitempty"`
	Admin     string `json:"admin"`
	Phones    string `json:"phones"`
	Units     string `json:"units"`
	MQTT      string `json:"mqtt"`
	// TrustedProxies is the setting.
	TrustedProxies []string `json:"trustedProxies"`
	// CertificateEnds and CertificateFault are of the county's own certificate.
	CertificateEnds  *time.Time `json:"certificateEnds,omitempty"`
	CertificateFault string     `json:"certificateFault,omitempty"`
	// DiskFree and DiskSize are of the data directory's disk, in bytes.
	DiskFree int64 `json:"diskFree"`
	DiskSize int64 `json:"diskSize"`
	// ClockKept tells that a time service keeps the machine's clock.
	ClockKept bool `json:"clockKept"`
	// NotWatched is why the centre hears no units now, as a broker that is gone.
	NotWatched string `json:"notWatched,omitempty"`
}

// Setup asks how the centre is set up.
func (c *Client) Setup(ctx context.Context) (Setup, error) {
	return get[Setup](ctx, c, "/setup", nil)
}

// About asks a listener of the centre to prove itself. Its headers say what the
// caller adds.
func (c *Client) About(ctx context.Context, nonce string, headers http.Header) (a About, answer *http.Response, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Base+AboutPath+"?nonce="+nonce, nil)
	if err != nil {
		return a, nil, err
	}
	for k, v := range headers {
		req.Header[k] = v
	}
	res, err := c.http().Do(req)
	if err != nil {
		return a, nil, err
	}
	defer drain(res.Body)
	if res.StatusCode != http.StatusOK {
		return a, res, nil // somebody else, whom nobody can prove
	}
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&a)
	return a, res, nil
}
