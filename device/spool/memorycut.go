package spool

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// CutRandom cuts the power as Cut does, and lets chance decide what a card makes
// of what was not synced: whether names appear or vanish, and how much of what
// was written is there, or stands as zeros.
func (m *Mem) CutRandom(rnd *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = true
	names := maps.Clone(m.kept)
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if m.kept[name] != m.files[name] && rnd.IntN(2) == 0 {
			names[name] = m.files[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.kept)) {
		if m.files[name] == nil && rnd.IntN(2) == 0 {
			delete(names, name)
		}
	}
	after := Memory()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := names[name]
		data := slices.Clone(f.synced)
		if extra := len(f.data) - len(data); extra > 0 && slices.Equal(f.data[:len(data)], data) {
			whole := rnd.IntN(extra + 1)
			data = append(data, f.data[len(data):len(data)+whole]...)
			if rnd.IntN(3) == 0 { // the length was written, the rest was not
				data = append(data, make([]byte, extra-whole)...)
			}
		}
		after.files[name] = &memFile{data: data, synced: slices.Clone(data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Cut cuts the power: every further operation fails, and what is returned is
// the disk as it is found afterwards. Of the bytes written but not synced the
// first torn per cent survive, 0 to 100.
func (m *Mem) Cut(torn int) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = true
	after := Memory()
	for name, f := range m.kept {
		data := slices.Clone(f.synced)
		if extra := len(f.data) - len(data); extra > 0 && slices.Equal(f.data[:len(data)], data) {
			data = append(data, f.data[len(data):len(data)+extra*torn/100]...)
		}
		after.files[name] = &memFile{data: data, synced: slices.Clone(data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Damage changes the byte at offset of a file; it panics when there is none.
func (m *Mem) Damage(name string, offset int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	f.data = slices.Clone(f.data)
	f.data[offset] ^= 0x5a
	f.synced = f.data[:len(f.data):len(f.data)]
}

// Copy is another disk with the same content, all of it synced.
func (m *Mem) Copy() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := Memory()
	for name, f := range m.files {
		after.files[name] = &memFile{data: slices.Clone(f.data), synced: slices.Clone(f.data)}
	}
	after.kept = maps.Clone(after.files)
	return after
}

// Write puts content in the place of a file, synced, as a card may that lies.
func (m *Mem) Write(name string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &memFile{data: slices.Clone(content), synced: slices.Clone(content)}
	m.files[name], m.kept[name] = f, f
}
