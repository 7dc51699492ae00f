package broker_test

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker"
)

func TestMosquittoHashIsThatOfMosquittoPasswd(t *testing.T) {
	got, err := broker.MosquittoHash("geheim")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(got, "$") // "", "7", rounds, salt, hash
	if len(parts) != 5 || parts[1] != "7" {
		t.Fatalf("hash %q, want $7$rounds$salt$hash", got)
	}
	rounds, _ := strconv.Atoi(parts[2])
	salt, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		t.Fatal(err)
	}
	key, err := pbkdf2.Key(sha512.New, "geheim", salt, rounds, 64)
	if err != nil || base64.StdEncoding.EncodeToString(key) != parts[4] {
		t.Errorf("the hash of %q does not verify (%v)", got, err)
	}
	if again, _ := broker.MosquittoHash("geheim"); again == got {
		t.Error("two hashes have the same salt")
	}
}

func TestMosquittoFiles(t *testing.T) {
	dir := t.TempDir()
	conf, err := broker.MosquittoFiles(dir, broker.MosquittoOptions{Port: 1884, Users: []broker.MosquittoUser{
		{Name: "u1", Secret: "geheim", Access: wire.UnitAccess("u1", []string{"county"})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, path := range []string{conf, filepath.Join(dir, "passwords"), filepath.Join(dir, "acl")} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := os.Stat(path)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		all += string(b)
	}
	for _, line := range []string{
		"listener 1884 127.0.0.1", "allow_anonymous false", "u1:$7$", "user u1",
		"topic write vc/1/unit/u1/report", "topic read vc/1/area/county/bulletin",
	} {
		if !strings.Contains(all, line) {
			t.Errorf("no %q in\n%s", line, all)
		}
	}
	if strings.Contains(all, "geheim") {
		t.Error("the secret stands in a file")
	}
}

func TestMosquittoFilesRefuseNonsense(t *testing.T) {
	tests := map[string]struct {
		o    broker.MosquittoOptions
		want string
	}{
		"port":      {broker.MosquittoOptions{}, "port is 0"},
		"half TLS":  {broker.MosquittoOptions{Port: 1, CertFile: "x"}, "certificate and key"},
		"user name": {broker.MosquittoOptions{Port: 1, Users: []broker.MosquittoUser{{Name: "a\nuser b"}}}, "user name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := broker.MosquittoFiles(t.TempDir(), tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
