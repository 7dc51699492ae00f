package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/sim"
)

const (
	memoryUnits = 1000
	// memoryVariable makes the test binary be a server: "centre" or "bare".
	memoryVariable = "VILLAGECAST_MEMORY_OF"
	memorySettles  = 5 * time.Second
)

func init() {
	if kind := os.Getenv(memoryVariable); kind != "" {
		if err := serveForMemory(kind); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// serving is what a server says first.
type serving struct {
	Address string
	Units   []agent.Settings
}

// serveForMemory is a server in a process of its own, so that nothing of its
// clients is counted. For each line that comes in it says how many clients it has
// and, when all that is not needed is given back, how many bytes it holds.
func serveForMemory(kind string) error {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var first serving
	var clients func() int64
	if kind == "centre" {
		centre, units, err := openCentre(context.Background(), dir, memoryUnits)
		if err != nil {
			return err
		}
		defer centre.Stop()
		first.Units = units
		clients = func() int64 {
			st, err := centre.Store().Status(context.Background(), "", time.Now())
			if err != nil || st.Pending > 0 {
				return 0
			}
			return int64(st.Units.Idle + st.Units.OnAir)
		}
	} else {
		server, address, err := newBare()
		if err != nil {
			return err
		}
		defer server.Close()
		first.Address = address
		clients = func() int64 { return server.Info.Clone().ClientsConnected }
	}
	if err := json.NewEncoder(os.Stdout).Encode(first); err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		debug.FreeOSMemory()
		bytes, err := resident()
		if err != nil {
			return err
		}
		fmt.Println(clients(), bytes)
	}
	return nil
}

// resident is how much memory this process holds.
func resident() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// server is such a process.
type server struct {
	serving
	b   *testing.B
	in  io.Writer
	out *bufio.Reader
}

func startServer(b *testing.B, kind string) *server {
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), memoryVariable+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && b.Context().Err() == nil {
			b.Error(err)
		}
	})
	s := &server{b: b, in: in, out: bufio.NewReader(out)}
	if err := json.Unmarshal(s.line(), &s.serving); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s *server) line() []byte {
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		s.b.Fatal(err)
	}
	return line
}

func (s *server) memory() (clients, bytes int64) {
	if _, err := fmt.Fprintln(s.in); err != nil {
		s.b.Fatal(err)
	}
	if _, err := fmt.Sscan(string(s.line()), &clients, &bytes); err != nil {
		s.b.Fatal(err)
	}
	return clients, bytes
}

// each is how many KB the server has grown by for each of the units that connect
// makes come, once all are there and have said what they have to say.
func (s *server) each(connect func()) float64 {
	_, before := s.memory()
	connect()
	for end := time.Now().Add(fanPatient); ; time.Sleep(100 * time.Millisecond) {
		if n, _ := s.memory(); n == memoryUnits {
			break
		} else if time.Now().After(end) {
			s.b.Fatalf("%d of %d are connected", n, memoryUnits)
		}
	}
	time.Sleep(memorySettles)
	_, after := s.memory()
	return float64(after-before) / memoryUnits / 1e3
}

// BenchmarkMemory is what a connected unit costs the centre, all that it knows of
// the unit included, beside a bare client of the bare broker.
func BenchmarkMemory(b *testing.B) {
	for range b.N {
		bare := startServer(b, "bare")
		clients := make([]paho.Client, memoryUnits)
		bareEach := bare.each(func() {
			var all sync.WaitGroup
			for i := range clients {
				all.Go(func() {
					clients[i] = bareClient(b, bare.Address, paho.NewClientOptions().SetClientID(fmt.Sprint("bare-", i)))
					wait(b, clients[i].Subscribe("all", 1, nil))
				})
				if i%50 == 49 {
					all.Wait()
				}
			}
			all.Wait()
		})
		for _, c := range clients {
			c.Disconnect(0)
		}
		centre := startServer(b, "centre")
		var county *sim.Sim
		ours := centre.each(func() {
			var err error
			if county, err = sim.Start(sim.Options{Units: centre.Units, Ramp: 3 * time.Second}); err != nil {
				b.Fatal(err)
			}
		})
		county.Stop()
		b.ReportMetric(ours, "KB/unit")
		b.ReportMetric(bareEach, "bare-KB/unit")
		b.ReportMetric(ours/bareEach, "times-bare")
	}
}
