package spool

import (
	"fmt"
	"strings"
)

// Damaged files are moved to a directory of their own, so that a person can
// look at them and nothing reads them again. It is bounded: the oldest go.
const (
	badDir   = "bad"
	badFiles = 16
	badBytes = 4 << 20
)

// badName is the next name in quarantine for a file: a rising number, and what
// it was.
func badName(disk Disk, name string) (string, error) {
	if err := disk.MakeDir(badDir); err != nil {
		return "", err
	}
	list, err := disk.List(badDir)
	if err != nil {
		return "", err
	}
	next := 1
	for _, info := range list {
		var n int
		if _, err := fmt.Sscanf(info.Name, "%08d-", &n); err == nil {
			next = max(next, n+1)
		}
	}
	return fmt.Sprintf("%s/%08d-%s", badDir, next%100_000_000, strings.ReplaceAll(name, "/", "-")), nil
}

// setAside moves a damaged file to quarantine; where that fails it is removed.
// That this may fail too is no reason to stop: it is found again at the next
// open.
func setAside(disk Disk, name string) {
	to, err := badName(disk, name)
	if err == nil {
		err = disk.Rename(name, to)
	}
	if err != nil {
		_ = disk.Remove(name)
	} else {
		_ = disk.SyncDir(badDir)
	}
	_ = disk.SyncDir(dirOf(name))
	boundBad(disk, badFiles, badBytes)
}

// copyAside keeps a copy of what a file held before it was mended. That is for
// curiosity alone: whether it works does not matter.
func copyAside(disk Disk, name string, data []byte) {
	if to, err := badName(disk, name); err == nil {
		_ = writeFile(disk, to, data)
	}
	boundBad(disk, badFiles, badBytes)
}

// boundBad removes the oldest of the quarantine; it answers whether any went.
func boundBad(disk Disk, files int, bytes int64) (gone bool) {
	list, err := disk.List(badDir)
	if err != nil {
		return false
	}
	var total int64
	for _, info := range list {
		total += info.Size
	}
	for _, info := range list {
		if len(list) <= files && total <= bytes {
			break
		}
		if disk.Remove(badDir+"/"+info.Name) != nil {
			break
		}
		gone = true
		total -= info.Size
		list = list[1:]
	}
	return gone
}
