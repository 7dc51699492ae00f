package airtime

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Board is the machine that the program runs on.
func Board() System {
	s := System{Now: time.Now, Synced: synced, Chip: hasChip("/sys/class/rtc")}
	if _, ok := sinceBoot(); ok {
		s.Elapsed = func() time.Duration {
			now, _ := sinceBoot() // which has worked before
			return now
		}
		if id, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
			s.Boot = strings.TrimSpace(string(id))
		}
	}
	return s
}

// sinceBoot counts sleep too, unlike the runtime's own monotonic clock.
func sinceBoot() (time.Duration, bool) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

// synced asks the kernel, which every time service tells (adjtimex(2)): without
// STA_UNSYNC the clock is right within maxerror, in microseconds.
func synced() (time.Duration, bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return 0, false
	}
	return time.Duration(t.Maxerror) * time.Microsecond, true
}

// hasChip looks for a chip that the kernel took the time from at boot
// (hctosys), and that holds a time at all: some boards have one without battery.
func hasChip(dir string) bool {
	read := func(path string) int64 {
		b, err := os.ReadFile(path)
		if err != nil {
			return 0
		}
		n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		return n
	}
	chips, _ := filepath.Glob(filepath.Join(dir, "rtc*"))
	for _, chip := range chips {
		if read(filepath.Join(chip, "hctosys")) == 1 && read(filepath.Join(chip, "since_epoch")) >= firstDay.Unix() {
			return true
		}
	}
	return false
}
