package app_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/scheduler/app"
)

// one is a listener with one connection.
type one struct{ net.Conn }

func (o one) Accept() (net.Conn, error) { return o.Conn, nil }
func (o one) Addr() net.Addr            { return nil }

// TestWhoTakesNothingIsLetGo: a reader that takes nothing of an answer is let go
// after two minutes; one that takes a little now and then is waited for.
func TestWhoTakesNothingIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn, err := app.Patient(one{ours}).Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for range 5 {
				time.Sleep(100 * time.Second)
				_, _ = theirs.Read(make([]byte, 1))
			}
		}()
		begun := time.Now()
		for n := range 6 {
			_, err := conn.Write([]byte{1})
			switch {
			case n < 5 && err != nil:
				t.Fatalf("a slow reader is let go at byte %d: %v", n, err)
			case n == 5 && !errors.Is(err, os.ErrDeadlineExceeded):
				t.Errorf("who takes nothing more: %v", err)
			}
		}
		if took := time.Since(begun); took != 5*100*time.Second+2*time.Minute {
			t.Errorf("it took %v", took)
		}
		_ = theirs.Close()
	})
}
