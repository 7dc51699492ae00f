package agent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// badge is what the device shows of itself: a key that it made and that never
// leaves its card, and the certificate that the centre gave for it.
type badge struct {
	unit string
	// keep puts it on the card, whole or not at all.
	keep func(json.RawMessage) error

	mu   sync.Mutex
	kept badges
	show atomic.Pointer[tls.Certificate] // nil while there is none
}

// badges is what is on the card.
type badges struct {
	Unit    string    `json:"unit"`
	Current *identity `json:"current,omitempty"`
	// Next is a key with which a certificate is being asked for. It is on the card
	// before it is shown to anybody, so that after a power cut the same key asks for
	// the same claim again.
	Next *identity `json:"next,omitempty"`
}

// identity is one key with its certificate.
type identity struct {
	// Claim is the SHA-256 of the claim by which it came.
	Claim []byte `json:"claim"`
	// Key is in PKCS#8, Certificate in DER.
	Key         []byte `json:"key"`
	Certificate []byte `json:"certificate,omitempty"`
}

// openBadge reads what the card has. What is for another unit is left alone until
// a claim makes something new.
func openBadge(unit string, raw json.RawMessage, keep func(json.RawMessage) error) (*badge, error) {
	b := &badge{unit: unit, keep: keep, kept: badges{Unit: unit}}
	if raw == nil {
		return b, nil
	}
	var kept badges
	if err := json.Unmarshal(raw, &kept); err != nil {
		return b, fmt.Errorf("read the device's certificate: %w", err)
	}
	if kept.Unit != unit {
		return b, nil
	}
	b.kept = kept
	if kept.Current == nil {
		return b, nil
	}
	shown, err := kept.Current.shown()
	if err != nil {
		b.kept.Current = nil
		return b, fmt.Errorf("read the device's certificate: %w", err)
	}
	b.show.Store(shown)
	return b, nil
}

func (i *identity) signer() (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(i.Key)
	if err != nil {
		return nil, err
	}
	k, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is no ECDSA key")
	}
	return k, nil
}

// shown is the identity as TLS shows it.
func (i *identity) shown() (*tls.Certificate, error) {
	key, err := i.signer()
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(i.Certificate)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("the certificate is for another key")
	}
	return &tls.Certificate{Certificate: [][]byte{i.Certificate}, PrivateKey: key, Leaf: leaf}, nil
}

// forTLS gives the certificate to whoever asks for one, whatever its dates: one
// that has ended is shown to have it renewed.
func (b *badge) forTLS(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if c := b.show.Load(); c != nil {
		return c, nil
	}
	return &tls.Certificate{}, nil // none
}

// leaf is the certificate, nil while there is none.
func (b *badge) leaf() *x509.Certificate {
	if c := b.show.Load(); c != nil {
		return c.Leaf
	}
	return nil
}

// serial is the certificate's number as the centre names it, empty for none.
func (b *badge) serial() string {
	if c := b.leaf(); c != nil {
		return fmt.Sprintf("%032x", c.SerialNumber)
	}
	return ""
}

// used tells whether the certificate came by this claim.
func (b *badge) used(claim string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.Current != nil && bytes.Equal(b.kept.Current.Claim, claimHash(claim))
}

func claimHash(claim string) []byte {
	sum := sha256.Sum256([]byte(claim))
	return sum[:]
}

// request is a PKCS#10 request, in DER, for the key with which a claim is to be
// used: the one that was made for it before, or a new one.
func (b *badge) request(claim string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	hash := claimHash(claim)
	if b.kept.Next == nil || !bytes.Equal(b.kept.Next.Claim, hash) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
		pk, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("make key: %w", err)
		}
		kept := b.kept
		kept.Next = &identity{Claim: hash, Key: pk}
		if err := b.put(kept); err != nil {
			return nil, err
		}
	}
	key, err := b.kept.Next.signer()
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: b.unit}}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return der, nil
}

// enrolled takes the certificate for the key of the last request.
func (b *badge) enrolled(der []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept.Next == nil {
		return errors.New("take certificate: none was asked for")
	}
	return b.take(identity{Claim: b.kept.Next.Claim, Key: b.kept.Next.Key, Certificate: der})
}

// renewed takes another certificate for the same key.
func (b *badge) renewed(der []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept.Current == nil {
		return errors.New("take certificate: there is none to be renewed")
	}
	next := *b.kept.Current
	next.Certificate = der
	return b.take(next)
}

// take puts an identity on the card, and shows it from then on.
func (b *badge) take(i identity) error {
	shown, err := i.shown()
	if err == nil && shown.Leaf.Subject.CommonName != b.unit {
		err = fmt.Errorf("it is for %q", shown.Leaf.Subject.CommonName)
	}
	if err == nil {
		err = b.put(badges{Unit: b.unit, Current: &i})
	}
	if err != nil {
		return fmt.Errorf("take certificate: %w", err)
	}
	b.show.Store(shown)
	return nil
}

func (b *badge) put(kept badges) error {
	raw, err := json.Marshal(kept)
	if err == nil {
		err = b.keep(raw)
	}
	if err != nil {
		return fmt.Errorf("keep the device's key: %w", err)
	}
	b.kept = kept
	return nil
}

// renewAt is when a certificate is renewed: at two thirds of its life, and up to
// a twentieth later, by its number, so that a county that was enrolled in one day
// does not come back in one hour.
func renewAt(leaf *x509.Certificate) time.Time {
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	sum := sha256.Sum256(leaf.SerialNumber.Bytes())
	chance := float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32)
	return leaf.NotBefore.Add(life*2/3 + time.Duration(chance*float64(life/20)))
}
