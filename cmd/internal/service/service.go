// Package service is the word that a program gives to the supervisor that
// started it: systemd's protocol of sd_notify(3), readiness and watchdog.
// Without such a supervisor nothing is said.
package service

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Supervisor is whoever started the program. Its methods may be called by any
// goroutine.
type Supervisor struct {
	log *slog.Logger
	// every is the least time between two signs of life; 0 is no watchdog.
	every time.Duration
	last  atomic.Int64 // unix nanoseconds
}

// New finds the supervisor in the environment.
func New(log *slog.Logger) *Supervisor {
	s := &Supervisor{log: log}
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog is off", "err", err)
	}
	s.every = limit / 4
	return s
}

// Ready says that the start is over.
func (s *Supervisor) Ready() { s.say(daemon.SdNotifyReady) }

// Stopping says that the end has begun.
func (s *Supervisor) Stopping() { s.say(daemon.SdNotifyStopping) }

// Alive is called by the loop whose standstill should end the program. It is
// passed on often enough and not more often.
func (s *Supervisor) Alive() {
	if s.every == 0 {
		return
	}
	now := time.Now().UnixNano()
	if last := s.last.Load(); now-last >= int64(s.every) && s.last.CompareAndSwap(last, now) {
		s.say(daemon.SdNotifyWatchdog)
	}
}

func (s *Supervisor) say(word string) {
	if _, err := daemon.SdNotify(false, word); err != nil {
		s.log.Warn("the supervisor does not hear", "word", word, "err", err)
	}
}
