package player

import "time"

// ALSASettings are the settings of a sound card's output.
type ALSASettings struct {
	// Buffer is the card's buffer, two periods; default 100 ms, at least 10 ms.
	// A longer one costs less processor time and stands more load, a shorter one
	// lets a warning sound sooner: the latency is twice the buffer.
	Buffer time.Duration
}

const maxReopens = 20

// reopenWait is how long to wait before the nth try to open a lost card again.
func reopenWait(try int) time.Duration {
	return min(250*time.Millisecond<<min(try, 10), 3*time.Second)
}
