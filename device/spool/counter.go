package spool

import "sync/atomic"

// Counter is a disk that counts what it costs the card.
type Counter struct {
	Disk
	syncs, bytes atomic.Int64
}

// Count puts a counter before a disk.
func Count(disk Disk) *Counter { return &Counter{Disk: disk} }

// Cost is how often the card was told to write down what it holds, and how many
// bytes it was given, since the beginning.
func (c *Counter) Cost() (syncs, bytes int64) { return c.syncs.Load(), c.bytes.Load() }

// SyncDir counts, and passes on.
func (c *Counter) SyncDir(dir string) error {
	c.syncs.Add(1)
	return c.Disk.SyncDir(dir)
}

// Open passes on; the file counts.
func (c *Counter) Open(name string, write, create bool) (File, error) {
	f, err := c.Disk.Open(name, write, create)
	if err != nil {
		return nil, err
	}
	return &counted{f, c}, nil
}

type counted struct {
	File
	c *Counter
}

func (f *counted) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.c.bytes.Add(int64(n))
	return n, err
}

func (f *counted) Sync() error {
	f.c.syncs.Add(1)
	return f.File.Sync()
}
