package wire

// Enrolment asks the centre for the first certificate of a device. It goes to
// POST /enrol at the centre's HTTP address, without a login.
type Enrolment struct {
	Unit string `json:"unit"`
	// Claim is the code from the settings file; a unit that has a secret from
	// before gives that.
	Claim string `json:"claim"`
	// Request is a PKCS#10 request for the device's own key, in DER: ECDSA on
	// P-256, signed by that key. Its common name is the unit's id.
	Request []byte `json:"request"`
}

// Certificate is the answer to an enrolment, and to POST /renew, which takes no
// body: the device shows the certificate that it has, even one that has ended.
type Certificate struct {
	// Certificate is an X.509 certificate in DER, under the authority that the
	// settings file names; its common name is the unit's id.
	Certificate []byte `json:"certificate"`
}

// maxCertificate bounds a certificate, and a request for one, in bytes.
const maxCertificate = 4 << 10

// Validate checks an enrolment.
func (e Enrolment) Validate() error {
	var c check
	c.id("unit", e.Unit)
	c.text("claim", e.Claim, 1, MaxTitle)
	c.number("request", int64(len(e.Request)), 1, maxCertificate)
	return c.err
}

// Validate checks the form of a certificate.
func (v Certificate) Validate() error {
	var c check
	c.number("certificate", int64(len(v.Certificate)), 1, maxCertificate)
	return c.err
}
