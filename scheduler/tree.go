package scheduler

// Tree is the county's areas, indexed. It is not changed after it was made.
type Tree struct {
	areas    map[string]Area
	children map[string][]string
	root     string
}

// NewTree indexes areas; what has a parent that is not there is left out of
// every chain but can be found.
func NewTree(areas []Area) *Tree { panic("unfinished") }

// Area finds one area.
func (t *Tree) Area(id string) (Area, bool) { panic("unfinished") }

// Root is the id of the county, "" if there is none yet.
func (t *Tree) Root() string { return t.root }

// Chain are the ids from the county down to id itself; nil if there is no such area.
func (t *Tree) Chain(id string) []string { panic("unfinished") }

// Within tells whether area id is above, or is, the area inner.
func (t *Tree) Within(inner, id string) bool { panic("unfinished") }

// Subtree are the ids of the area and all below it, parents first.
func (t *Tree) Subtree(id string) []string { panic("unfinished") }

// Children are the ids of the areas directly below.
func (t *Tree) Children(id string) []string { panic("unfinished") }

// IDs are the ids of all areas, sorted.
func (t *Tree) IDs() []string { panic("unfinished") }
