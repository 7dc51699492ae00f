package spool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	// ours tells whether a record can be one of this journal.
	ours func(body []byte) bool
	// lost is set at open when records may be missing.
	lost   bool
	damage []string // found, and not told yet
	unread error    // why not all of it could be read when it was asked last
	buf    []byte
}

type segment struct {
	name         string // in the directory; says the first number it was made with
	first, last  uint64
	minAt, maxAt int64
	size         int64
	// bad: damaged, and the disk did not let it be mended. It is read leniently
	// and never appended to.
	bad bool
}

func segmentName(dir string, first uint64) string { return fmt.Sprintf("%s/%020d.seg", dir, first) }

// openJournal reads every segment. What cannot be read is set aside.
func openJournal(disk Disk, dir string, ours func(body []byte) bool) *journal {
	j := &journal{disk: disk, dir: dir, next: 1, ours: ours}
	err := disk.MakeDir(dir)
	list, cannot := disk.List(dir)
	if cannot != nil {
		err = cannot
	} else if len(list) > 0 {
		err = nil // it is there, whatever MakeDir says of a disk that takes nothing
	}
	if err != nil {
		j.lost = cannot != nil
		j.complain("open %s: %v", dir, err)
	}
	list = slices.DeleteFunc(list, func(i Info) bool { return !strings.HasSuffix(i.Name, ".seg") })
	for i, info := range list {
		if err := j.load(dir+"/"+info.Name, i == len(list)-1); err != nil {
			j.lost = true
			j.complain("%s/%s: %v", dir, info.Name, err)
			setAside(disk, dir+"/"+info.Name)
		}
	}
	slices.SortFunc(j.segs, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	j.segs = slices.DeleteFunc(j.segs, func(seg segment) bool {
		if seg.first >= j.next {
			j.next = seg.last + 1
			return false
		}
		j.lost = true
		j.complain("%s: its numbers stand in another segment", seg.name)
		setAside(disk, seg.name)
		return true
	})
	return j
}

// isA makes a journal's test of its records, which are JSON.
func isA[T any](ok func(T) bool) func([]byte) bool {
	return func(body []byte) bool {
		var v T
		return json.Unmarshal(body, &v) == nil && ok(v)
	}
}

func (j *journal) complain(format string, args ...any) {
	if len(j.damage) < maxNews {
		j.damage = append(j.damage, fmt.Sprintf(format, args...))
	}
}

// load takes one segment in, mends it if it must, and drops it if it is empty.
func (j *journal) load(name string, last bool) error {
	data, err := readFile(j.disk, name)
	if err != nil {
		return err
	}
	s := scanSegment(data)
	seg := segment{name: name, first: s.first, last: s.last, minAt: s.minAt, maxAt: s.maxAt, size: int64(len(s.good))}
	if s.count > 0 {
		if r, _, err := readRecord(s.good); err != nil || !j.ours(r.body) {
			return errors.New("not a part of this journal")
		}
	}
	switch {
	case s.damaged || s.tail > 0 && !last:
		j.lost = true
		j.complain("%s: damaged, %d records kept", name, s.count)
		copyAside(j.disk, name, data)
		seg.bad = writeFile(j.disk, name, s.good) != nil
	case s.tail > 0:
		seg.bad = cutFile(j.disk, name, seg.size) != nil
	}
	if s.count == 0 {
		_ = j.disk.Remove(name) // else it is found empty again
		return nil
	}
	j.segs = append(j.segs, seg)
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
	if n := len(j.segs); n > 0 && j.segs[n-1].size < segmentSize && j.segs[n-1].last+1 == j.next && !j.segs[n-1].bad {
		if j.file != nil {
			return nil
		}
		seg := j.segs[n-1]
		f, err := j.disk.Open(seg.name, true, true)
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
	name := segmentName(j.dir, j.next)
	f, err := j.disk.Open(name, true, true)
	if errors.Is(err, fs.ErrNotExist) { // the directory could not be made before
		if err = j.disk.MakeDir(j.dir); err == nil {
			f, err = j.disk.Open(name, true, true)
		}
	}
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(0), j.disk.SyncDir(j.dir)); err != nil {
		return errors.Join(err, f.Close())
	}
	j.file = f
	j.segs = append(j.segs, segment{name: name, first: j.next, last: j.next - 1})
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
// hold a record not older than since, until it says false. What is damaged by now
// is reported and left out; where the disk does not answer, unread says so for as
// long.
func (j *journal) each(after uint64, since int64, yield func(record) bool) {
	j.unread = nil
	for i := range j.segs {
		seg := &j.segs[i]
		if seg.last <= after || seg.maxAt < since {
			continue
		}
		data, err := readFile(j.disk, seg.name)
		if err != nil {
			j.unread = fmt.Errorf("read %s: %w", seg.name, err)
			continue
		}
		if int64(len(data)) < seg.size && !seg.bad {
			seg.bad = true
			j.complain("%s: shorter than it was", seg.name)
		}
		for len(data) > 0 {
			r, n, err := readRecord(data)
			if err != nil {
				if !seg.bad {
					seg.bad = true
					j.complain("%s: damaged while it was in use", seg.name)
				}
				if data = scanSegment(data).good; len(data) == 0 {
					break
				}
				continue
			}
			data = data[n:]
			if r.seq > after && !yield(r) {
				return
			}
		}
	}
}

// drop removes segments from the oldest on while gone says so; the last one stays.
func (j *journal) drop(gone func(seg segment, total int64) bool) error {
	total := j.size()
	for len(j.segs) > 1 && gone(j.segs[0], total) {
		if err := j.disk.Remove(j.segs[0].name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop from %s: %w", j.dir, err)
		}
		total -= j.segs[0].size
		j.segs = slices.Delete(j.segs, 0, 1)
	}
	return nil
}

func (j *journal) size() (total int64) {
	for _, s := range j.segs {
		total += s.size
	}
	return total
}

func readFile(disk Disk, name string) ([]byte, error) {
	f, err := disk.Open(name, false, false)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// asideSuffix is that of files on their way in.
const asideSuffix = ".next"

// writeFile replaces a file: aside, synced, renamed.
func writeFile(disk Disk, name string, data []byte) error {
	aside := name + asideSuffix
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

func dirOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}
