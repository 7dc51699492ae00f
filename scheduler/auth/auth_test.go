package auth_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/auth"
)

var now = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func orders(rev uint64) *wire.Orders {
	return &wire.Orders{Address: wire.AreaAddress("liushu"), Revision: rev}
}

func TestUnitsBelieveWhatTheKeysSign(t *testing.T) {
	dir := t.TempDir()
	keys, err := auth.OpenKeys(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := keys.Seal(wire.KindOrders, wire.AreaAddress("liushu"), 7, orders(7))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := wire.OpenKeyRing(keys.Ring(), keys.Root())
	if err != nil {
		t.Fatalf("the ring is not signed by the root: %v", err)
	}
	if _, err := wire.OpenOrders(sealed, wire.AreaAddress("liushu"), ring, keys.Root()); err != nil {
		t.Errorf("orders: %v", err)
	}

	again, err := auth.OpenKeys(dir, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Ring(), keys.Ring()) || !again.Root().Equal(keys.Root()) {
		t.Error("a second start made another root or ring")
	}
	for _, name := range []string{"root.key", "keys.json"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v), want 0600", name, info.Mode(), err)
		}
	}
	seed, _ := os.ReadFile(filepath.Join(dir, "root.key"))
	state, _ := os.ReadFile(filepath.Join(dir, "keys.json"))
	if raw, _ := hex.DecodeString(strings.TrimSpace(string(seed))); len(raw) != 32 || bytes.Contains(state, seed[:64]) {
		t.Error("the signing root stands outside its own file")
	}
}

func TestRotateTakesTheOldKeyOut(t *testing.T) {
	keys, err := auth.OpenKeys(t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	before := keys.KeyRing()
	old, err := keys.Seal(wire.KindOrders, wire.AreaAddress("liushu"), 1, orders(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Rotate("", now.Add(-time.Hour)); err != nil { // a clock that was set back
		t.Fatal(err)
	}
	ring, err := wire.OpenKeyRing(keys.Ring(), keys.Root())
	if err != nil {
		t.Fatal(err)
	}
	if ring.Revision <= before.Revision {
		t.Errorf("the ring's revision went from %d to %d", before.Revision, ring.Revision)
	}
	if len(ring.Removed) != 1 || ring.Removed[0].ID != before.Keys[0].ID || ring.Removed[0].Last != before.Revision {
		t.Errorf("removed: %+v, want %s last in ring %d", ring.Removed, before.Keys[0].ID, before.Revision)
	}
	if _, err := wire.OpenOrders(old, wire.AreaAddress("liushu"), ring, keys.Root()); !errors.Is(err, wire.ErrUnknownKey) {
		t.Errorf("under the new ring the old key's orders give %v, want unknown key", err)
	}
}

func TestALostOrForeignRootIsSaidNotReplaced(t *testing.T) {
	dir := t.TempDir()
	keys, err := auth.OpenKeys(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root.key")
	if err := os.Rename(root, root+".away"); err != nil {
		t.Fatal(err)
	}
	if again, err := auth.OpenKeys(dir, now); err != nil || again == nil {
		t.Errorf("without its root the centre must still sign: %v", err)
	}
	if err := keys.Rotate("", now); err == nil || !strings.Contains(err.Error(), "root.key is not there") {
		t.Errorf("rotate without a root: %v", err)
	}
	if err := os.WriteFile(root, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keys.Rotate("", now); err == nil || !strings.Contains(err.Error(), "another root") {
		t.Errorf("rotate with a foreign root: %v", err)
	}
}

func TestReadableSecretsAreRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := auth.OpenKeys(dir, now); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "keys.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.OpenKeys(dir, now); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("keys that anybody can read: %v", err)
	}
}

func TestDamagedKeysAreAnError(t *testing.T) {
	for _, text := range []string{"", "{", `{"root":"AAAA"}`, `{"extra":1}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "keys.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.OpenKeys(dir, now); err == nil {
			t.Errorf("keys.json with %q was taken", text)
		}
	}
}

func TestSecretsMatchOnlyTheirHash(t *testing.T) {
	a, ha := auth.NewSecret()
	b, _ := auth.NewSecret()
	if a == b || len(a) != 43 || len(ha) != 32 {
		t.Errorf("secrets %q and %q, hash of %d bytes", a, b, len(ha))
	}
	if !auth.Match(a, ha) || auth.Match(b, ha) || auth.Match("", ha) || auth.Match(a, nil) || auth.Match("", nil) {
		t.Error("a secret matches the wrong hash, or not its own")
	}
}

func TestTokenIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	first, made, err := auth.Token(path)
	if err != nil || !made {
		t.Fatalf("first start: %v, made %v", err, made)
	}
	again, made, err := auth.Token(path)
	if err != nil || made || again != first {
		t.Errorf("second start: %q (made %v, %v), want the same token", again, made, err)
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := auth.Token(path); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a weak token: %v", err)
	}
}

func TestLinksWorkOnce(t *testing.T) {
	var l auth.Links
	code := l.Issue(now, time.Minute)
	late := l.Issue(now, time.Minute)
	if l.Redeem(now, "guess") || !l.Redeem(now.Add(59*time.Second), code) || l.Redeem(now, code) {
		t.Error("a link must open exactly one session, and a guess none")
	}
	if l.Redeem(now.Add(time.Minute), late) {
		t.Error("an expired link was taken")
	}
}

// handshake dials addr under pool by name and returns the certificate seen.
func handshake(t *testing.T, server *tls.Config, pool *x509.CertPool, name string) (*x509.Certificate, error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Client(raw, &tls.Config{RootCAs: pool, ServerName: name})
	defer c.Close()
	if err := c.Handshake(); err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0], nil
}

func TestTheCentreProvesItsNames(t *testing.T) {
	dir := t.TempDir()
	ca, err := auth.OpenCA(dir, []string{"vc.example", "127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	first, err := handshake(t, ca.ServerTLS(), ca.Pool(), "vc.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := handshake(t, ca.ServerTLS(), ca.Pool(), "127.0.0.1"); err != nil {
		t.Error(err)
	}
	if _, err := handshake(t, ca.ServerTLS(), ca.Pool(), "evil.example"); err == nil {
		t.Error("the certificate fits a name that was not given")
	}
	if _, err := handshake(t, ca.ServerTLS(), x509.NewCertPool(), "vc.example"); err == nil {
		t.Error("somebody who does not know our authority trusts it")
	}

	pinned := x509.NewCertPool()
	pinned.AppendCertsFromPEM(ca.Certificate())
	again, err := auth.OpenCA(dir, []string{"vc.example", "127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	same, err := handshake(t, again.ServerTLS(), pinned, "vc.example")
	if err != nil || !same.Equal(first) {
		t.Errorf("after a restart the certificate is another (%v)", err)
	}
	moved, err := auth.OpenCA(dir, []string{"new.example"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := handshake(t, moved.ServerTLS(), pinned, "new.example"); err != nil {
		t.Errorf("the new name under the authority that units pinned: %v", err)
	}
}

func TestAnOldCertificateIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	hosts := []string{"vc.example"}
	longAgo := time.Now().Add(-300 * 24 * time.Hour)
	ca, err := auth.OpenCA(dir, hosts, longAgo)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.CertificateAt(longAgo); err != nil {
		t.Fatal(err)
	}
	got, err := handshake(t, ca.ServerTLS(), ca.Pool(), "vc.example")
	if err != nil || time.Until(got.NotAfter) < 300*24*time.Hour {
		t.Errorf("a certificate with 65 days left is still in use (%v)", err)
	}
}
