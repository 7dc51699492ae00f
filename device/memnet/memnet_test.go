package memnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/memnet"
)

func TestBothEndsMayWriteBeforeEitherReads(t *testing.T) {
	a, b := memnet.Pair("x")
	for range 1000 {
		if _, err := a.Write([]byte("to b")); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Write([]byte("to a")); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	got, err := io.ReadAll(b)
	if err != nil || len(got) != 4000 {
		t.Errorf("b read %d bytes (%v), want 4000", len(got), err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("writing to a closed end: %v, want io.ErrClosedPipe", err)
	}
}

func TestReadDeadlineWakesReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := memnet.Pair("x")
		start := time.Now()
		a.SetReadDeadline(start.Add(40 * time.Second))
		_, err := a.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 40*time.Second {
			t.Errorf("read ended after %v with %v, want 40s and a deadline error", time.Since(start), err)
		}
	})
}

func TestHoleHidesWritesAndTheClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pair("x")
		a.Hole(true)
		if _, err := a.Write([]byte("lost")); err != nil {
			t.Fatalf("a dead link must not show to the writer: %v", err)
		}
		a.Close()
		b.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := b.Read(make([]byte, 9)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v across a dead link; want nothing until the deadline", n, err)
		}
	})
}

func TestDialListenClose(t *testing.T) {
	l := memnet.Listen("broker")
	got := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	a, err := l.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	a.Write([]byte("hello"))
	b := <-got
	p := make([]byte, 5)
	if _, err := io.ReadFull(b, p); err != nil || string(p) != "hello" {
		t.Errorf("read %q, %v", p, err)
	}
	l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
	if _, err := l.Dial(context.Background()); err == nil {
		t.Error("dial after close succeeded")
	}
}
