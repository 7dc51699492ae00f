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

// MosquittoUser is one login of an external broker. One with a secret comes in by
// it; Mosquitto stores its own kind of hash, so the secret must be at hand. One
// without comes in by its certificate alone.
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
	// Certified, if given, lets only those in who show a certificate of the centre's
	// authority. It stands for CertFile, KeyFile and Users.
	Certified *MosquittoCertified
	// RunAs is the system user that Mosquitto becomes when root starts it; it
	// must be able to read the files. Empty is Mosquitto's own, "mosquitto".
	RunAs string
	Users []MosquittoUser
}

// MosquittoCertified is what the centre makes for a broker that knows everybody by
// certificate: the name in it is the user and the client id.
type MosquittoCertified struct {
	// CA is the authority's certificate, Revoked its list: PEM.
	CA, Revoked string
	// Access is the access list.
	Access string
	// Server is certificate and key of the broker itself: PEM.
	Server string
}

// Names of the files that Certified is written to.
const (
	caFile      = "ca.pem"
	revokedFile = "revoked.pem"
	serverFile  = "broker.pem"
	accessFile  = "acl"
)

// MosquittoFiles writes mosquitto.conf, and passwords and acl or what Certified
// holds, into dir, with the same rules as the embedded broker's, and returns the path of the first.
// Mosquitto rereads the last two, and the list of revoked certificates, on SIGHUP.
func MosquittoFiles(dir string, o MosquittoOptions) (conf string, err error) {
	if o.Port < 1 || o.Port > 65535 {
		return "", fmt.Errorf("write Mosquitto configuration: port is %d: give 1 to 65535", o.Port)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return "", errors.New("write Mosquitto configuration: give certificate and key, or neither")
	}
	if o.Certified != nil && (o.CertFile != "" || len(o.Users) > 0) {
		return "", errors.New("write Mosquitto configuration: who comes in by certificate needs neither users nor another certificate of the broker")
	}
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	var passwords, acl strings.Builder
	for _, u := range o.Users {
		if strings.ContainsAny(u.Name, ":\n\r") || u.Name == "" {
			return "", fmt.Errorf("write Mosquitto configuration: user name %q: no colon and no line break may stand in it", u.Name)
		}
		if u.Secret != "" {
			hash, err := MosquittoHash(u.Secret)
			if err != nil {
				return "", fmt.Errorf("write Mosquitto configuration: %w", err)
			}
			fmt.Fprintf(&passwords, "%s:%s\n", u.Name, hash)
		}
		acl.WriteString(u.Access.Mosquitto(u.Name) + "\n")
	}
	conf = filepath.Join(dir, "mosquitto.conf")
	files := map[string]string{"passwords": passwords.String(), accessFile: acl.String()}
	if c := o.Certified; c != nil {
		files = map[string]string{caFile: c.CA, revokedFile: c.Revoked, serverFile: c.Server, accessFile: c.Access}
	}
	files[filepath.Base(conf)] = o.conf(dir)
	for name, text := range files {
		// Each is replaced as a whole: Mosquitto may read it at any moment.
		next := filepath.Join(dir, name+".next")
		err := os.WriteFile(next, []byte(text), 0o600)
		if err == nil {
			err = os.Rename(next, filepath.Join(dir, name))
		}
		if err != nil {
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
		"acl_file " + filepath.Join(dir, accessFile),
		"# The centre fills an empty broker again: nothing needs to be kept.",
		"persistence false",
		"# The centre's own queue must hold a burst of wills.",
		"max_queued_messages 100000",
		"max_inflight_messages 1000",
		fmt.Sprintf("message_size_limit %d", wire.MaxMessage),
		fmt.Sprintf("listener %d %s", o.Port, o.Address),
	}
	if o.Certified == nil {
		lines = append(lines, "password_file "+filepath.Join(dir, "passwords"))
	} else {
		o.CertFile, o.KeyFile = filepath.Join(dir, serverFile), filepath.Join(dir, serverFile)
		lines = append(lines,
			"# Who comes in shows a certificate; its name is user and client id, so that no",
			"# unit can take the place of another.",
			"cafile "+filepath.Join(dir, caFile), "crlfile "+filepath.Join(dir, revokedFile), "require_certificate true", "use_identity_as_username true", "use_username_as_clientid true")
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
