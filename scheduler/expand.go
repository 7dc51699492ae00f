package scheduler

import "github.com/villagecast/villagecast/device/wire"

// Expand turns targets into addresses, sorted: areas and units named, the
// members of groups, without what stands under an area that is named too and
// without what is not under the issuer. Excepted ids travel as they are.
func Expand(t Targets, issuer string, tree *Tree, groups map[string]Group, unitArea func(unit string) (area string, ok bool)) []wire.Address {
	panic("unfinished")
}
