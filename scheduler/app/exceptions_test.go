package app_test

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// exception is one in an area, for the matrix.
func (f *fixture) exception(area string) string {
	e, _, _, err := f.app.Store().AddException(f.t.Context(), scheduler.Exception{Address: wire.AreaAddress(area), Why: "x", Until: time.Now().Add(time.Hour)})
	f.must(err)
	return e.ID
}
