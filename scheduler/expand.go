package scheduler

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// Expand turns targets into addresses, sorted: areas and units named, the
// members of groups, without what stands under an area that is named too and
// without what is not under the issuer. Excepted ids travel as they are.
func Expand(t Targets, issuer string, tree *Tree, groups map[string]Group, unitArea func(unit string) (area string, ok bool)) []wire.Address {
	areas, units := slices.Clone(t.Areas), slices.Clone(t.Units)
	for _, id := range t.Groups {
		areas = append(areas, groups[id].Areas...)
		units = append(units, groups[id].Units...)
	}
	named := map[string]bool{}
	for _, a := range areas {
		if tree.Within(a, issuer) {
			named[a] = true
		}
	}
	covered := func(chain []string) bool {
		return slices.ContainsFunc(chain, func(id string) bool { return named[id] })
	}
	out := []wire.Address{}
	for a := range named {
		if chain := tree.Chain(a); !covered(chain[:len(chain)-1]) {
			out = append(out, wire.AreaAddress(a))
		}
	}
	for _, u := range units {
		area, ok := unitArea(u)
		if ok && tree.Within(area, issuer) && !covered(tree.Chain(area)) {
			out = append(out, wire.UnitAddress(u))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Above are the addresses whose snapshots hold at an area: its own and those of
// all areas above it, the county first.
func Above(tree *Tree, area string) []wire.Address {
	chain := tree.Chain(area)
	out := make([]wire.Address, len(chain))
	for i, id := range chain {
		out[i] = wire.AreaAddress(id)
	}
	return out
}
