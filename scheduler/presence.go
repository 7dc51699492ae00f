package scheduler

import "time"

// Times by which presence is judged.
const (
	// OfflineAfter is how long after its last message a unit is offline.
	OfflineAfter = 40 * time.Second
	// WatchGrace is how long the centre listens before it judges.
	WatchGrace = 60 * time.Second
)
