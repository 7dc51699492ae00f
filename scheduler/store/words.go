package store

import "github.com/villagecast/villagecast/scheduler"

// The questions and answers of the use cases are words of the domain.
type (
	Page            = scheduler.Page
	AsRunFilter     = scheduler.AsRunFilter
	AssetFilter     = scheduler.AssetFilter
	OutageFilter    = scheduler.OutageFilter
	ProgrammeFilter = scheduler.ProgrammeFilter
	UnitFilter      = scheduler.UnitFilter
	WarningFilter   = scheduler.WarningFilter
	TimetableQuery  = scheduler.TimetableQuery
	Change          = scheduler.Change
	Reach           = scheduler.Reach
	Stopped         = scheduler.Stopped
	Remembered      = scheduler.Remembered
	Swept           = scheduler.Swept
	UnitView        = scheduler.UnitView
	AuditLine       = scheduler.AuditLine
	AuditFilter     = scheduler.AuditFilter
)

// What a Put did.
const (
	Created   = scheduler.Created
	Updated   = scheduler.Updated
	Unchanged = scheduler.Unchanged
)
