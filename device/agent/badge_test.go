package agent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/spool"
)

// claimCentre gives a certificate to the first key that comes with the claim, and
// to it again.
type claimCentre struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	used []byte
	n    int64
}

func newClaimCentre(t *testing.T) *claimCentre {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "centre"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, self, self, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &claimCentre{t: t, key: key, cert: cert}
}

func (c *claimCentre) enrol(request []byte) ([]byte, error) {
	r, err := x509.ParseCertificateRequest(request)
	if err != nil || r.CheckSignature() != nil {
		c.t.Fatalf("the request is no request: %v", err)
	}
	sum := sha256.Sum256(r.RawSubjectPublicKeyInfo)
	if c.used != nil && !bytes.Equal(c.used, sum[:]) {
		return nil, errors.New("another device has used this claim")
	}
	c.used = sum[:]
	c.n++
	leaf := &x509.Certificate{SerialNumber: big.NewInt(c.n + 1), Subject: r.Subject, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	return x509.CreateCertificate(rand.Reader, leaf, c.cert, r.PublicKey, c.key)
}

// TestPowerCutsWhileEnrolling cuts the power in the middle of every single change
// of the card, the answer of the centre being on its way or not: the claim is never
// used up by a key that is lost.
func TestPowerCutsWhileEnrolling(t *testing.T) {
	try := func(disk spool.Disk, centre *claimCentre) (*badge, error) {
		s := spool.Open(disk)
		defer s.Close()
		b, err := openBadge("horn", s.Device(), s.KeepDevice)
		if err != nil || b.used("claim") {
			return b, err
		}
		request, err := b.request("claim")
		if err != nil {
			return b, err
		}
		der, err := centre.enrol(request)
		if err != nil {
			return b, err
		}
		return b, b.enrolled(der)
	}
	cuts := 0
	for n := 1; ; n++ {
		disk, centre := spool.Memory(), newClaimCentre(t)
		cut := false
		disk.CutAfter(n, func() { cut = true })
		_, err := try(disk, centre)
		if !cut {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		cuts++
		after := disk.Cut(0)
		b, err := try(after, centre)
		if err != nil || b.leaf() == nil || !b.used("claim") {
			t.Fatalf("the power went at change %d, and afterwards: %v", n, err)
		}
		if again, err := try(after, centre); err != nil || !again.leaf().Equal(b.leaf()) {
			t.Fatalf("after another start it has another certificate: %v", err)
		}
	}
	if cuts < 8 {
		t.Errorf("only %d cuts", cuts)
	}
}

// TestWhenToRenew: at two thirds of its life, never later than a twentieth after
// that, and not all at once.
func TestWhenToRenew(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until := from.Add(300 * 24 * time.Hour)
	early, late := until, from
	for n := range int64(1000) {
		at := renewAt(&x509.Certificate{SerialNumber: big.NewInt(n), NotBefore: from, NotAfter: until})
		if at.Before(early) {
			early = at
		}
		if at.After(late) {
			late = at
		}
	}
	if early.Before(from.Add(200*24*time.Hour)) || late.After(from.Add(215*24*time.Hour)) || late.Sub(early) < 14*24*time.Hour {
		t.Errorf("renewed between %v and %v", early, late)
	}
}
