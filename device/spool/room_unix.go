//go:build linux || darwin

package spool

import "syscall"

// Room is what the file system has left for this user.
func (d *osDisk) Room() (int64, error) {
	if _, err := d.root(); err != nil {
		return 0, err
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &s); err != nil {
		return 0, err
	}
	return int64(min(s.Bavail, 1<<40)) * int64(s.Bsize), nil
}
