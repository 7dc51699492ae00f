package player

import "time"

// frames is how many whole frames fit into d.
func frames(d time.Duration) int64 {
	s, ns := int64(d/time.Second), int64(d%time.Second)
	if ns < 0 {
		s, ns = s-1, ns+int64(time.Second)
	}
	return s*Rate + ns*Rate/int64(time.Second)
}

// nearest is the number of frames nearest to d.
func nearest(d time.Duration) int64 {
	return frames(d + time.Second/(2*Rate))
}

// duration is the least time into which n frames fit, so that
// frames(duration(n)) == n.
func duration(n int64) time.Duration {
	s, f := n/Rate, n%Rate
	if f < 0 {
		s, f = s-1, f+Rate
	}
	return time.Duration(s)*time.Second + time.Duration((f*int64(time.Second)+Rate-1)/Rate)
}
