package scheduler

import "github.com/villagecast/villagecast/device/wire"

// Area is a node of the tree county > town > village, of any depth.
type Area struct {
	// ID is immutable, see wire.ValidID.
	ID string
	// Parent is the id of the area above; empty for the county, of which there is one.
	Parent string
	Name   string
	// Code is the 12-digit division code; it may change and is no key.
	Code string
	// Contact is whom to call, in words: name and phone.
	Contact string
	// Rev rises with every change; a Put with a Rev that is not 0 and not the
	// stored one is refused as stale.
	Rev int64
}

// Group is a named list of areas and units, expanded by the centre; membership
// never travels.
type Group struct {
	ID    string
	Name  string
	Areas []string
	Units []string
	// Rev as in Area.
	Rev int64
}

// County is what holds for every unit of the county.
type County struct {
	wire.County
	// Approval says who has to agree before something goes out, see County.Steps.
	Approval []ApprovalRule `json:"approval,omitempty"`
	// Rev as in Area.
	Rev int64
}
