package doctor

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program is a real proxy with its sample file.
type program struct {
	sample string
	// adapt fits the sample to free ports and files of the test, and gives the
	// command that runs it.
	adapt func(text, dir, port string) (string, []string)
}

var programs = map[string]program{
	"nginx": {"nginx.conf", func(text, dir, port string) (string, []string) {
		text = strings.NewReplacer("    listen 80;\n", "    listen unix:"+dir+"/80;\n", "    listen [::]:80;\n", "", "    listen [::]:443 ssl;\n", "",
			"listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "/etc/letsencrypt/live/centre.example", dir).Replace(text)
		temp := ""
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temp += kind + "_temp_path " + dir + "/" + kind + ";\n"
		}
		return "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" + temp + text + "}\n", []string{"nginx", "-p", dir, "-c", "sample"}
	}},
	"caddy": {"Caddyfile", func(text, dir, port string) (string, []string) {
		site := "https://centre.example:" + port + " {\n\ttls " + dir + "/fullchain.pem " + dir + "/privkey.pem\n"
		return "{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system " + dir + "\n}\n" + strings.Replace(text, "\ncentre.example {\n", "\n"+site, 1),
			[]string{"caddy", "run", "--adapter", "caddyfile", "--config", "sample"}
	}},
}

// TestTheSamplesHold puts the sample files of proxies before a centre, as they
// stand but for ports and paths, and finds nothing wrong.
func TestTheSamplesHold(t *testing.T) {
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			path := installed(name)
			if path == "" {
				t.Skipf("%s is not installed: .ci/need lays it aside", name)
			}
			s := build(t, fault{})
			s.run(p, path)
			for code, l := range s.examine(fault{}) {
				if l.Verdict == Fail || l.Verdict == Warn && code != "clock.unkept" && code != "units.plain" && code != "disk.low" {
					t.Errorf("%s: %+v", code, l)
				}
			}
		})
	}
}

// installed finds a program, "" if it is not there.
func installed(name string) string {
	aside, _ := filepath.Abs("../../../.cache/" + name)
	for _, path := range []string{name, "/usr/sbin/" + name, aside + "/usr/sbin/" + name, aside + "/usr/bin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	return ""
}

// run starts the program in place of the proxy.
func (s *street) run(p program, path string) {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "proxy") // nginx drops its rights: a directory that others may enter
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.proxy = l.Addr().String()
	_ = l.Close()
	cert := s.certificate(fault{})
	key, _ := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	text, err := os.ReadFile("../../../configs/" + p.sample)
	if err != nil {
		s.t.Fatal(err)
	}
	sample, argv := p.adapt(strings.ReplaceAll(string(text), "127.0.0.1:8523", s.behind), dir, s.proxy[strings.LastIndex(s.proxy, ":")+1:])
	for file, b := range map[string][]byte{
		"sample":        []byte(sample),
		"fullchain.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		"privkey.pem":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.Command(path, argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", s.proxy); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s does not come up: %s", argv[0], said.String())
		}
	}
}
