//go:build !unix

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/villagecast/villagecast/scheduler"
)

// lock takes the data directory for this process by a file that is there only
// while it runs. After a crash the file must be removed by hand.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		holder, _ := os.ReadFile(path) // who it is is a help only
		return nil, invalid("data", path,
			scheduler.Words{ZH: "另一个中心正在用这个数据目录：" + string(holder), EN: "another centre runs on this data directory: " + string(holder)},
			scheduler.Words{ZH: "停掉那一个；它若已不在，删掉这个文件", EN: "stop that one; if it is gone, remove this file"})
	}
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(f, "process %d", os.Getpid())
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return func() error { return os.Remove(path) }, nil
}
