package store

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
)

// County is what holds for every unit. Before it was set it has the defaults:
// zone Asia/Shanghai, quiet hours 21:30–06:30, red and orange loud.
func (s *Store) County(ctx context.Context) (scheduler.County, error) { panic("unfinished") }

// SetCounty changes it; only the county's own bulletin is made anew.
func (s *Store) SetCounty(ctx context.Context, c scheduler.County) (scheduler.County, Change, error) {
	panic("unfinished")
}

// Areas lists every area, parents before children.
func (s *Store) Areas(ctx context.Context) ([]scheduler.Area, error) { panic("unfinished") }

// Area is one area.
func (s *Store) Area(ctx context.Context, id string) (scheduler.Area, error) { panic("unfinished") }

// Tree is all areas, indexed.
func (s *Store) Tree(ctx context.Context) (*scheduler.Tree, error) { panic("unfinished") }

// PutArea makes or changes an area. The first one, without a parent, is the county.
func (s *Store) PutArea(ctx context.Context, a scheduler.Area) (scheduler.Area, Change, error) {
	panic("unfinished")
}

// RemoveArea removes an area. It is refused while areas, units, programmes,
// groups or warnings in force still name it, naming the first of them.
func (s *Store) RemoveArea(ctx context.Context, id string) error { panic("unfinished") }

// Groups lists every group by id.
func (s *Store) Groups(ctx context.Context) ([]scheduler.Group, error) { panic("unfinished") }

// Group is one group.
func (s *Store) Group(ctx context.Context, id string) (scheduler.Group, error) { panic("unfinished") }

// PutGroup makes or changes a group. The released programmes that target it are
// expanded anew, and only the addresses that come or go are made anew.
func (s *Store) PutGroup(ctx context.Context, g scheduler.Group) (scheduler.Group, Change, error) {
	panic("unfinished")
}

// RemoveGroup removes a group that no draft or released programme targets.
func (s *Store) RemoveGroup(ctx context.Context, id string) error { panic("unfinished") }

// Calendars lists every calendar by id.
func (s *Store) Calendars(ctx context.Context) ([]scheduler.Calendar, error) { panic("unfinished") }

// Calendar is one calendar.
func (s *Store) Calendar(ctx context.Context, id string) (scheduler.Calendar, error) {
	panic("unfinished")
}

// PutCalendar makes or changes a calendar; the bulletins with programmes that
// name it are made anew.
func (s *Store) PutCalendar(ctx context.Context, c scheduler.Calendar) (scheduler.Calendar, Change, error) {
	panic("unfinished")
}

// RemoveCalendar removes a calendar that no draft or released programme names.
func (s *Store) RemoveCalendar(ctx context.Context, id string) error { panic("unfinished") }
