package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// segmentSize is where a segment ends and the next begins.
const segmentSize = 256 << 10

// journal is a directory of segments. It is not safe for concurrent use.
type journal struct {
	disk Disk
	dir  string
	segs []segment
	file File // the last segment, open for writing; nil when there is none
	next uint64
	// lost is set at open when records may be missing, so that next may stand
	// too low.
	lost   bool
	damage []string
	buf    []byte
}

type segment struct {
	first, last  uint64
	minAt, maxAt int64
	size         int64
}

func segmentName(dir string, first uint64) string { return fmt.Sprintf("%s/%020d.seg", dir, first) }

// openJournal reads every segment. It fails only when the directory cannot be
// made or listed.
func openJournal(disk Disk, dir string) (*journal, error) {
	j := &journal{disk: disk, dir: dir, next: 1}
	if err := disk.MakeDir(dir); err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	list, err := disk.List(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	list = slices.DeleteFunc(list, func(i Info) bool { return !strings.HasSuffix(i.Name, ".seg") })
	for i, info := range list {
		if err := j.load(info.Name, i == len(list)-1); err != nil {
			j.lost = true
			j.damage = append(j.damage, fmt.Sprintf("%s/%s: %v", dir, info.Name, err))
			setAside(disk, dir+"/"+info.Name)
		}
	}
	return j, nil
}

// load takes one segment in, mends it if it must, and drops it if it is empty.
func (j *journal) load(name string, last bool) error {
	full := j.dir + "/" + name
	data, err := readFile(j.disk, full)
	if err != nil {
		return err
	}
	s := scanSegment(data)
	if s.count > 0 && s.first < j.next {
		return errors.New("its numbers stand in another segment")
	}
	if s.damaged || s.tail > 0 && !last {
		j.lost = true
		j.damage = append(j.damage, fmt.Sprintf("%s: damaged, %d records kept", full, s.count))
		if err := writeFile(j.disk, full+".bad", data); err != nil {
			return err
		}
		if err := writeFile(j.disk, full, s.good); err != nil {
			return err
		}
	} else if s.tail > 0 {
		if err := cutFile(j.disk, full, int64(len(s.good))); err != nil {
			return err
		}
	}
	if s.count == 0 {
		return j.disk.Remove(full)
	}
	if full != segmentName(j.dir, s.first) { // its first records were damaged
		if err := j.disk.Rename(full, segmentName(j.dir, s.first)); err != nil {
			return err
		}
	}
	j.segs = append(j.segs, segment{s.first, s.last, s.minAt, s.maxAt, int64(len(s.good))})
	j.next = s.last + 1
	return nil
}

// append writes bodies under the next numbers, each with its time, and syncs
// them if asked. When it fails none of them is kept.
func (j *journal) append(at []int64, bodies [][]byte, sync bool) error {
	if len(bodies) == 0 {
		return nil
	}
	if err := j.room(); err != nil {
		return fmt.Errorf("append to %s: %w", j.dir, err)
	}
	seg := &j.segs[len(j.segs)-1]
	j.buf = j.buf[:0]
	for i, body := range bodies {
		j.buf = appendRecord(j.buf, record{j.next + uint64(i), at[i], body})
	}
	_, err := j.file.Write(j.buf)
	if err == nil && sync {
		err = j.file.Sync()
	}
	if err != nil {
		// What did arrive must not stay: its numbers are given again.
		err = errors.Join(err, j.file.Truncate(seg.size))
		return errors.Join(fmt.Errorf("append to %s: %w", j.dir, err), j.closeFile())
	}
	if seg.size == 0 {
		seg.minAt, seg.maxAt = at[0], at[0]
	}
	for _, t := range at {
		seg.minAt, seg.maxAt = min(seg.minAt, t), max(seg.maxAt, t)
	}
	seg.size += int64(len(j.buf))
	j.next += uint64(len(bodies))
	seg.last = j.next - 1
	return nil
}

// room makes sure that an open segment with room stands at the end. Numbers
// within a segment have no gap.
func (j *journal) room() error {
	if n := len(j.segs); n > 0 && j.segs[n-1].size < segmentSize && j.segs[n-1].last+1 == j.next {
		if j.file != nil {
			return nil
		}
		seg := j.segs[n-1]
		f, err := j.disk.Open(segmentName(j.dir, seg.first), true, true)
		if err != nil {
			return err
		}
		if err := f.Truncate(seg.size); err != nil { // after a failed append
			return errors.Join(err, f.Close())
		}
		j.file = f
		return nil
	}
	if err := j.sync(); err != nil {
		return err
	}
	if err := j.closeFile(); err != nil {
		return err
	}
	f, err := j.disk.Open(segmentName(j.dir, j.next), true, true)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(0), j.disk.SyncDir(j.dir)); err != nil {
		return errors.Join(err, f.Close())
	}
	j.file = f
	j.segs = append(j.segs, segment{first: j.next, last: j.next - 1})
	return nil
}

func (j *journal) sync() error {
	if j.file == nil {
		return nil
	}
	return j.file.Sync()
}

func (j *journal) closeFile() error {
	if j.file == nil {
		return nil
	}
	f := j.file
	j.file = nil
	return f.Close()
}

// each calls yield for every record after the number after, of segments that
// hold a record not older than since, until it says false. A segment that can
// no longer be read is reported as damage and left out.
func (j *journal) each(after uint64, since int64, yield func(record) bool) {
	for _, seg := range j.segs {
		if seg.last <= after || seg.maxAt < since {
			continue
		}
		name := segmentName(j.dir, seg.first)
		data, err := readFile(j.disk, name)
		for err == nil && len(data) > 0 {
			var r record
			var n int
			if r, n, err = readRecord(data); err != nil {
				break
			}
			data = data[n:]
			if r.seq > after && !yield(r) {
				return
			}
		}
		if err != nil {
			j.damage = append(j.damage, fmt.Sprintf("read %s: %v", name, err))
		}
	}
}

// drop removes segments from the oldest on while gone says so; the last one stays.
func (j *journal) drop(gone func(seg segment, total int64) bool) error {
	var total int64
	for _, s := range j.segs {
		total += s.size
	}
	for len(j.segs) > 1 && gone(j.segs[0], total) {
		if err := j.disk.Remove(segmentName(j.dir, j.segs[0].first)); err != nil {
			return fmt.Errorf("drop from %s: %w", j.dir, err)
		}
		total -= j.segs[0].size
		j.segs = slices.Delete(j.segs, 0, 1)
	}
	return nil
}

func readFile(disk Disk, name string) ([]byte, error) {
	f, err := disk.Open(name, false, false)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// writeFile replaces a file: aside, synced, renamed.
func writeFile(disk Disk, name string, data []byte) error {
	aside := name + ".next"
	f, err := disk.Open(aside, true, true)
	if err != nil {
		return err
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = io.Copy(f, bytes.NewReader(data))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := disk.Rename(aside, name); err != nil {
		return err
	}
	return disk.SyncDir(dirOf(name))
}

func cutFile(disk Disk, name string, size int64) error {
	f, err := disk.Open(name, true, false)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// setAside renames a damaged file, so that a person can look at it and nothing
// reads it again. That this may fail too is no reason to stop.
func setAside(disk Disk, name string) {
	if disk.Rename(name, name+".bad") == nil {
		_ = disk.SyncDir(dirOf(name))
	}
}

func dirOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}
