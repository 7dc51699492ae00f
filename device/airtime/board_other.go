//go:build !linux

package airtime

import "time"

// Board is the machine that the program runs on: a computer with a clock chip.
func Board() System { return System{Now: time.Now, Chip: true} }
