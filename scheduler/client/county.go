package client

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// County is what holds for every unit of the county.
type County struct {
	Name      string                `json:"name" doc:"Name of the county" example:"青禾县"`
	Zone      string                `json:"zone" doc:"IANA name of the one time zone in which rules are read" example:"Asia/Shanghai"`
	Quiet     []wire.Window         `json:"quiet,omitempty" doc:"Hours in which routine sound is skipped"`
	Dark      []wire.Window         `json:"dark,omitempty" doc:"Hours in which screens are dark"`
	Caps      []wire.VolumeCap      `json:"caps,omitempty" doc:"Volume limits by hour, in per cent"`
	Loud      []wire.Level          `json:"loud,omitempty" doc:"Warning levels that break quiet hours and caps; red and orange if absent"`
	Highest   []wire.Level          `json:"highest,omitempty" doc:"Highest warning level that an area may use in its own name, by depth: the county, its towns, their villages; 'none' for no warnings; no limit if absent"`
	HighestIn map[string]wire.Level `json:"highestIn,omitempty" doc:"Another such level for single areas, by id"`
	Slogan    string                `json:"slogan,omitempty" doc:"What a screen shows when it has nothing else"`
	// Approval says who has to agree before something goes out.
	Approval []ApprovalRule `json:"approval,omitempty" doc:"How many other persons have to agree before something goes out, by area and level. If absent: one, none for a village's own programmes, for warnings and for the token of the data directory"`
}

// Area is a node of the tree county > town > village.
type Area struct {
	ID      string `json:"id" doc:"Immutable id: a-z, 0-9, '-', '_', '.'; 1 to 64 characters"`
	Parent  string `json:"parent,omitempty" doc:"Id of the area above; empty for the county"`
	Name    string `json:"name"`
	Code    string `json:"code,omitempty" doc:"12-digit division code"`
	Contact string `json:"contact,omitempty" doc:"Whom to call: name and phone"`
}

// Group is a named list of areas and units.
type Group struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	Areas []string `json:"areas,omitempty"`
	Units []string `json:"units,omitempty"`
}

// Calendar is a named list of dates.
type Calendar struct {
	ID    string      `json:"id"`
	Name  string      `json:"name,omitempty"`
	Dates []wire.Date `json:"dates"`
}

// Position is a point on earth, WGS-84, in degrees.
type Position struct {
	Lat float64 `json:"lat" minimum:"-90" maximum:"90"`
	Lon float64 `json:"lon" minimum:"-180" maximum:"180"`
}

// UnitSpec is what people say of a unit.
type UnitSpec struct {
	ID       string        `json:"id"`
	Area     string        `json:"area" doc:"Id of the area that the unit stands in"`
	Name     string        `json:"name,omitempty"`
	State    string        `json:"state,omitempty" enum:"unplaced,planned,installed,removed" doc:"A planned unit becomes installed at its first birth; one without a place is placed first"`
	Outputs  []wire.Output `json:"outputs,omitempty" doc:"sound, screen or both; sound if absent"`
	Volume   *int          `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Per cent; 80 if absent"`
	Position *Position     `json:"position,omitempty"`
	Panel    *wire.Panel   `json:"panel,omitempty" doc:"Size of the LED panel in pixels"`
	Quiet    []wire.Window `json:"quiet,omitempty" doc:"Quiet hours of this unit alone, beside the county's"`
}

// Unit is a unit with what the centre knows of it.
type Unit struct {
	UnitSpec
	Presence Presence `json:"presence"`
}

// Presence is what the centre knows of a unit's device.
type Presence struct {
	// Condition of the link as people see it.
	Shows       string           `json:"shows" enum:"on-air,idle,silent,offline,unknown,unplaced,planned,paused,removed"`
	Online      bool             `json:"online"`
	Since       *time.Time       `json:"since,omitempty" doc:"When online last changed"`
	LastSeen    *time.Time       `json:"lastSeen,omitempty" doc:"Last message of the unit itself, by the centre's clock"`
	Software    string           `json:"software,omitempty"`
	SoundOutput string           `json:"soundOutput,omitempty"`
	Page        string           `json:"page,omitempty"`
	OnAir       []wire.OnAir     `json:"onAir,omitempty"`
	Conditions  []wire.Condition `json:"conditions,omitempty"`
	Clock       *Clock           `json:"clock,omitempty"`
	Flaps       int              `json:"flaps,omitempty" doc:"How often it was offline since it flaps"`
	Paused      *Mute            `json:"paused,omitempty" doc:"Under work: until when and why"`
	Muted       *Mute            `json:"muted,omitempty" doc:"Silent but for warnings: until when and why"`
	InForce     []InForce        `json:"inForce,omitempty" doc:"What holds for this unit; where one unit is asked for"`
	// Delivery is how far it is; Addresses what it should hold and what it holds.
	Delivery  string      `json:"delivery" enum:"refused,pending,too-old,delivered,ready"`
	Addresses []Agreement `json:"addresses"`
	TooOld    []string    `json:"tooOld,omitempty" doc:"Programmes that need a newer agent"`
	// Pending are the addresses whose newest revision the unit has not confirmed.
	Pending []wire.Address `json:"pending,omitempty"`
	Refused []wire.Refusal `json:"refused,omitempty"`
	Assets  int            `json:"assets,omitempty"`
	Ready   int            `json:"ready,omitempty"`
}

// Clock is what a unit said last of its clock.
type Clock struct {
	State       string     `json:"state" enum:"trusted,uncertain,untrusted" doc:"Nothing scheduled plays while it is untrusted"`
	Source      string     `json:"source" enum:"centre,system,none" doc:"Who told it the time"`
	Offset      float64    `json:"offset" doc:"Seconds by which air time is ahead of the device's own clock"`
	Uncertainty float64    `json:"uncertainty" doc:"Seconds by which it may be off at most"`
	Learned     *time.Time `json:"learned,omitempty" doc:"When it was last compared with one that knows"`
	Said        time.Time  `json:"said" doc:"When the unit said so"`
}

// UnitAdd makes a unit.
type UnitAdd struct {
	UnitSpec
	Secret bool `json:"secret,omitempty" doc:"Write a secret into the settings file in place of a claim, for agents before v0.3.0"`
}

// UnitAdded answers the adding of a unit: its settings file, given once.
type UnitAdded struct {
	Unit     Unit   `json:"unit"`
	Settings string `json:"settings" doc:"The settings file for the device (YAML). It holds the unit's claim, or its secret, and is not shown again."`
}
