package broker

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
)

// MosquittoUser is one login of an external broker. Mosquitto stores its own
// kind of hash, so the secret must be at hand: that is when a unit is added or
// gets a new secret.
type MosquittoUser struct {
	Name   string
	Secret string
	Access wire.Access
}

// MosquittoOptions say where and how Mosquitto listens.
type MosquittoOptions struct {
	// Address and Port of the one listener; 127.0.0.1 if the address is empty.
	Address string
	Port    int
	// CertFile and KeyFile turn TLS on when both are given.
	CertFile, KeyFile string
	// RunAs is the system user that Mosquitto becomes when root starts it; it
	// must be able to read the files. Empty is Mosquitto's own, "mosquitto".
	RunAs string
	Users []MosquittoUser
}

// MosquittoFiles writes mosquitto.conf, passwords and acl into dir, with the
// same rules as the embedded broker's, and returns the path of the first.
// Mosquitto rereads the last two on SIGHUP.
func MosquittoFiles(dir string, o MosquittoOptions) (conf string, err error) {
	if o.Port < 1 || o.Port > 65535 {
		return "", fmt.Errorf("write Mosquitto configuration: port is %d: give 1 to 65535", o.Port)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return "", errors.New("write Mosquitto configuration: give certificate and key, or neither")
	}
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	var passwords, acl strings.Builder
	for _, u := range o.Users {
		if strings.ContainsAny(u.Name, ":\n\r") || u.Name == "" {
			return "", fmt.Errorf("write Mosquitto configuration: user name %q: no colon and no line break may stand in it", u.Name)
		}
		hash, err := MosquittoHash(u.Secret)
		if err != nil {
			return "", fmt.Errorf("write Mosquitto configuration: %w", err)
		}
		fmt.Fprintf(&passwords, "%s:%s\n", u.Name, hash)
		acl.WriteString(u.Access.Mosquitto(u.Name) + "\n")
	}
	conf = filepath.Join(dir, "mosquitto.conf")
	files := []struct{ path, text string }{
		{conf, o.conf(dir)},
		{filepath.Join(dir, "passwords"), passwords.String()},
		{filepath.Join(dir, "acl"), acl.String()},
	}
	for _, f := range files {
		if err := os.WriteFile(f.path, []byte(f.text), 0o600); err != nil {
			return "", fmt.Errorf("write Mosquitto configuration: %w", err)
		}
	}
	return conf, nil
}

func (o MosquittoOptions) conf(dir string) string {
	lines := []string{
		"# Villagecast: an external broker with the rules of the embedded one.",
		"per_listener_settings false",
		"allow_anonymous false",
		"password_file " + filepath.Join(dir, "passwords"),
		"acl_file " + filepath.Join(dir, "acl"),
		"# The centre fills an empty broker again: nothing needs to be kept.",
		"persistence false",
		"# The centre's own queue must hold a burst of wills.",
		"max_queued_messages 100000",
		"max_inflight_messages 1000",
		fmt.Sprintf("message_size_limit %d", wire.MaxMessage),
		fmt.Sprintf("listener %d %s", o.Port, o.Address),
	}
	if o.RunAs != "" {
		lines = append(lines, "user "+o.RunAs)
	}
	if o.CertFile != "" {
		lines = append(lines, "certfile "+o.CertFile, "keyfile "+o.KeyFile, "tls_version tlsv1.2")
	}
	return strings.Join(lines, "\n") + "\n"
}

// mosquittoRounds is mosquitto_passwd's own default; a random 256-bit secret
// needs no slow hash.
const mosquittoRounds = 101

// MosquittoHash is a secret as mosquitto_passwd of version 2 writes it:
// $7$rounds$salt$hash by PBKDF2 with HMAC-SHA-512.
func MosquittoHash(secret string) (string, error) {
	salt := make([]byte, 12)
	rand.Read(salt) // never fails, see crypto/rand
	key, err := pbkdf2.Key(sha512.New, secret, salt, mosquittoRounds, sha512.Size)
	if err != nil {
		return "", fmt.Errorf("hash secret: %w", err)
	}
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("$7$%d$%s$%s", mosquittoRounds, b64(salt), b64(key)), nil
}
