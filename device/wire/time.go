package wire

import "crypto/ed25519"

// TimeRequest asks the centre what time it is. It goes to POST /time at the
// centre's HTTP address, without a login.
type TimeRequest struct {
	Unit string `json:"unit"`
	// Nonce is 16 to 64 random characters of an id, so that no former answer
	// can be given again.
	Nonce string `json:"nonce"`
}

// TimeAnswer is the answer: two envelopes. The ring is there for a unit that
// holds none yet.
type TimeAnswer struct {
	Ring Envelope `json:"ring"`
	Time Envelope `json:"time"`
}

// Time is the centre's time for one nonce. It travels in an envelope of kind
// KindTime for the unit's address, whose revision is At.
type Time struct {
	Address Address `json:"address"`
	Nonce   string  `json:"nonce"`
	// At is the centre's clock, unix milliseconds.
	At uint64 `json:"at"`
}

// minNonce is the least length of a nonce.
const minNonce = 16

// Validate checks a request.
func (r TimeRequest) Validate() error {
	var c check
	c.id("unit", r.Unit)
	c.nonce("nonce", r.Nonce)
	return c.err
}

// Validate checks the form of an answer; the envelopes are verified by OpenTime.
func (a TimeAnswer) Validate() error {
	var c check
	c.that(a.Ring.Kind == KindKeyRing, "ring.kind", a.Ring.Kind, "use keyring")
	c.that(a.Time.Kind == KindTime, "time.kind", a.Time.Kind, "use time")
	return c.err
}

// Validate checks a signed time.
func (t Time) Validate() error {
	var c check
	c.address("address", t.Address)
	c.nonce("nonce", t.Nonce)
	c.time("at", int64(t.At))
	return c.err
}

func (c *check) nonce(field, v string) {
	c.id(field, v)
	c.that(len(v) >= minNonce, field, v, "use 16 to 64 characters of an id")
}

// OpenTime verifies an envelope of KindTime for the address and gives the time.
// That its nonce is the one asked for is the caller's to check.
func OpenTime(e Envelope, address Address, ring KeyRing, root ed25519.PublicKey) (Time, error) {
	if err := e.expect(KindTime, address); err != nil {
		return Time{}, err
	}
	if err := e.Verify(ring, root); err != nil {
		return Time{}, err
	}
	return content[Time](e)
}

// OpenCommand reads and verifies a command that came on the topic of address.
func OpenCommand(data []byte, address Address, ring KeyRing, root ed25519.PublicKey) (Command, error) {
	e, err := open(data, KindCommand, address, ring, root)
	if err != nil {
		return Command{}, err
	}
	return content[Command](e)
}
