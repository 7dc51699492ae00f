//go:build unix

package app

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// lock takes the data directory for this process; the system lets it go when
// the process ends, however it ends.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := os.ReadFile(path) // who it is is a help only
		return nil, errors.Join(held(path, string(holder)), f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "process %d since %s\n", os.Getpid(), time.Now().Format("2006-01-02 15:04:05"))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock data directory: %w", err), f.Close())
	}
	return f.Close, nil
}

func held(path, holder string) error {
	if holder = strings.TrimSpace(holder); holder == "" {
		holder = "another process"
	}
	return invalid("data", strings.TrimSuffix(path, "/lock"),
		scheduler.Words{ZH: "另一个中心正在用这个数据目录：" + holder, EN: "another centre runs on this data directory: " + holder},
		scheduler.Words{ZH: "停掉那一个，或换一个目录", EN: "stop that one, or give another directory"})
}
