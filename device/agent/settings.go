package agent

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/configs"
	"github.com/villagecast/villagecast/device/wire"
)

// Settings is the file that makes a device the device of a unit. The centre
// writes it when the unit is added; unit and root never change afterwards.
type Settings struct {
	// Unit is the unit's id; it is also its login at the broker.
	Unit string `yaml:"unit" json:"unit"`
	// MQTT is the broker: tcp://host:port, or ssl://host:port under CA.
	MQTT string `yaml:"mqtt" json:"mqtt"`
	// HTTP is where media come from, such as https://centre:8443.
	HTTP string `yaml:"http" json:"http"`
	// Root is the public half of the signing root, 32 bytes in base64: what the
	// unit believes of everything it is told.
	Root string `yaml:"root" json:"root"`
	// CA is the certificate of the centre's authority for TLS, in PEM; empty is
	// the system's own.
	CA string `yaml:"ca,omitempty" json:"ca,omitempty"`
	// Claim makes the device the unit's: with it the device asks once for a
	// certificate of its own.
	Claim string `yaml:"claim,omitempty" json:"claim,omitempty"`
	// Secret is the unit's password at the broker, of a device without a certificate.
	Secret string `yaml:"secret,omitempty" json:"secret,omitempty"`
	// Fetch is how fast recordings are fetched at most, in kbit/s, so that the
	// rest of the line stays quick; 0 is DefaultFetch.
	Fetch int `yaml:"fetch,omitempty" json:"fetch,omitempty"`
	// Prepared is how much of the card sound may take that is decoded ahead, in
	// MB of a million bytes; 0 is none, nil DefaultPrepared.
	Prepared *int `yaml:"prepared,omitempty" json:"prepared,omitempty"`
	// Amplifier is how the device switches its amplifier, if it does.
	Amplifier Amplifier `yaml:"amplifier,omitempty" json:"amplifier,omitzero"`
	// Clock says whether the board has a clock chip with a battery: ClockChip,
	// ClockNone, or empty to look for one.
	Clock string `yaml:"clock,omitempty" json:"clock,omitempty"`
}

// DefaultFetch leaves most of a usual 4G line free, in kbit/s.
const DefaultFetch = 4000

// Values of Settings.Clock.
const (
	ClockChip = "chip"
	ClockNone = "none"
)

// ParseSettings reads a settings file, YAML or JSON. Its errors name field,
// value and remedy; an unknown key is an error that names the nearest one.
func ParseSettings(data []byte) (Settings, error) {
	var s Settings
	if err := configs.Decode(data, &s); err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	if err := s.Validate(); err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	return s, nil
}

// YAML is the settings as a file.
func (s Settings) YAML() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	data, err := configs.Encode(s)
	if err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	return data, nil
}

// Validate checks every field.
func (s Settings) Validate() error {
	if !wire.ValidID(s.Unit) {
		return fmt.Errorf("unit is %q: use 1 to 64 of a–z, 0–9, '-', '_' and '.', as units add gave it", s.Unit)
	}
	if err := checkURL(s.MQTT, "tcp", "ssl"); err != nil {
		return fmt.Errorf("mqtt is %q: %w", s.MQTT, err)
	}
	if err := checkURL(s.HTTP, "http", "https"); err != nil {
		return fmt.Errorf("http is %q: %w", s.HTTP, err)
	}
	if _, err := s.RootKey(); err != nil {
		return err
	}
	if _, err := s.TLS(); err != nil {
		return err
	}
	if s.Secret == "" && s.Claim == "" {
		return errors.New("claim and secret are empty: copy the file that units claim or units add wrote")
	}
	if u, _ := url.Parse(s.HTTP); s.Claim != "" && u.Scheme != "https" {
		return fmt.Errorf("http is %q: a claim is used under TLS alone; use https://host:port", s.HTTP)
	}
	if s.Fetch != 0 && (s.Fetch < 16 || s.Fetch > 1_000_000) {
		return fmt.Errorf("fetch is %d: use 16 to 1000000 kbit/s, or leave it out for %d", s.Fetch, DefaultFetch)
	}
	if s.Prepared != nil && (*s.Prepared < 0 || *s.Prepared > 1_000_000) {
		return fmt.Errorf("prepared is %d: use 0 to 1000000 MB, or leave it out for %d", *s.Prepared, DefaultPrepared)
	}
	if !slices.Contains([]string{"", ClockChip, ClockNone}, s.Clock) {
		return fmt.Errorf("clock is %q: use chip, none, or leave it out to look for a chip", s.Clock)
	}
	return s.Amplifier.validate()
}

func checkURL(s string, schemes ...string) error {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" {
		return fmt.Errorf("use %s://host:port", strings.Join(schemes, "://host:port or "))
	}
	return nil
}

// RootKey is Root as a key.
func (s Settings) RootKey() (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Root))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("root is %q: use the 32 bytes of the centre's signing root in base64", s.Root)
	}
	return key, nil
}

// TLS is the configuration with which the centre is believed.
func (s Settings) TLS() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA == "" {
		return c, nil
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM([]byte(s.CA)) {
		return nil, errors.New("ca holds no certificate: paste the centre's CA in PEM, or leave it out for the system's own")
	}
	return c, nil
}
