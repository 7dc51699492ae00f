package scheduler

import (
	"maps"
	"slices"
)

// Tree is the county's areas, indexed. It is not changed after it was made.
type Tree struct {
	areas    map[string]Area
	children map[string][]string
	root     string
}

// NewTree indexes areas. The county is the one without a parent.
func NewTree(areas []Area) *Tree {
	t := &Tree{areas: make(map[string]Area, len(areas)), children: map[string][]string{}}
	for _, a := range areas {
		t.areas[a.ID] = a
		if a.Parent == "" {
			t.root = a.ID
			continue
		}
		t.children[a.Parent] = append(t.children[a.Parent], a.ID)
	}
	for _, c := range t.children {
		slices.Sort(c)
	}
	return t
}

// Area finds one area.
func (t *Tree) Area(id string) (Area, bool) {
	a, ok := t.areas[id]
	return a, ok
}

// Root is the id of the county, "" if there is none yet.
func (t *Tree) Root() string { return t.root }

// Chain are the ids from the county down to id itself; nil if there is no such area.
func (t *Tree) Chain(id string) []string {
	var chain []string
	for a, ok := t.areas[id]; ok && len(chain) <= len(t.areas); a, ok = t.areas[a.Parent] {
		chain = append(chain, a.ID)
	}
	slices.Reverse(chain)
	return chain
}

// Within tells whether the area inner is the area id or stands below it.
func (t *Tree) Within(inner, id string) bool {
	steps := 0
	for a, ok := t.areas[inner]; ok && steps <= len(t.areas); a, ok = t.areas[a.Parent] {
		if a.ID == id {
			return true
		}
		steps++
	}
	return false
}

// Subtree are the ids of the area and all below it, parents first; nil if there
// is no such area.
func (t *Tree) Subtree(id string) []string {
	if _, ok := t.areas[id]; !ok {
		return nil
	}
	out := []string{id}
	for i := 0; i < len(out) && len(out) <= len(t.areas); i++ {
		out = append(out, t.children[out[i]]...)
	}
	return out
}

// Children are the ids of the areas directly below.
func (t *Tree) Children(id string) []string { return t.children[id] }

// IDs are the ids of all areas, sorted.
func (t *Tree) IDs() []string { return slices.Sorted(maps.Keys(t.areas)) }
